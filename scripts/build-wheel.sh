#!/usr/bin/env bash
# Builds the Python package for a machine whose C library build-library.sh has built: `build-wheel.sh [aarch64|armv7|x86_64]`, by itself for this one,
# makes build/wheel/ferrite-VERSION-py3-none-PLATFORM.whl. The same library and SOURCE_DATE_EPOCH, by itself the last commit's, give the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-$(uname -m)} in
  aarch64 | arm64) triple=aarch64-linux-gnu machine=aarch64 ;;
  armv7) triple=arm-linux-gnueabihf machine=armv7l ;;
  x86_64) triple=x86_64-linux-gnu machine=x86_64 ;;
  *)
    echo "usage: build-wheel.sh [aarch64|armv7|x86_64]" >&2
    exit 64
    ;;
esac
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
library=build/library/lib/$triple/libferrite.so
[ -f $library ] || { echo "build-wheel: $library is not there; scripts/build-library.sh builds it" >&2; exit 1; }

# pip installs a wheel where the C library is that of the tag or a later one: the latest of which the library has a function.
glibc=$($triple-readelf -W --dyn-syms $library | grep -o 'GLIBC_2\.[0-9]*' | sort -V | tail -1)
export FERRITE_WHEEL_PLATFORM=manylinux_${glibc#GLIBC_}_$machine
FERRITE_WHEEL_PLATFORM=${FERRITE_WHEEL_PLATFORM/2./2_}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r python "$work/python"
# Whatever the mask of the folder that was copied.
chmod -R u=rwX,go=rX "$work/python"
install -m 755 $library "$work/python/ferrite/libferrite.so"
/usr/bin/python3 -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir "$work/wheel" "$work/python"
mkdir -p build/wheel
mv "$work"/wheel/*.whl build/wheel/
for path in build/wheel/*_"$machine".whl; do echo "$path: $(stat -c %s "$path") bytes"; done
