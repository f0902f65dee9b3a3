#!/usr/bin/env bash
# Builds the programs for 64-bit ARM, their Debian packages and the C library from the files that git knows, in a folder that shares neither name, depth,
# times, time zone nor file mode mask with this one, and compares what comes out byte for byte with what `make device library` made here, and with
# this folder's packages. Exits with 1 where they differ.
set -euo pipefail
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
other=$work/a/folder/of/another/name

scripts/build-deb.sh arm64 > /dev/null

mkdir -p "$other"
git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$other"
find "$other" -exec touch -h -d 2020-11-12T13:14:15Z {} +
echo "reproducible: building in $other" >&2
(
  cd "$other"
  export TZ=Asia/Kathmandu
  umask 077
  { scripts/build-device.sh && scripts/build-linked.sh mqtt && scripts/build-linked.sh mjpeg && scripts/build-deb.sh arm64 \
    && scripts/build-library.sh aarch64; } > build.log 2>&1 || { cat build.log >&2; exit 1; }
)

compared=0 differ=0
while read -r name; do
  compared=$((compared + 1))
  if cmp "build/$name" "$other/build/$name"; then
    echo "$name: $(sha256sum < "build/$name" | cut -d' ' -f1)"
  else
    differ=$((differ + 1))
  fi
done < <(cd "$other/build" && find . ! -type d -printf '%P\n' | sort)
[ "$differ" -eq 0 ] && [ "$compared" -gt 10 ] || { echo "reproducible: of $compared files $differ differ" >&2; exit 1; }
echo "reproducible: $compared files are the same to the byte"
