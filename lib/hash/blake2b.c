// SPDX-License-Identifier: MIT OR Apache-2.0
#include "blake2b.h"

/* Of libsodium's crypto_generichash_blake2b.h. It fails for sizes that do not occur here only. */
int crypto_generichash_blake2b(unsigned char *out, size_t out_size, const unsigned char *in,
	unsigned long long in_size, const unsigned char *key, size_t key_size);

void blake2b_keyed(const void *key, size_t key_size, const void *data, size_t size,
	uint8_t digest[static BLAKE2B_SIZE])
{
	if (crypto_generichash_blake2b(digest, BLAKE2B_SIZE, data, size, key, key_size) != 0)
		__builtin_trap();
}

void blake2b(const void *data, size_t size, uint8_t digest[static BLAKE2B_SIZE])
{
	blake2b_keyed(nullptr, 0, data, size, digest);
}
