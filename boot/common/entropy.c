// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot/entropy.h"

#include "boot/cpu.h"

#include <string.h>

enum { RANDOM_TRIES = 32 };

static bool try_random(uint64_t *value)
{
	for (int i = 0; i < RANDOM_TRIES; i++) {
		if (cpu_random(value))
			return true;
	}
	return false;
}

void entropy_begin_fixed(struct entropy *entropy)
{
	*entropy = (struct entropy){};
}

void entropy_begin(struct entropy *entropy)
{
	entropy_begin_fixed(entropy);
	uint64_t time = cpu_time_stamp();
	entropy_mix(entropy, &time, sizeof time, 0);
	if (!cpu_has_random())
		return;
	for (int i = 0; i < 4; i++) {
		uint64_t value;
		if (try_random(&value))
			entropy_mix(entropy, &value, sizeof value, 64);
	}
}

void entropy_mix(struct entropy *entropy, const void *data, size_t size, uint64_t bits)
{
	uint8_t key[BLAKE2B_SIZE];
	memcpy(key, entropy->seed, sizeof key);
	blake2b_keyed(key, sizeof key, data, size, entropy->seed);
	entropy->bits = entropy->bits + bits < 256 ? entropy->bits + bits : 256;
}

void entropy_derive(const struct entropy *entropy, const char *purpose, uint64_t out[static 4])
{
	uint8_t digest[BLAKE2B_SIZE];
	blake2b_keyed(entropy->seed, sizeof entropy->seed, purpose, strlen(purpose), digest);
	memcpy(out, digest, sizeof digest);
}
