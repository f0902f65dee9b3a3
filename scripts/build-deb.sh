#!/usr/bin/env bash
# Builds the Debian packages from the programs, the boards and packaging/: `build-deb.sh arm64|armhf|amd64` makes
# build/ferrite-edge_VERSION_ARCH.deb and the same of ferrite-mqtt and ferrite-mjpeg. The same sources and SOURCE_DATE_EPOCH (without it, the last
# commit's time) give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=${1:-}
case $arch in
  arm64) suffix= machine=aarch64 ;;
  armhf) suffix=-armv7 machine=armv7 ;;
  amd64) suffix=-x86_64 machine=x86_64 ;;
  *)
    echo "usage: build-deb.sh arm64|armhf|amd64" >&2
    exit 64
    ;;
esac
need() {
  [ -f "$1" ] && return
  echo "build-deb: no $1; run $2 $machine" >&2
  exit 65
}
need build/ferrite-edge$suffix scripts/build-device.sh
need build/ferrite-mqtt$suffix "scripts/build-linked.sh mqtt"
need build/ferrite-mjpeg$suffix "scripts/build-linked.sh mjpeg"
version=$(sed -n 's/.*exporterVersion = "ferrite \(.*\)"/\1/p' Sources/Exporter/Write/Provenance.swift)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

put() { install -D -m "$1" "$2" "$root/$3"; }

# What every package has: copyright, changelog, manual page.
begin() {
  package=$1 root=$work/$1
  mkdir -m 755 "$root"
  put 644 packaging/copyright "usr/share/doc/$package/copyright"
  install -d "$root/usr/share/man/man1"
  gzip -9n < "packaging/$package.1" > "$root/usr/share/man/man1/$package.1.gz"
  gzip -9n < CHANGELOG.md > "$root/usr/share/doc/$package/changelog.gz"
  mkdir "$root/DEBIAN"
}

# What a package with a service has besides.
add_service() {
  put 644 "packaging/$package.service" "lib/systemd/system/$package.service"
  put 644 "packaging/$package.sysusers" "usr/lib/sysusers.d/$package.conf"
  put 644 "packaging/$package.default" "etc/default/$package"
  install -d "$root/etc/$package"
  echo "/etc/default/$package" > "$root/DEBIAN/conffiles"
}

# What the program of a package was linked from, beside its documentation.
list_parts() {
  scripts/sbom.py "build/$1$suffix" > /dev/null
  put 644 "build/$1$suffix.spdx.json" "usr/share/doc/$1/$1.spdx.json"
}

# The fields that differ and the description come from standard input.
finish() {
  (cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
  {
    cat <<EOF
Package: $package
Version: $version
Architecture: $arch
Maintainer: Ferrite developers <ferrite@localhost>
Installed-Size: $(du -sk --apparent-size "$root" | cut -f1)
Section: science
Priority: optional
EOF
    cat
  } > "$work/control"
  mv "$work/control" "$root/DEBIAN/control"
  find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
  deb=build/${package}_${version}_$arch.deb
  dpkg-deb --root-owner-group -Zxz --build "$root" "$deb.new" > /dev/null
  mv "$deb.new" "$deb"
  echo "$deb: $(stat -c %s "$deb") bytes"
}

begin ferrite-edge
add_service
put 755 build/ferrite-edge$suffix usr/bin/ferrite-edge
list_parts ferrite-edge
put 755 packaging/watch usr/lib/ferrite-edge/watch
put 644 packaging/ferrite-edge.rules lib/udev/rules.d/60-ferrite-edge.rules
put 644 packaging/ferrite-edge.bash-completion usr/share/bash-completion/completions/ferrite-edge
for page in boards signing; do put 644 docs/$page.md usr/share/doc/ferrite-edge/$page.md; done
for board in boards/*.board; do put 644 "$board" "usr/share/ferrite-edge/$board"; done
for script in postinst prerm postrm; do put 755 packaging/$script DEBIAN/$script; done
finish <<'EOF'
Suggests: ferrite-mjpeg, ferrite-mqtt
Description: fixed-point networks on a board, decisions on GPIO lines
 Runs a model file that "ferrite export" wrote, with the same bits on every
 machine and no allocation, and shows what it decides on GPIO lines that go to
 a safe level however the program ends. One static program and a sandboxed
 service.
EOF

begin ferrite-mqtt
add_service
put 755 build/ferrite-mqtt$suffix usr/bin/ferrite-mqtt
list_parts ferrite-mqtt
put 644 packaging/ferrite-mqtt.socket lib/systemd/system/ferrite-mqtt.socket
put 644 packaging/ferrite-mqtt.conf lib/systemd/system/ferrite-edge.service.d/mqtt.conf
for script in postinst prerm postrm; do put 755 packaging/ferrite-mqtt.$script DEBIAN/$script; done
finish <<'EOF'
Depends: libc6 (>= 2.34), libmosquitto1 (>= 2.0.11)
Recommends: ferrite-edge
Description: decisions of ferrite-edge on an MQTT broker
 Publishes what the service of ferrite-edge decides, for Home Assistant with
 discovery, and says that it is offline by the broker's hand when it dies. A
 program and a user of its own, so that nothing that drives lines reaches a
 network.
EOF

begin ferrite-mjpeg
put 755 build/ferrite-mjpeg$suffix usr/bin/ferrite-mjpeg
list_parts ferrite-mjpeg
finish <<'EOF'
Depends: libc6 (>= 2.34), libjpeg62-turbo (>= 1:2.1)
Recommends: ferrite-edge
Description: grey frames for ferrite-edge from a camera's JPEG pictures
 Takes the pictures of a camera that offers larger ones as JPEG alone, or of a
 stream, and writes their brightness as frames, the newest first. A program of
 its own, so that nothing that drives lines decodes what comes over a cable or
 a network.
EOF
