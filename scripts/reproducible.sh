#!/usr/bin/env bash
# Builds the programs for 64-bit ARM, their Debian packages and the C library twice, from the files that git knows, in two folders that share neither
# name, depth, times, time zone nor file mode mask, and compares what comes out byte for byte. Exits with 1 where they differ.
set -euo pipefail
cd "$(dirname "$0")/.."
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

one=$work/one other=$work/a/second/folder/of/another/name

# A copy of the sources in a folder, with a time for all of its files.
copy() {
  mkdir -p "$1"
  git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xf - -C "$1"
  find "$1" -exec touch -h -d "$2" {} +
}

# Builds what is in a folder, in a time zone and with a mode mask.
build() (
  cd "$1"
  export TZ=$2
  umask "$3"
  echo "reproducible: building in $1" >&2
  { scripts/build-device.sh && scripts/build-linked.sh mqtt && scripts/build-linked.sh mjpeg && scripts/build-deb.sh arm64 && scripts/build-library.sh aarch64; } > build.log 2>&1 || { cat build.log >&2; exit 1; }
)

copy "$one" 2001-02-03T04:05:06Z
copy "$other" 2020-11-12T13:14:15Z
build "$one" UTC 022
build "$other" Asia/Kathmandu 077

compared=0 failures=0
while read -r name; do
  compared=$((compared + 1))
  path=$one/build/$name
  if cmp "$path" "$other/build/$name"; then
    echo "$name: $(sha256sum < "$path" | cut -d' ' -f1)"
  else
    failures=$((failures + 1))
  fi
done < <(cd "$one/build" && find . ! -type d -printf '%P\n' | sort)
[ "$failures" -eq 0 ] && [ "$compared" -gt 10 ] || { echo "reproducible: of $compared files $failures differ" >&2; exit 1; }
echo "reproducible: $compared files are the same to the byte"
