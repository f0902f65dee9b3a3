// BLAKE2b-256 (RFC 7693) and Ed25519 (RFC 8032) by libsodium.
#pragma once
#include <sodium/crypto_generichash.h>
#include <sodium/crypto_sign_ed25519.h>
#include <stddef.h>
#include <stdint.h>

// With a state that Swift can hold by value.
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

/// Not 0 if the 64 bytes at `signature` are the 32-byte key's for `message`.
static inline int ed25519_is_signature(const void *signature, const void *message, size_t count, const void *key) {
  return crypto_sign_ed25519_verify_detached((const unsigned char *)signature, (const unsigned char *)message, count,
                                             (const unsigned char *)key) == 0;
}

/// The public key, 32 bytes, of a seed of 32 bytes, and the 64 bytes that `ed25519_sign` takes.
static inline void ed25519_key_pair(const uint8_t *seed, uint8_t *public_key, uint8_t *secret_key) {
  crypto_sign_ed25519_seed_keypair(public_key, secret_key, seed);
}

/// Writes a signature of 64 bytes.
static inline void ed25519_sign(uint8_t *signature, const void *message, size_t count, const uint8_t *secret_key) {
  crypto_sign_ed25519_detached(signature, NULL, (const unsigned char *)message, count, secret_key);
}
