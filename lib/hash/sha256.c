// SPDX-License-Identifier: MIT OR Apache-2.0
// FIPS 180-4: functions of section 4.1.2, constants of 4.2.2, the computation of 6.2.2.
#include "sha256.h"

#include <string.h>

static const uint32_t round_constants[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
	0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
	0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3,
	0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static const uint32_t initial_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static inline uint32_t rotate(uint32_t x, unsigned count)
{
	return x >> count | x << (32 - count);
}

static inline uint32_t big_endian(const uint8_t *bytes)
{
	uint32_t word;
	memcpy(&word, bytes, sizeof word);
	return __builtin_bswap32(word);
}

// The functions of section 4.1.2 with their rotations nested: fewer instructions, the same result.
static inline uint32_t big_sigma0(uint32_t x)
{
	return rotate(rotate(rotate(x, 9) ^ x, 11) ^ x, 2);
}

static inline uint32_t big_sigma1(uint32_t x)
{
	return rotate(rotate(rotate(x, 14) ^ x, 5) ^ x, 6);
}

static inline uint32_t small_sigma0(uint32_t x)
{
	return rotate(rotate(x, 11) ^ x, 7) ^ x >> 3;
}

static inline uint32_t small_sigma1(uint32_t x)
{
	return rotate(rotate(x, 2) ^ x, 17) ^ x >> 10;
}

static inline uint32_t schedule_word(const uint32_t *w, unsigned i)
{
	return w[i & 15] + small_sigma0(w[(i + 1) & 15]) + w[(i + 9) & 15] +
	       small_sigma1(w[(i + 14) & 15]);
}

// One round. The variables move on by one place, which is done by renaming them: s[0] is `a` in
// round 0, s[7] in round 1 and so on. `b_xor_c` holds b ^ c, and then the next round's.
static inline void one_round(uint32_t *s, uint32_t *b_xor_c, unsigned round, uint32_t word)
{
#define S(i) s[((i) - round) & 7]
	uint32_t choose = S(6) ^ (S(4) & (S(5) ^ S(6)));
	uint32_t t1 = S(7) + big_sigma1(S(4)) + choose + round_constants[round] + word;
	uint32_t a_xor_b = S(0) ^ S(1);
	uint32_t majority = S(1) ^ (a_xor_b & *b_xor_c);
	S(3) += t1;
	S(7) = t1 + big_sigma0(S(0)) + majority;
	*b_xor_c = a_xor_b;
#undef S
}

static void compress(uint32_t state[8], const uint8_t *block)
{
	uint32_t w[16];
	uint32_t s[8];
	memcpy(s, state, sizeof s);
	uint32_t b_xor_c = s[1] ^ s[2];
#pragma clang loop unroll(full)
	for (unsigned i = 0; i < 16; i++) {
		w[i] = big_endian(block + 4 * i);
		one_round(s, &b_xor_c, i, w[i]);
	}
#pragma clang loop unroll(full)
	for (unsigned i = 16; i < 64; i++) {
		w[i & 15] = schedule_word(w, i);
		one_round(s, &b_xor_c, i, w[i & 15]);
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void sha256_begin(struct sha256 *hash)
{
	memcpy(hash->state, initial_state, sizeof hash->state);
	hash->length = 0;
}

void sha256_add(struct sha256 *hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t filled = hash->length % 64;
	hash->length += size;
	if (filled + size < 64) {
		memcpy(hash->block + filled, bytes, size);
		return;
	}
	if (filled > 0) {
		memcpy(hash->block + filled, bytes, 64 - filled);
		compress(hash->state, hash->block);
		bytes += 64 - filled;
		size -= 64 - filled;
	}
	for (; size >= 64; bytes += 64, size -= 64)
		compress(hash->state, bytes);
	memcpy(hash->block, bytes, size);
}

// Padding of section 5.1.1: a one bit, zeros, and the length in bits.
void sha256_end(struct sha256 *hash, uint8_t digest[static SHA256_SIZE])
{
	static const uint8_t padding[64] = {0x80};
	uint64_t bits = __builtin_bswap64(hash->length * 8);
	size_t filled = hash->length % 64;
	sha256_add(hash, padding, filled < 56 ? 56 - filled : 120 - filled);
	sha256_add(hash, &bits, sizeof bits);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t word = __builtin_bswap32(hash->state[i]);
		memcpy(digest + 4 * i, &word, sizeof word);
	}
}

void sha256(const void *data, size_t size, uint8_t digest[static SHA256_SIZE])
{
	struct sha256 hash;
	sha256_begin(&hash);
	sha256_add(&hash, data, size);
	sha256_end(&hash, digest);
}
