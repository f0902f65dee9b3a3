#!/usr/bin/env bash
# Runs the tests of EdgeRuntime and Quantize under a sanitizer, each in a build of its own, and prints its summary.
#   address  with the undefined-behaviour sanitizer in all C, optimised, and counting lines for scripts/coverage.py
#   thread   what runs on several threads, and the committed networks, optimised: not optimised they take hours
#   none     the committed networks in a debug build, without a sanitizer: the same bits as optimised
# Nothing is suppressed. Other arguments go to `swift test`, such as --filter ModelFileTests.
set -euo pipefail
cd "$(dirname "$0")/.."
export FERRITE_CORE=1 OPENBLAS_NUM_THREADS=1 SWIFT_BACKTRACE=enable=no

[ $# -gt 0 ] || { echo "usage: scripts/sanitize.sh address|thread|none [OPTION...]" >&2; exit 64; }
kind=$1
shift
machine=$(uname -m)
# Beside swift, not the first on the path: the sanitizers have to be of one version.
runtime=$("$(dirname "$(readlink -f "$(command -v swift)")")/clang" -print-runtime-dir)
[ -e "$runtime/libclang_rt.asan-preinit-$machine.a" ] || runtime=$(dirname "$runtime")/linux
case $kind in
  address)
    # The sanitizer starts before the constructors of shared libraries, of which OpenBLAS's calls what it intercepts.
    options=(-c release --sanitize address --enable-code-coverage
      -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined
      -Xlinker --whole-archive -Xlinker "$runtime/libclang_rt.asan-preinit-$machine.a" -Xlinker --no-whole-archive)
    tests=()
    export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 ;;
  thread)
    options=(-c release --sanitize thread)
    tests=(--filter 'ThreadPoolTests|WorkShareTests|ArenaTests|AsideTests|NetworkConformanceTests|CalibrationGatheringTests|MachineTests|EndingTests')
    export TSAN_OPTIONS=halt_on_error=1 ;;
  none)
    options=(-c debug)
    tests=(--filter NetworkConformanceTests) ;;
  *) echo "sanitize: there is address, thread and none, no $kind" >&2; exit 64 ;;
esac
# The core has no dependencies, for whose pins SwiftPM would otherwise delete Package.resolved.
options+=(--disable-automatic-resolution)
# gold's complaint about symbols that the runtime keeps to itself is of no consequence, and hundreds of lines long.
swift build --build-tests --scratch-path ".build-$kind" "${options[@]}" 2>&1 | { grep -v 'Cannot export local symbol' || true; }
log=build/sanitize-$kind.log
mkdir -p build
# The sanitizers choose places in memory that address randomisation may have taken.
setarch "$machine" -R swift test --skip-build --disable-xctest --scratch-path ".build-$kind" "${options[@]}" ${1+"$@"} "${tests[@]}" >"$log" 2>&1 || {
  status=$?
  # Seen once in eight runs: SwiftPM ends so after tests that passed, and no sanitizer has written a report.
  if grep -qE 'ERROR: |WARNING: ThreadSanitizer|runtime error|SUMMARY|✘|Fatal error' "$log" || ! grep -qE '^✔ Test run with [1-9]' "$log"; then
    grep -nE 'ERROR: |WARNING: ThreadSanitizer|runtime error|SUMMARY|✘|Fatal error|^ +#[0-9]+ ' "$log" | head -40 >&2 || tail -5 "$log" >&2
    echo "sanitize: $kind: the tests fail (status $status); the whole log is $log" >&2
    exit 1
  fi
  echo "sanitize: $kind: swift test ended with status $status although all tests passed without a report" >&2
}
grep -E '^. Test run with [1-9]' "$log" | sed "s/^/sanitize: $kind: no reports; /" || { echo "sanitize: $kind: no test ran" >&2; exit 1; }
