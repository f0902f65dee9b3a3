#!/usr/bin/env bash
# Builds the C library for programs in C, C++ and whatever calls C: `build-library.sh [aarch64|armv7|x86_64]`, by itself for this machine, makes
#   build/library/include/ferrite.h
#   build/library/lib/TRIPLE/libferrite.a, libferrite.so and pkgconfig/ferrite.pc
# in the places that they have under /usr/local, where `cp -a build/library/. /usr/local/` puts them. Both libraries are the same object: Embedded
# Swift, our C and the few parts of libsodium that we need, linked into one in which only the functions of the header have names.
set -euo pipefail
cd "$(dirname "$0")/.."
machine=$(uname -m)
case ${1:-$machine} in
  aarch64 | arm64) export FERRITE_ARCH=aarch64; triple=aarch64-none-none-elf tools=aarch64-linux-gnu sodium=/usr/lib/aarch64-linux-gnu/libsodium.a ;;
  armv7) export FERRITE_ARCH=armv7; triple=armv7-none-none-eabi tools=arm-linux-gnueabihf sodium=.cache/armhf/lib/libsodium.a ;;
  x86_64) export FERRITE_ARCH=x86_64; triple=x86_64-unknown-linux-gnu tools=x86_64-linux-gnu sodium=/usr/lib/x86_64-linux-gnu/libsodium.a ;;
  *)
    echo "usage: build-library.sh [aarch64|armv7|x86_64]" >&2
    exit 64
    ;;
esac

scratch=.build-$FERRITE_ARCH
header=Sources/CFerrite/include/ferrite.h
library=build/library/lib/$tools
version=$(sed -n 's/^#define FERRITE_VERSION "\(.*\)"$/\1/p' $header)

swift build -c release --triple $triple --toolset "toolset-$FERRITE_ARCH.json" --product FerriteC --scratch-path $scratch
archive=$scratch/$triple/release/libFerriteC.a

rm -rf "$library"
mkdir -p "$library/pkgconfig" build/library/include
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the header declares is all that the library has to offer.
sed -n 's/^[a-z].*[ *]\(ferrite_[a-z_]*\)(.*/\1/p' $header | sort > "$work/names"
mapfile -t names < "$work/names"
# One object of all that these functions reach. Groups would let the linker of a program take another object's function for one of ours.
$tools-ld -r --gc-sections --force-group-allocation "${names[@]/#/--undefined=}" "$archive" $sodium -Map=$scratch/libferrite.map -o "$work/all.o"
# Every other name is the object's own. What only the Swift compiler reads goes, and with it the folder that was compiled in.
$tools-objcopy --keep-global-symbols="$work/names" --strip-unneeded --remove-section=.swift_modhash --remove-section=.swift1_autolink_entries \
  --remove-section=.linker-options --remove-section=.llvm_addrsig --remove-section=.comment "$work/all.o" "$work/ferrite.o"
(cd "$work" && $tools-ar rcsD libferrite.a ferrite.o)
# A minor version before 1.0.0 may break what a major one may afterwards; so it stands in the name by which programs ask for the library.
major=${version%.*}
$tools-gcc -shared -s "$work/ferrite.o" -Wl,-soname,libferrite.so."$major" -Wl,-z,defs -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--build-id=none \
  -Wl,--gc-sections -o "$work/libferrite.so"

for name in libferrite.a libferrite.so; do
  # Neither may have names that it shouldn't, nor reach an allocator.
  options=(-g)
  [ $name = libferrite.a ] || options=(-D)
  $tools-nm "${options[@]}" --defined-only "$work/$name" | sed -n 's/.* [A-Z] //p' | grep -vE '^(__bss_start|_edata|_end|__bss_end__|_bss_end__|__end__)$' | sort > "$work/defined"
  cmp -s "$work/names" "$work/defined" || { echo "build-library: $name does not have the header's functions and no others:" >&2; diff "$work/names" "$work/defined" >&2 || true; exit 1; }
  if $tools-nm "${options[@]}" --undefined-only "$work/$name" | grep -wE 'malloc|calloc|realloc|free|memalign|aligned_alloc|posix_memalign'; then
    echo "build-library: $name can reach an allocator" >&2
    exit 1
  fi
done

cp $header build/library/include/
cp "$work/libferrite.a" "$library/"
cp "$work/libferrite.so" "$library/libferrite.so.$version"
ln -s "libferrite.so.$version" "$library/libferrite.so.$major"
ln -s "libferrite.so.$major" "$library/libferrite.so"
cat > "$library/pkgconfig/ferrite.pc" <<EOF
prefix=\${pcfiledir}/../../..
libdir=\${prefix}/lib/$tools
includedir=\${prefix}/include

Name: ferrite
Description: Fixed-point networks without a heap
Version: $version
Libs: -L\${libdir} -lferrite
Libs.private: -pthread
Cflags: -I\${includedir}
EOF
for name in libferrite.a "libferrite.so.$version"; do echo "$library/$name: $(stat -c %s "$library/$name") bytes"; done
