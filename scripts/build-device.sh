#!/usr/bin/env bash
# Builds build/ferrite-edge: one static, stripped program for 64-bit ARM Linux.
# SwiftPM compiles Embedded Swift into an archive; Debian's cross compiler links it, for SwiftPM's own link is for bare metal.
set -euo pipefail
cd "$(dirname "$0")/.."
export FERRITE_ARCH=aarch64

scratch=.build-aarch64
triple=aarch64-none-none-elf
limit=1500000

swift build -c release --triple $triple --toolset toolset-aarch64.json --product FerriteEdge --scratch-path $scratch

# -static-pie because Swift's protected symbols don't take the copy relocations of a plain -static under GNU ld.
# --wrap sends every heap call, the C library's own included, past the counter of CHeap, which calls the real ones by the
# names that --wrap gives them: without the option there is no link.
mkdir -p build
wraps=()
for call in malloc calloc realloc memalign aligned_alloc posix_memalign; do wraps+=("-Wl,--wrap=$call"); done
aarch64-linux-gnu-gcc -static-pie -s -Wl,--gc-sections -Wl,--defsym=main=ferrite_edge_main "${wraps[@]}" \
  -Wl,--whole-archive $scratch/$triple/release/libFerriteEdge.a -Wl,--no-whole-archive -lgpiod -lsodium \
  -o build/ferrite-edge

bytes=$(stat -c %s build/ferrite-edge)
echo "build/ferrite-edge: $bytes bytes"
if [ "$bytes" -gt $limit ]; then
  echo "build-device: above the limit of $limit bytes" >&2
  exit 1
fi
