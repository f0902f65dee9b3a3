#!/usr/bin/env bash
# Builds ferrite-mqtt for Debian: build/ferrite-mqtt for 64-bit ARM boards, `build-mqtt.sh x86_64` build/ferrite-mqtt-x86_64. Unlike the
# device program it is linked with the system's own libraries, libmosquitto above all: whoever speaks with a network gets Debian's security updates.
set -euo pipefail
cd "$(dirname "$0")/.."
export FERRITE_ARCH=${1:-aarch64}
case $FERRITE_ARCH in
  aarch64) triple=aarch64-none-none-elf link=aarch64-linux-gnu-gcc program=build/ferrite-mqtt ;;
  x86_64) triple=x86_64-unknown-linux-gnu link=gcc program=build/ferrite-mqtt-x86_64 ;;
  *)
    echo "usage: build-mqtt.sh [aarch64|x86_64]" >&2
    exit 64
    ;;
esac

scratch=.build-$FERRITE_ARCH
swift build -c release --triple $triple --toolset "toolset-$FERRITE_ARCH.json" --product FerriteMQTT --scratch-path $scratch
mkdir -p build
$link -pie -s -Wl,--gc-sections -Wl,-T,scripts/no-module-hashes.ld -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,--defsym=main=ferrite_mqtt_main \
  -Wl,--whole-archive $scratch/$triple/release/libFerriteMQTT.a -Wl,--no-whole-archive -lmosquitto \
  -Wl,-Map=$scratch/ferrite-mqtt.map ${LINK_FLAGS:-} -o $program
echo "$program: $(stat -c %s $program) bytes"
