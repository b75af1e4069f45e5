// SPDX-License-Identifier: MIT OR Apache-2.0
/* See name_hash.h: half of MD4 (RFC 1320, three rounds of eight steps), TEA (Wheeler and Needham)
 * and the oldest one, over the name in pieces that are filled with its length. */
#include "name_hash.h"

#include "format.h"

#define MD4_WORDS  8u
#define TEA_WORDS  4u
#define TEA_DELTA  0x9e3779b9u
#define TEA_ROUNDS 16u
#define MD4_K2     0x5a827999u
#define MD4_K3     0x6ed9eba1u
#define LAST_HASH  0xfffffffeu /* means the end elsewhere */

/* A name, its bytes signed or not as they were where the volume was made. */
struct text {
	const char *bytes;
	size_t size;
	bool is_unsigned;
};

static uint32_t byte_of(const struct text *text, size_t at)
{
	return text->is_unsigned ? (uint32_t)(uint8_t)text->bytes[at]
				 : (uint32_t)(int32_t)(signed char)text->bytes[at];
}

/* The next words, filled up with the size of what is left. */
static void take_words(const struct text *text, uint32_t *words, uint32_t count)
{
	uint32_t fill = (uint32_t)text->size | (uint32_t)text->size << 8;
	size_t at = 0;

	fill |= fill << 16;
	for (uint32_t i = 0; i < count; i++) {
		words[i] = fill;
		for (uint32_t byte = 0; byte < 4 && at < text->size; byte++, at++)
			words[i] = byte_of(text, at) + (words[i] << 8);
	}
}

static void advance(struct text *text, size_t size)
{
	size = size < text->size ? size : text->size;
	text->bytes += size;
	text->size -= size;
}

/* --- MD4 ---------------------------------------------------------------------------------------
 */

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
	return z ^ (x & (y ^ z));
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) + ((x ^ y) & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
	return x ^ y ^ z;
}

static uint32_t rotate(uint32_t value, uint32_t by)
{
	return value << by | value >> (32 - by);
}

struct md4_round {
	uint32_t (*mix)(uint32_t x, uint32_t y, uint32_t z);
	uint32_t constant;
	uint8_t shifts[4];
	uint8_t words[MD4_WORDS];
};

static void mix_md4(uint32_t state[4], const uint32_t words[MD4_WORDS])
{
	static const struct md4_round rounds[] = {
		{choose, 0, {3, 7, 11, 19}, {0, 1, 2, 3, 4, 5, 6, 7}},
		{majority, MD4_K2, {3, 5, 9, 13}, {1, 3, 5, 7, 0, 2, 4, 6}},
		{parity, MD4_K3, {3, 9, 11, 15}, {3, 7, 2, 6, 1, 5, 0, 4}},
	};
	uint32_t s[4] = {state[0], state[1], state[2], state[3]};

	for (uint32_t r = 0; r < sizeof(rounds) / sizeof(rounds[0]); r++) {
		for (uint32_t i = 0; i < MD4_WORDS; i++) {
			uint32_t at = (4 - i % 4) % 4; /* a, d, c, b */
			uint32_t mixed =
				rounds[r].mix(s[(at + 1) % 4], s[(at + 2) % 4], s[(at + 3) % 4]);

			s[at] = rotate(
				s[at] + mixed + words[rounds[r].words[i]] + rounds[r].constant,
				rounds[r].shifts[i % 4]);
		}
	}
	for (uint32_t i = 0; i < 4; i++)
		state[i] += s[i];
}

static uint32_t hash_md4(struct text text, uint32_t state[4])
{
	uint32_t words[MD4_WORDS];

	while (text.size > 0) {
		take_words(&text, words, MD4_WORDS);
		mix_md4(state, words);
		advance(&text, sizeof(words));
	}
	return state[1];
}

/* --- TEA ---------------------------------------------------------------------------------------
 */

static void mix_tea(uint32_t state[4], const uint32_t key[TEA_WORDS])
{
	uint32_t x = state[0];
	uint32_t y = state[1];
	uint32_t sum = 0;

	for (uint32_t i = 0; i < TEA_ROUNDS; i++) {
		sum += TEA_DELTA;
		x += ((y << 4) + key[0]) ^ (y + sum) ^ ((y >> 5) + key[1]);
		y += ((x << 4) + key[2]) ^ (x + sum) ^ ((x >> 5) + key[3]);
	}
	state[0] += x;
	state[1] += y;
}

static uint32_t hash_tea(struct text text, uint32_t state[4])
{
	uint32_t words[TEA_WORDS];

	while (text.size > 0) {
		take_words(&text, words, TEA_WORDS);
		mix_tea(state, words);
		advance(&text, sizeof(words));
	}
	return state[0];
}

/* --- the oldest --------------------------------------------------------------------------------
 */

static uint32_t hash_legacy(const struct text *text)
{
	uint32_t last = 0x12a3fe2d;
	uint32_t before = 0x37abe8f9;

	for (size_t at = 0; at < text->size; at++) {
		uint32_t hash = before + (last ^ byte_of(text, at) * 7152373u);

		if ((hash & 0x80000000u) != 0)
			hash -= 0x7fffffffu;
		before = last;
		last = hash;
	}
	return last << 1;
}

bool name_hash(uint8_t version, const uint32_t seed[4], struct name name, uint32_t *hash)
{
	uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
	struct text text = {name.text, name.size, version >= HASH_LEGACY_UNSIGNED};

	if ((seed[0] | seed[1] | seed[2] | seed[3]) != 0)
		memcpy(state, seed, sizeof(state));
	switch (version) {
	case HASH_LEGACY:
	case HASH_LEGACY_UNSIGNED:
		*hash = hash_legacy(&text);
		break;
	case HASH_HALF_MD4:
	case HASH_HALF_MD4_UNSIGNED:
		*hash = hash_md4(text, state);
		break;
	case HASH_TEA:
	case HASH_TEA_UNSIGNED:
		*hash = hash_tea(text, state);
		break;
	default:
		return false;
	}
	*hash &= ~1u;
	if (*hash == LAST_HASH)
		*hash -= 2;
	return true;
}
