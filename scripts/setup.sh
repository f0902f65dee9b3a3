#!/usr/bin/env bash
# Installs what Ferrite needs on Debian 12, by group; says what it installs and does nothing where all of it is there.
#   host    libraries of the `ferrite` program
#   device  cross compiler and libraries of `ferrite-edge` (make device)
#   board   the emulated boards and a Raspberry Pi's kernel (make board-test), kept in .cache/board
#   systemd a Debian for the emulated board, with systemd (make test-board), kept in .cache/debian
#   gpiod2  libgpiod 2 for 64-bit ARM, which Debian 12 lacks, kept in .cache/gpiod2 (make test-board)
#   browser what looks at the page of `ferrite compare` (make page-test)
set -euo pipefail
cd "$(dirname "$0")/.."

host=(build-essential pkg-config libopenblas-dev libgpiod-dev libmosquitto-dev libjpeg62-turbo-dev libpng-dev libsodium-dev
  libexpat1-dev opencv-data)
device=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6-dev:arm64 libgpiod-dev:arm64 libsodium-dev:arm64 libmosquitto-dev:arm64 libjpeg62-turbo-dev:arm64
  gcc-arm-linux-gnueabihf libc6-dev-armhf-cross)
# What 32-bit programs are linked with, unpacked in .cache/armhf: the headers are the same as this machine's, but for those of libjpeg that differ.
armhf=(libgpiod-dev libsodium-dev libmosquitto-dev libmosquitto1 libjpeg62-turbo-dev libjpeg62-turbo)
board=(qemu-user qemu-system-arm cpio python3 python3-pil systemd device-tree-compiler e2fsprogs
  mosquitto mosquitto-clients openssl)
gpiod2=(gcc-aarch64-linux-gnu python3-pip)
# The Python binding's source archive holds the library's. Debian 13 has 2.2.1.
gpiod2_version=2.2.3
gpiod2_digest=b916c3741dfc4dbcf6224b39e50765f672b137896287715709d49e9f063304c5
systemd=(mmdebstrap e2fsprogs)
# Unpacked, never configured: what a start of systemd and an installation by dpkg need.
debian=(base-files base-passwd bash coreutils dash dbus debianutils diffutils dpkg findutils grep gzip hostname
  init-system-helpers kmod libc-bin libpam-modules libpam-runtime login mount passwd perl-base procps sed systemd
  systemd-sysv tar udev util-linux)
browser=(chromium chromium-driver python3-selenium python3-pil fonts-dejavu-core)

