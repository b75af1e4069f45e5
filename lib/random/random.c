// SPDX-License-Identifier: MIT OR Apache-2.0
/* Random numbers: the ChaCha20 block function (RFC 8439, section 2.3) keyed with what the system
 * gave at the start. Half of each block becomes the next key, so numbers that were handed out
 * cannot be found again from the state. */
#include <craton/random.h>

#define BLOCK_WORDS 16u
#define KEY_WORDS   8u
#define BLOCK_BYTES (BLOCK_WORDS * 4)
#define KEY_BYTES   (KEY_WORDS * 4)

static uint32_t key[KEY_WORDS];

static uint32_t rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate(*d ^ *a, 16);
	*c += *d;
	*b = rotate(*b ^ *c, 12);
	*a += *b;
	*d = rotate(*d ^ *a, 8);
	*c += *d;
	*b = rotate(*b ^ *c, 7);
}

static void double_round(uint32_t s[BLOCK_WORDS])
{
	for (unsigned i = 0; i < 4; i++)
		quarter_round(&s[i], &s[4 + i], &s[8 + i], &s[12 + i]);
	for (unsigned i = 0; i < 4; i++)
		quarter_round(
			&s[i], &s[4 + (i + 1) % 4], &s[8 + (i + 2) % 4], &s[12 + (i + 3) % 4]);
}

static void next_block(uint32_t block[BLOCK_WORDS])
{
	uint32_t state[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(state + 4, key, sizeof(key));
	memcpy(block, state, sizeof(state));
	for (unsigned i = 0; i < 10; i++)
		double_round(block);
	for (unsigned i = 0; i < BLOCK_WORDS; i++)
		block[i] += state[i];
	memcpy(key, block, sizeof(key));
}

static uint64_t time_stamp(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

void random_init(const struct process_start *start)
{
	uint32_t block[BLOCK_WORDS];
	uint64_t stamp = time_stamp();

	memcpy(key, start->entropy, sizeof(key));
	key[0] ^= (uint32_t)stamp;
	key[1] ^= (uint32_t)(stamp >> 32);
	next_block(block);
}

void random_fill(void *bytes, size_t size)
{
	uint8_t *to = bytes;
	uint32_t block[BLOCK_WORDS];

	while (size > 0) {
		size_t part = size < BLOCK_BYTES - KEY_BYTES ? size : BLOCK_BYTES - KEY_BYTES;

		next_block(block);
		memcpy(to, block + KEY_WORDS, part);
		to += part;
		size -= part;
	}
	memset(block, 0, sizeof(block));
}

uint64_t random_number(void)
{
	uint64_t number;

	random_fill(&number, sizeof(number));
	return number;
}
