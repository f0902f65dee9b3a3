// The two entries of libFuzzer (compiler-rt, lib/fuzzer/FuzzerInterface.h) that a program with a `main` of its own needs.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with a program's arguments; `test` says 0, or -1 for an input that isn't worth keeping.
int LLVMFuzzerRunDriver(int *argument_count, char ***arguments, int (*test)(const uint8_t *bytes, size_t count));

/// Changes `count` bytes in place by libFuzzer's own mutations; returns how many they are now, at most `capacity`.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t capacity);