usage() {
  echo "usage: scripts/setup.sh host|device|board|systemd|gpiod2|browser ..." >&2
  exit 64
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# A package named without an architecture is this machine's, or for all.
missing() {
  local package name arch
  for package in "$@"; do
    name=${package%:*}
    arch=$(dpkg --print-architecture)
    [ "$name" = "$package" ] || arch=${package#*:}
    dpkg-query -W -f='${Architecture} ${db:Status-Status}\n' "$name" 2>/dev/null |
      grep -qxE "($arch|all) installed" || echo "$package"
  done
}

updated=no
update_once() {
  [ "$updated" = yes ] || as_root apt-get update -qq ||
    echo "setup: apt-get update did not get every list of packages; going on with those that are there" >&2
  updated=yes
}

add_architecture() {
  dpkg --print-foreign-architectures | grep -qx "$1" && return
  echo "setup: adding Debian's architecture $1"
  as_root dpkg --add-architecture "$1"
  updated=no
}

fetch_armhf() {
  local cache=.cache/armhf
  [ -f $cache/lib/libgpiod.a ] && [ -f $cache/lib/libsodium.a ] && [ -f $cache/lib/libmosquitto.so ] && [ -f $cache/lib/libjpeg.so ] && [ -f $cache/packages.tsv ] && [ -f $cache/include/jconfig.h ] && return
  add_architecture armhf
  update_once
  echo "setup: fetching ${armhf[*]} for armhf into $cache"
  rm -rf $cache && mkdir -p $cache/packages
  (cd $cache/packages && apt-get download -q "${armhf[@]/%/:armhf}")
  local package
  for package in $cache/packages/*.deb; do
    dpkg -x "$package" $cache/root
    # Whose each file is, for scripts/sbom.py: dpkg doesn't know them.
    dpkg-deb --fsys-tarfile "$package" | tar -t | sed -n 's|.*/lib/arm-linux-gnueabihf/\([^/]\+\)$|\1|p' |
      sed "s|\$|\t$(dpkg-deb -W --showformat='${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}' "$package")|"
  done > $cache/packages.tsv
  mv $cache/root/usr/lib/arm-linux-gnueabihf $cache/lib
  mv $cache/root/usr/include/arm-linux-gnueabihf $cache/include
  rm -rf $cache/root $cache/packages
}

install() {
  local absent
  mapfile -t absent < <(missing "$@")
  [ "${#absent[@]}" -gt 0 ] || return 0
  echo "setup: installing ${absent[*]}"
  update_once
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${absent[@]}"
}

# The kernel that Debian ships for the Raspberry Pi 3B and a static shell for the guest, unpacked, never installed.
fetch_board() {
  local cache=.cache/board
  [ -f "$cache/vmlinuz" ] && [ -f "$cache/board.dtb" ] && [ -f "$cache/busybox" ] && [ -f "$cache/modules/ext4.ko" ] && return
  update_once
  local kernel
  kernel=$(apt-cache depends linux-image-arm64:arm64 | sed -n 's/^ *Depends: \(linux-image-[0-9][^ :]*\).*/\1/p' | head -1)
  [ -n "$kernel" ] || { echo "setup: apt knows no linux-image-arm64:arm64" >&2; exit 1; }
  echo "setup: fetching $kernel and busybox-static for arm64 into $cache"
  rm -rf "$cache" && mkdir -p "$cache/packages"
  (cd "$cache/packages" && apt-get download -q "$kernel:arm64" busybox-static:arm64)
  local package
  for package in "$cache"/packages/*.deb; do dpkg -x "$package" "$cache/root"; done
  cp "$cache"/root/bin/busybox "$cache/busybox"
  cp "$cache"/root/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$cache/board.dtb"
  cp "$cache"/root/boot/vmlinuz-* "$cache/vmlinuz"
  # What the kernel's virtual camera, vivid, may need.
  mkdir "$cache/modules"
  find "$cache"/root/lib/modules/*/kernel/drivers/media/{mc,cec,common,rc,v4l2-core,test-drivers} -name '*.ko' \
    ! -path '*/keymaps/*' -exec cp {} "$cache/modules" \;
  # A LED on a pin, the chip's PWM, and a watchdog of the kernel's own.
  cp "$cache"/root/lib/modules/*/kernel/drivers/{leds/leds-gpio,pwm/pwm-bcm2835,watchdog/softdog}.ko "$cache/modules"
  # File systems and what disks are behind: a card in the Pi's slot, and virtio.
  cp "$cache"/root/lib/modules/*/kernel/{fs/{ext4/ext4,jbd2/jbd2,mbcache},lib/{crc16,libcrc32c},crypto/crc32c_generic}.ko "$cache/modules"
  cp "$cache"/root/lib/modules/*/kernel/drivers/{mmc/host/bcm2835,block/virtio_blk,virtio/virtio_mmio}.ko "$cache/modules"
  rm -rf "$cache/root" "$cache/packages"
}

fetch_gpiod2() {
  local cache=.cache/gpiod2 work
  [ -f $cache/libgpiod.a ] && return
  echo "setup: building libgpiod $gpiod2_version for arm64 in $cache"
  work=$(mktemp -d)
  python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$work" gpiod==$gpiod2_version
  echo "$gpiod2_digest  $work/gpiod-$gpiod2_version.tar.gz" | sha256sum --quiet --check
  tar -C "$work" -xzf "$work/gpiod-$gpiod2_version.tar.gz"
  (cd "$work/gpiod-$gpiod2_version" &&
    aarch64-linux-gnu-gcc -O2 -D_GNU_SOURCE -DGPIOD_VERSION_STR="\"$gpiod2_version\"" -ffunction-sections -fdata-sections \
      -Iinclude -Ilib -c lib/*.c && aarch64-linux-gnu-ar rcs libgpiod.a ./*.o)
  mkdir -p $cache
  cp "$work/gpiod-$gpiod2_version/include/gpiod.h" "$work/gpiod-$gpiod2_version/libgpiod.a" $cache
  rm -rf "$work"
}

fetch_debian() {
  local cache=.cache/debian
  [ -f $cache/root.tar ] && return
  echo "setup: unpacking a Debian with systemd for arm64 into $cache"
  mkdir -p $cache
  as_root mmdebstrap --quiet --variant=extract --architectures=arm64 --include="$(IFS=,; echo "${debian[*]}")" bookworm \
    $cache/root.new.tar http://deb.debian.org/debian
  mv $cache/root.new.tar $cache/root.tar
}

[ $# -gt 0 ] || usage
for group in "$@"; do
  case $group in
    host) install "${host[@]}" ;;
    device) add_architecture arm64; install "${device[@]}"; fetch_armhf ;;
    board) add_architecture arm64; install "${board[@]}"; fetch_board ;;
    systemd) install "${systemd[@]}"; fetch_debian ;;
    gpiod2) install "${gpiod2[@]}"; fetch_gpiod2 ;;
    browser) install "${browser[@]}" ;;
    *) usage ;;
  esac
done
