// Of libsodium the library has the digest and what verifies signatures. The objects in which they are call some small functions of other
// ones, which hold guarded heap memory, random numbers and the choice of ciphers as well. Defined here, those functions let the linker leave
// the rest out: 90 KB, and every call of malloc (scripts/build-library.sh). Programs that are linked with the whole of libsodium have its own.
#ifdef FERRITE_ALONE
#define _GNU_SOURCE
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Called for arguments that nothing here gives, and by functions that make keys.
void sodium_misuse(void) { abort(); }

void randombytes_buf(void *place, size_t bytes) {
  (void)place;
  (void)bytes;
  abort();
}

void sodium_memzero(void *place, size_t bytes) { explicit_bzero(place, bytes); }

// 0 for equal bytes, else -1. The time tells nothing about them.
int sodium_memcmp(const void *one, const void *other, size_t bytes) {
  const volatile unsigned char *left = one, *right = other;
  unsigned char difference = 0;
  for (size_t index = 0; index < bytes; index++) difference |= left[index] ^ right[index];
  return difference == 0 ? 0 : -1;
}

// 1 for zeros, else 0.
int sodium_is_zero(const unsigned char *place, const size_t bytes) {
  const volatile unsigned char *values = place;
  unsigned char all = 0;
  for (size_t index = 0; index < bytes; index++) all |= values[index];
  return all == 0;
}

#ifdef __x86_64__
// By these libsodium would choose another implementation of the digest, if it were asked to; this library's is the same on every machine.
int sodium_runtime_has_avx2(void) { return 0; }
int sodium_runtime_has_sse41(void) { return 0; }
int sodium_runtime_has_ssse3(void) { return 0; }
#endif

// The Swift standard library's hash tables would take their seed from here. There are none; and a C library before glibc 2.36 lacks it.
void arc4random_buf(void *place, size_t bytes) {
  (void)place;
  (void)bytes;
  abort();
}

#endif
