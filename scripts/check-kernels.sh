#!/usr/bin/env bash
# Checks that code built for an instruction set stays in its own object, where it runs only after it was chosen: nothing
# outside those objects holds their instructions, and a function that the linker could merge with another object's equal
# one carries its object's name; and, by hot_loops.py, that the loops which take the time are the instructions they should be.
#   scripts/check-kernels.sh .build/release
#   scripts/check-kernels.sh .build-aarch64/aarch64-none-none-elf/release
#   scripts/check-kernels.sh .build-armv7/armv7-none-none-eabi/release
set -euo pipefail
build=${1:?usage: check-kernels.sh BUILD-FOLDER}
tools=$(dirname "$(readlink -f "$(command -v swift)")")
code=$(mktemp -d)
trap 'rm -rf "$code"' EXIT
failed=0

complain() {
  echo "check-kernels: $*" >&2
  failed=1
}

# disassemble TARGET [FLAG]: one instruction a line behind its function's name, into $code/TARGET.
disassemble() {
  "$tools/llvm-objdump" -d --no-show-raw-insn ${2:+"$2"} "$build/$1.build"/*.o \
    | awk '/^[0-9a-f]+ <.*>:$/ { name = $2; next } /^ +[0-9a-f]+:/ { print name, $0 }' > "$code/$1"
}

# keeps TARGET NAME INSTRUCTIONS: the target has the instructions, in functions that cannot be taken for another's.
keeps() {
  grep -Eq "$3" "$code/$1" || complain "$1 has none of $3"
  "$tools/llvm-nm" "$build/$1.build"/*.o | awk '$2 == "W" { print "<" $3 ">: " }' | grep -v "$2" > "$code/weak" || true
  if grep -Ff "$code/weak" "$code/$1" | grep -E "$3" > "$code/stray"; then
    complain "$1: could be merged with another object's function: $(head -1 "$code/stray")"
  fi
}

# lacks TARGET INSTRUCTIONS
lacks() {
  if grep -E "$2" "$code/$1" > "$code/stray"; then complain "$1 holds $(head -1 "$code/stray")"; fi
}

case $("$tools/llvm-objdump" -f "$build"/EdgeKernels.build/*.o) in
  *x86-64*)
    # Every AVX instruction's name starts with v.
    avx='[[:space:]]v[a-z]+[[:space:]]'
    for target in EdgeKernels EdgeRuntime EdgeKernelsAVX2 EdgeKernelsVNNI; do disassemble $target; done
    keeps EdgeKernelsAVX2 AVX2 "$avx"
    keeps EdgeKernelsVNNI VNNI "$avx"
    lacks EdgeKernelsAVX2 '%zmm'
    lacks EdgeKernels "$avx"
    lacks EdgeRuntime "$avx"
    ;;
  *aarch64*)
    dot='[[:space:]][su]dot[[:space:]]'
    for target in EdgeKernels EdgeRuntime EdgeKernelsNEON EdgeKernelsDotProd; do disassemble $target --mattr=+dotprod; done
    keeps EdgeKernelsNEON NEON '[[:space:]]smlal2[[:space:]]'
    keeps EdgeKernelsDotProd DotProd "$dot"
    for target in EdgeKernels EdgeRuntime EdgeKernelsNEON; do lacks $target "$dot"; done
    ;;
  *littlearm*)
    # Only NEON has registers of 128 bits; the baseline has 16 of 64.
    neon='[[:space:]{](q[0-9]+|d(1[6-9]|2[0-9]|3[01]))[],}[[:space:]]'
    for target in EdgeKernels EdgeRuntime EdgeKernelsARMv7 CLinux CHeap; do disassemble $target --mattr=+neon; done
    keeps EdgeKernelsARMv7 ARMv7 "$neon"
    for target in EdgeKernels EdgeRuntime CLinux CHeap; do lacks $target "$neon"; done
    ;;
  *) complain "no objects of a known architecture in $build" ;;
esac
"$(dirname "$0")/hot_loops.py" "$build" || failed=1
[ $failed = 0 ] && echo "check-kernels: every instruction set stays in its object"
exit $failed
