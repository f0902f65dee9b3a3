#!/usr/bin/env bash
# Builds the programs that are linked with the system's own libraries for Debian: `build-linked.sh mqtt|mjpeg` makes build/ferrite-mqtt or
# build/ferrite-mjpeg for 64-bit ARM boards, `build-linked.sh mqtt|mjpeg armv7|x86_64` build/ferrite-mqtt-armv7 and so on. Unlike the device program
# they take libmosquitto and libjpeg-turbo as Debian ships them: whoever reads what comes from outside gets Debian's security updates.
set -euo pipefail
cd "$(dirname "$0")/.."
usage() {
  echo "usage: build-linked.sh mqtt|mjpeg [aarch64|armv7|x86_64]" >&2
  exit 64
}
case ${1:-} in
  mqtt) product=FerriteMQTT library=mosquitto ;;
  mjpeg) product=FerriteMJPEG library=jpeg ;;
  *) usage ;;
esac
name=ferrite-$1
export FERRITE_ARCH=${2:-aarch64}
case $FERRITE_ARCH in
  aarch64) triple=aarch64-none-none-elf link=aarch64-linux-gnu-gcc program=build/$name ;;
  armv7) triple=armv7-none-none-eabi link=arm-linux-gnueabihf-gcc program=build/$name-armv7 ;;
  x86_64) triple=x86_64-unknown-linux-gnu link=gcc program=build/$name-x86_64 ;;
  *) usage ;;
esac

scratch=.build-$FERRITE_ARCH
swift build -c release --triple $triple --toolset "toolset-$FERRITE_ARCH.json" --product $product --scratch-path $scratch
mkdir -p build
libraries=()
# Of the library's own libraries the linker needs to know nothing here.
[ $FERRITE_ARCH = armv7 ] && libraries=(-L.cache/armhf/lib -Wl,--allow-shlib-undefined)
$link -pie -s "${libraries[@]}" -Wl,--gc-sections -Wl,-T,scripts/no-module-hashes.ld -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,--defsym=main=${name//-/_}_main \
  -Wl,--whole-archive $scratch/$triple/release/lib$product.a -Wl,--no-whole-archive -l$library \
  -Wl,-Map=$scratch/$name.map ${LINK_FLAGS:-} -o $program
echo "$program: $(stat -c %s $program) bytes"
