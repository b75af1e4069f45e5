// SPDX-License-Identifier: MIT OR Apache-2.0
// BLAKE2b after RFC 7693, with digests of 256 bits: what the bundle is verified with, as it costs a
// quarter of SHA-256's instructions. By libsodium. For loaders and services. Tests:
// tests/host/lib/blake2b_test.c
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BLAKE2B_SIZE     32
#define BLAKE2B_KEY_MOST 64

// The digest of one piece of memory.
void blake2b(const void *data, size_t size, uint8_t digest[static BLAKE2B_SIZE]);

// The same under a key of 1 to 64 bytes: who does not know it cannot tell the digest from random
// bytes.
void blake2b_keyed(const void *key, size_t key_size, const void *data, size_t size,
	uint8_t digest[static BLAKE2B_SIZE]);
