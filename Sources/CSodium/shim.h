// BLAKE2b-256 (RFC 7693) by libsodium, with a state that Swift can hold by value.
#pragma once
#include <sodium/crypto_generichash.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  // As large and as aligned as crypto_generichash_state, which Swift sees as opaque.
  uint64_t words[64];
} blake2b_state;

_Static_assert(sizeof(crypto_generichash_state) + 64 <= sizeof(blake2b_state), "room for the state and its alignment");

static inline crypto_generichash_state *blake2b_aligned(blake2b_state *state) {
  return (crypto_generichash_state *)(((uintptr_t)state->words + 63) & ~(uintptr_t)63);
}

/// The state may not move between `blake2b_begin` and `blake2b_end`.
static inline void blake2b_begin(blake2b_state *state) { crypto_generichash_init(blake2b_aligned(state), NULL, 0, 32); }

static inline void blake2b_update(blake2b_state *state, const void *bytes, size_t count) {
  crypto_generichash_update(blake2b_aligned(state), (const unsigned char *)bytes, count);
}

static inline void blake2b_end(blake2b_state *state, uint8_t *digest) {
  crypto_generichash_final(blake2b_aligned(state), digest, 32);
}
