#!/usr/bin/env bash
# Builds the device program: one static, stripped file for Linux. Without an argument build/ferrite-edge for 64-bit ARM boards;
# `build-device.sh armv7` makes build/ferrite-edge-armv7 for 32-bit ones, `build-device.sh x86_64` build/ferrite-edge-x86_64, the
# same program for the machine where it is developed.
# With GPIOD2=1 build/ferrite-edge-gpiod2, the first of these with libgpiod 2 from .cache/gpiod2 (setup.sh gpiod2) instead of 1.6.
# SwiftPM compiles Embedded Swift into an archive; Debian's cross compiler links it, for SwiftPM's own link is for bare metal, and says in
# .build-ARCHITECTURE/ferrite-edge.map what it took (scripts/sbom.py). LINK_FLAGS is handed to it.
set -euo pipefail
cd "$(dirname "$0")/.."
export FERRITE_ARCH=${1:-aarch64}
case $FERRITE_ARCH in
  aarch64) triple=aarch64-none-none-elf link=aarch64-linux-gnu-gcc program=build/ferrite-edge limit=1200000 ;;
  armv7) triple=armv7-none-none-eabi link=arm-linux-gnueabihf-gcc program=build/ferrite-edge-armv7 limit=1200000 ;;
  x86_64) triple=x86_64-unknown-linux-gnu link=gcc program=build/ferrite-edge-x86_64 limit=1600000 ;;
  *)
    echo "usage: build-device.sh [aarch64|armv7|x86_64]" >&2
    exit 64
    ;;
esac

scratch=.build-$FERRITE_ARCH
headers=()
if [ -n "${GPIOD2:-}" ]; then
  [ $FERRITE_ARCH = aarch64 ] || { echo "build-device: libgpiod 2 is there for aarch64" >&2; exit 64; }
  scratch=.build-gpiod2 program=build/ferrite-edge-gpiod2
  # Before the system's header of the same name.
  headers=(-Xcc -I"$PWD/.cache/gpiod2" -Xswiftc -Xcc -Xswiftc -I"$PWD/.cache/gpiod2")
fi

swift build -c release --triple $triple --toolset "toolset-$FERRITE_ARCH.json" --product FerriteEdge --scratch-path $scratch \
  "${headers[@]}"

# -static-pie because Swift's protected symbols don't take the copy relocations of a plain -static under GNU ld.
# --wrap sends every heap call, the C library's own included, past the counter of CHeap, which calls the real ones by the
# names that --wrap gives them: without the option there is no link.
# Segments lie at multiples of 16 KiB, the pages of a Raspberry Pi 5's kernel; the linker's 64 KiB would be padding.
options=(-static-pie -Wl,-T,scripts/no-unwind-tables.ld -Wl,--no-eh-frame-hdr)
if [ $FERRITE_ARCH = aarch64 ]; then
  # The C library is that of Debian's own architecture, which gets security updates, and not the cross compiler's copy of an earlier one.
  library=/usr/lib/aarch64-linux-gnu
  options+=(-Wl,-z,max-page-size=16384 -B$library/ -L$library)
fi
# Debian's 32-bit C library has no start-up code for a static-pie, and tables for unwinding of another kind.
[ $FERRITE_ARCH = armv7 ] && options=(-static -L.cache/armhf/lib)
[ -n "${GPIOD2:-}" ] && options=(-L.cache/gpiod2 "${options[@]}")
mkdir -p build
wraps=()
for call in malloc calloc realloc memalign aligned_alloc posix_memalign; do wraps+=("-Wl,--wrap=$call"); done
# libsodium's sodium_misuse ends the program by abort() after calling a handler, of which there is none here; taken for abort() itself, it leaves
# out sodium_init and with it 15 KB of what that starts: password hashes and ciphers.
# No build ID: it would be a digest of symbols that are stripped, some of which are named after the folder that was compiled in.
$link "${options[@]}" -Wl,--gc-sections -Wl,--build-id=none -Wl,-T,scripts/no-module-hashes.ld -Wl,--defsym=main=ferrite_edge_main -Wl,--defsym=sodium_misuse=abort "${wraps[@]}" \
  -Wl,--whole-archive $scratch/$triple/release/libFerriteEdge.a -Wl,--no-whole-archive -lgpiod -lsodium \
  -Wl,-Map=$scratch/ferrite-edge.map ${LINK_FLAGS:-} -o $program.linked
# For 32 bits the compiler isn't told -no-allocations: it would refuse conversions of the standard library's between Int and Int64, which
# keep an array's code within reach that nothing calls. The linker leaves out what nothing calls; so no allocator may be left.
symbols=$($link-nm $program.linked)
grep -q ' T ferrite_edge_main$' <<< "$symbols"
# A call that libgpiod 1.6 lacks.
[ -z "${GPIOD2:-}" ] || grep -q ' T gpiod_chip_request_lines$' <<< "$symbols"
if [ $FERRITE_ARCH = armv7 ] && grep -E ' swift_(slowAlloc|alloc[A-Z][A-Za-z]*)$' <<< "$symbols"; then
  echo "build-device: compiled Swift can reach an allocator" >&2
  exit 1
fi
"${link%gcc}strip" -o $program $program.linked
rm $program.linked

bytes=$(stat -c %s $program)
echo "$program: $bytes bytes"
if [ "$bytes" -gt $limit ]; then
  echo "build-device: above the limit of $limit bytes" >&2
  exit 1
fi
