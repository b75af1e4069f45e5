// SPDX-License-Identifier: MIT OR Apache-2.0
/* Instead of libsodium's: what its files that are built call. */
#pragma once

#include <stddef.h>

/* The bytes are forgotten although nobody reads them afterwards. */
void sodium_memzero(void *bytes, size_t size);

/* 0: alike; -1. In a time that does not depend on the bytes. */
int sodium_memcmp(const void *left, const void *right, size_t size);

/* 1: all bytes are 0; 0. In a time that does not depend on the bytes. */
int sodium_is_zero(const unsigned char *bytes, size_t size);
