#!/usr/bin/env bash
# Builds build/examples/classify-embedded, one static file for 64-bit ARM Linux without a Swift runtime and without a heap; after
# `scripts/setup.sh host device` in Ferrite's folder.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Of Ferrite the runtime alone, compiled for the architecture.
export FERRITE_CORE=1 FERRITE_ARCH=aarch64
scratch=.build-example-aarch64
swift build -c release --package-path examples/embedded --scratch-path $scratch --triple aarch64-none-none-elf --toolset toolset-aarch64.json --product Classify
mkdir -p build/examples
aarch64-linux-gnu-gcc -static-pie -s -L/usr/lib/aarch64-linux-gnu -Wl,--gc-sections -Wl,--defsym=main=classify_main -Wl,--defsym=sodium_misuse=abort \
  -Wl,--undefined=classify_main $scratch/aarch64-none-none-elf/release/libClassify.a -lsodium -o build/examples/classify-embedded
echo "build/examples/classify-embedded: $(stat -c %s build/examples/classify-embedded) bytes"
