// SPDX-License-Identifier: MIT OR Apache-2.0
#include "ed25519.h"

/* Of libsodium's crypto_sign_ed25519.h. 0: it is right. */
int crypto_sign_ed25519_verify_detached(const unsigned char *signature, const unsigned char *data,
	unsigned long long size, const unsigned char *key);

bool ed25519_is_signed(const uint8_t key[static ED25519_KEY_SIZE],
	const uint8_t signature[static ED25519_SIGNATURE_SIZE], const void *data, size_t size)
{
	return crypto_sign_ed25519_verify_detached(signature, data, size, key) == 0;
}
