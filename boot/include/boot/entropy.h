// SPDX-License-Identifier: MIT OR Apache-2.0
// Random numbers for addresses and for the kernel's seed.
#pragma once

#include <hash/blake2b.h>

struct entropy {
	uint8_t seed[BLAKE2B_SIZE];
	uint64_t bits; // how much of the seed nobody can know
};

// Starts with the processor's generator, if it has one, and the time.
void entropy_begin(struct entropy *entropy);

// The same seed each time, for runs that must repeat.
void entropy_begin_fixed(struct entropy *entropy);

// Mixes in `size` bytes of which `bits` bits are really random.
void entropy_mix(struct entropy *entropy, const void *data, size_t size, uint64_t bits);

// 256 bits that depend on the seed and on `purpose`, and tell nothing about other purposes.
void entropy_derive(const struct entropy *entropy, const char *purpose, uint64_t out[static 4]);
