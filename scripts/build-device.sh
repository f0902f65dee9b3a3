#!/usr/bin/env bash
# Builds the device program: one static, stripped file for Linux. Without an argument build/ferrite-edge for 64-bit ARM boards;
# `build-device.sh x86_64` makes build/ferrite-edge-x86_64, the same program for the machine where it is developed.
# SwiftPM compiles Embedded Swift into an archive; Debian's cross compiler links it, for SwiftPM's own link is for bare metal, and says in
# .build-ARCHITECTURE/ferrite-edge.map what it took (scripts/sbom.py). LINK_FLAGS is handed to it.
set -euo pipefail
cd "$(dirname "$0")/.."
export FERRITE_ARCH=${1:-aarch64}
case $FERRITE_ARCH in
  aarch64) triple=aarch64-none-none-elf link=aarch64-linux-gnu-gcc program=build/ferrite-edge limit=1200000 ;;
  x86_64) triple=x86_64-unknown-linux-gnu link=gcc program=build/ferrite-edge-x86_64 limit=1600000 ;;
  *)
    echo "usage: build-device.sh [aarch64|x86_64]" >&2
    exit 64
    ;;
esac

scratch=.build-$FERRITE_ARCH

swift build -c release --triple $triple --toolset "toolset-$FERRITE_ARCH.json" --product FerriteEdge --scratch-path $scratch

# -static-pie because Swift's protected symbols don't take the copy relocations of a plain -static under GNU ld.
# --wrap sends every heap call, the C library's own included, past the counter of CHeap, which calls the real ones by the
# names that --wrap gives them: without the option there is no link.
# Segments lie at multiples of 16 KiB, the pages of a Raspberry Pi 5's kernel; the linker's 64 KiB would be padding.
# The C library is that of Debian's own architecture, which gets security updates, and not the cross compiler's copy of an earlier one.
options=()
if [ $FERRITE_ARCH = aarch64 ]; then
  library=/usr/lib/aarch64-linux-gnu
  options=(-Wl,-z,max-page-size=16384 -B$library/ -L$library)
fi
mkdir -p build
wraps=()
for call in malloc calloc realloc memalign aligned_alloc posix_memalign; do wraps+=("-Wl,--wrap=$call"); done
# libsodium's sodium_misuse ends the program by abort() after calling a handler, of which there is none here; taken for abort() itself, it leaves
# out sodium_init and with it 15 KB of what that starts: password hashes and ciphers.
$link -static-pie -s "${options[@]}" -Wl,--gc-sections -Wl,-T,scripts/no-unwind-tables.ld -Wl,-T,scripts/no-module-hashes.ld -Wl,--no-eh-frame-hdr \
  -Wl,--defsym=main=ferrite_edge_main -Wl,--defsym=sodium_misuse=abort "${wraps[@]}" \
  -Wl,--whole-archive $scratch/$triple/release/libFerriteEdge.a -Wl,--no-whole-archive -lgpiod -lsodium \
  -Wl,-Map=$scratch/ferrite-edge.map ${LINK_FLAGS:-} -o $program

bytes=$(stat -c %s $program)
echo "$program: $bytes bytes"
if [ "$bytes" -gt $limit ]; then
  echo "build-device: above the limit of $limit bytes" >&2
  exit 1
fi
