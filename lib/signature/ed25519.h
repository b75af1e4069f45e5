// SPDX-License-Identifier: MIT OR Apache-2.0
// Signatures after RFC 8032 (Ed25519, no prehash), by libsodium, which is stricter: keys and points
// of small order and numbers that are not reduced are refused. Tests: tests/host/lib/ed25519_test.c
#pragma once

#include <stddef.h>
#include <stdint.h>

#define ED25519_KEY_SIZE       32
#define ED25519_SIGNATURE_SIZE 64

// True: whoever has the private half of `key` signed exactly these bytes.
[[nodiscard]] bool ed25519_is_signed(const uint8_t key[static ED25519_KEY_SIZE],
	const uint8_t signature[static ED25519_SIGNATURE_SIZE], const void *data, size_t size);
