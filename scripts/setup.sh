#!/usr/bin/env bash
# Installs what Ferrite needs on Debian 12, by group; says what it installs and does nothing where all of it is there.
#   host    libraries of the `ferrite` program
#   device  cross compiler and libraries of `ferrite-edge` (make device)
#   board   the emulated boards and a Raspberry Pi's kernel (make board-test), kept in .cache/board
#   browser what looks at the page of `ferrite compare` (make page-test)
set -euo pipefail
cd "$(dirname "$0")/.."

host=(build-essential pkg-config libopenblas-dev libgpiod-dev libmosquitto-dev libjpeg62-turbo-dev libpng-dev libsodium-dev
  libexpat1-dev opencv-data)
device=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross libc6-dev:arm64 libgpiod-dev:arm64 libsodium-dev:arm64 libmosquitto-dev:arm64)
board=(qemu-user qemu-system-arm cpio python3 systemd device-tree-compiler
  mosquitto mosquitto-clients openssl)
browser=(chromium chromium-driver python3-selenium python3-pil fonts-dejavu-core)

usage() {
  echo "usage: scripts/setup.sh host|device|board|browser ..." >&2
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
  [ "$updated" = yes ] || as_root apt-get update -qq
  updated=yes
}

add_arm64() {
  dpkg --print-foreign-architectures | grep -qx arm64 && return
  echo "setup: adding Debian's architecture arm64"
  as_root dpkg --add-architecture arm64
  updated=no
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
  [ -f "$cache/vmlinuz" ] && [ -f "$cache/board.dtb" ] && [ -f "$cache/busybox" ] && [ -f "$cache/modules/softdog.ko" ] && return
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
  rm -rf "$cache/root" "$cache/packages"
}

[ $# -gt 0 ] || usage
for group in "$@"; do
  case $group in
    host) install "${host[@]}" ;;
    device) add_arm64; install "${device[@]}" ;;
    board) add_arm64; install "${board[@]}"; fetch_board ;;
    browser) install "${browser[@]}" ;;
    *) usage ;;
  esac
done
