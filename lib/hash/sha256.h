// SPDX-License-Identifier: MIT OR Apache-2.0
// SHA-256 after FIPS 180-4, in one pass or in pieces. For the loaders, services, the WASM engine
// and commands alike: it needs nothing but memcpy. Tests: tests/host/lib/sha256_test.c
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length; // bytes so far
	uint8_t block[64];
};

// A digest of what is added in pieces, in order. Nothing is allocated.
void sha256_begin(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *data, size_t size);
void sha256_end(struct sha256 *hash, uint8_t digest[static SHA256_SIZE]);

// The digest of one piece of memory.
void sha256(const void *data, size_t size, uint8_t digest[static SHA256_SIZE]);
