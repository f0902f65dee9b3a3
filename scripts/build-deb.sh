#!/usr/bin/env bash
# Builds build/ferrite-edge_VERSION_ARCH.deb from the device program, the boards and packaging/: `build-deb.sh arm64|amd64`. The
# same sources and SOURCE_DATE_EPOCH (without it, the last commit's time) give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
arch=${1:-}
case $arch in
  arm64) program=build/ferrite-edge machine=aarch64 ;;
  amd64) program=build/ferrite-edge-x86_64 machine=x86_64 ;;
  *)
    echo "usage: build-deb.sh arm64|amd64" >&2
    exit 64
    ;;
esac
[ -f $program ] || {
  echo "build-deb: no $program; run scripts/build-device.sh $machine" >&2
  exit 65
}
version=$(sed -n 's/.*exporterVersion = "ferrite \(.*\)"/\1/p' Sources/Exporter/Write/Provenance.swift)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root"
put() { install -D -m "$1" "$2" "$root/$3"; }
put 755 $program usr/bin/ferrite-edge
put 755 packaging/watch usr/lib/ferrite-edge/watch
put 644 packaging/ferrite-edge.service lib/systemd/system/ferrite-edge.service
put 644 packaging/ferrite-edge.sysusers usr/lib/sysusers.d/ferrite-edge.conf
put 644 packaging/ferrite-edge.rules lib/udev/rules.d/60-ferrite-edge.rules
put 644 packaging/ferrite-edge.default etc/default/ferrite-edge
put 644 packaging/ferrite-edge.bash-completion usr/share/bash-completion/completions/ferrite-edge
put 644 packaging/copyright usr/share/doc/ferrite-edge/copyright
put 644 docs/boards.md usr/share/doc/ferrite-edge/boards.md
install -d "$root/etc/ferrite-edge" "$root/usr/share/man/man1"
gzip -9n < packaging/ferrite-edge.1 > "$root/usr/share/man/man1/ferrite-edge.1.gz"
gzip -9n < CHANGELOG.md > "$root/usr/share/doc/ferrite-edge/changelog.gz"
for board in boards/*.board; do put 644 "$board" "usr/share/ferrite-edge/$board"; done
for script in postinst prerm postrm; do put 755 packaging/$script DEBIAN/$script; done
echo /etc/default/ferrite-edge > "$root/DEBIAN/conffiles"
(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\n' | LC_ALL=C sort | xargs md5sum) > "$root/DEBIAN/md5sums"
cat > "$root/DEBIAN/control" <<EOF
Package: ferrite-edge
Version: $version
Architecture: $arch
Maintainer: Ferrite developers <ferrite@localhost>
Installed-Size: $(du -sk --apparent-size "$root" | cut -f1)
Section: science
Priority: optional
Description: fixed-point networks on a board, decisions on GPIO lines
 Runs a model file that "ferrite export" wrote, with the same bits on every
 machine and no allocation, and shows what it decides on GPIO lines that go to
 a safe level however the program ends. One static program and a sandboxed
 service.
EOF
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
deb=build/ferrite-edge_${version}_$arch.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$deb.new" > /dev/null
mv "$deb.new" "$deb"
echo "$deb: $(stat -c %s "$deb") bytes"
