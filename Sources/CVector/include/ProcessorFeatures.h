#pragma once
#include <stdbool.h>
#include <stdint.h>

// What the processor has and the operating system saves: both must hold before an instruction set is used.

#if defined(__x86_64__)
#include <cpuid.h>

/// The register states that the system saves at a task switch (XCR0), 0 when it doesn't say.
static inline uint64_t ferrite_savedStates(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static inline bool ferrite_hasAVX2(void) {
  unsigned a, b, c, d;
  const uint64_t ymm = 0x6;
  return (ferrite_savedStates() & ymm) == ymm && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

/// AVX-512 F, DQ, BW, VL and VNNI.
static inline bool ferrite_hasAVX512VNNI(void) {
  unsigned a, b, c, d;
  const uint64_t zmm = 0xE6;
  const unsigned base = bit_AVX2 | bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
  return (ferrite_savedStates() & zmm) == zmm && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & base) == base &&
         (c & bit_AVX512VNNI);
}
#endif

#if defined(__aarch64__)
#include <sys/auxv.h>

/// FEAT_DotProd, as the kernel reports it (HWCAP_ASIMDDP).
static inline bool ferrite_hasDotProduct(void) { return getauxval(AT_HWCAP) & 1UL << 20; }
#endif

#if defined(__arm__)
#include <sys/auxv.h>

/// Advanced SIMD, as the kernel reports it (HWCAP_NEON): some 32-bit processors lack it.
static inline bool ferrite_hasNEON(void) { return getauxval(AT_HWCAP) & 1UL << 12; }
#endif
