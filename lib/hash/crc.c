// SPDX-License-Identifier: MIT OR Apache-2.0
/* See crc.h. CRC-32C takes four bytes at a time from four tables, which the compiler makes: entry n
 * of table k is what the byte n leaves after k more bytes of zeros. It is the sum of what its bits
 * leave, and those are the polynomial after so many steps. */
#include "crc.h"

#include <string.h>

#define POLYNOMIAL_32C 0x82f63b78u /* reflected */
#define POLYNOMIAL_32  0xedb88320u
#define POLYNOMIAL_16  0xa001u

#define STEP(crc, polynomial) ((crc) >> 1 ^ (((crc) & 1) != 0 ? (polynomial) : 0))

// clang-format off
static constexpr uint32_t c0 = POLYNOMIAL_32C;
static constexpr uint32_t c1 = STEP(c0, POLYNOMIAL_32C);
static constexpr uint32_t c2 = STEP(c1, POLYNOMIAL_32C);
static constexpr uint32_t c3 = STEP(c2, POLYNOMIAL_32C);
static constexpr uint32_t c4 = STEP(c3, POLYNOMIAL_32C);
static constexpr uint32_t c5 = STEP(c4, POLYNOMIAL_32C);
static constexpr uint32_t c6 = STEP(c5, POLYNOMIAL_32C);
static constexpr uint32_t c7 = STEP(c6, POLYNOMIAL_32C);
static constexpr uint32_t c8 = STEP(c7, POLYNOMIAL_32C);
static constexpr uint32_t c9 = STEP(c8, POLYNOMIAL_32C);
static constexpr uint32_t c10 = STEP(c9, POLYNOMIAL_32C);
static constexpr uint32_t c11 = STEP(c10, POLYNOMIAL_32C);
static constexpr uint32_t c12 = STEP(c11, POLYNOMIAL_32C);
static constexpr uint32_t c13 = STEP(c12, POLYNOMIAL_32C);
static constexpr uint32_t c14 = STEP(c13, POLYNOMIAL_32C);
static constexpr uint32_t c15 = STEP(c14, POLYNOMIAL_32C);
static constexpr uint32_t c16 = STEP(c15, POLYNOMIAL_32C);
static constexpr uint32_t c17 = STEP(c16, POLYNOMIAL_32C);
static constexpr uint32_t c18 = STEP(c17, POLYNOMIAL_32C);
static constexpr uint32_t c19 = STEP(c18, POLYNOMIAL_32C);
static constexpr uint32_t c20 = STEP(c19, POLYNOMIAL_32C);
static constexpr uint32_t c21 = STEP(c20, POLYNOMIAL_32C);
static constexpr uint32_t c22 = STEP(c21, POLYNOMIAL_32C);
static constexpr uint32_t c23 = STEP(c22, POLYNOMIAL_32C);
static constexpr uint32_t c24 = STEP(c23, POLYNOMIAL_32C);
static constexpr uint32_t c25 = STEP(c24, POLYNOMIAL_32C);
static constexpr uint32_t c26 = STEP(c25, POLYNOMIAL_32C);
static constexpr uint32_t c27 = STEP(c26, POLYNOMIAL_32C);
static constexpr uint32_t c28 = STEP(c27, POLYNOMIAL_32C);
static constexpr uint32_t c29 = STEP(c28, POLYNOMIAL_32C);
static constexpr uint32_t c30 = STEP(c29, POLYNOMIAL_32C);
static constexpr uint32_t c31 = STEP(c30, POLYNOMIAL_32C);

#define ENTRY(n, a, b, c, d, e, f, g, h) \
	(((n) & 128 ? (a) : 0) ^ ((n) & 64 ? (b) : 0) ^ ((n) & 32 ? (c) : 0) ^ ((n) & 16 ? (d) : 0) ^ \
	 ((n) & 8 ? (e) : 0) ^ ((n) & 4 ? (f) : 0) ^ ((n) & 2 ? (g) : 0) ^ ((n) & 1 ? (h) : 0))
#define FOUR(n, ...)   ENTRY(n, __VA_ARGS__), ENTRY((n) + 1, __VA_ARGS__), \
	ENTRY((n) + 2, __VA_ARGS__), ENTRY((n) + 3, __VA_ARGS__)
#define ROW(n, ...)    FOUR(n, __VA_ARGS__), FOUR((n) + 4, __VA_ARGS__), \
	FOUR((n) + 8, __VA_ARGS__), FOUR((n) + 12, __VA_ARGS__)
#define QUARTER(n, ...) ROW(n, __VA_ARGS__), ROW((n) + 16, __VA_ARGS__), \
	ROW((n) + 32, __VA_ARGS__), ROW((n) + 48, __VA_ARGS__)
#define TABLE(...) {QUARTER(0, __VA_ARGS__), QUARTER(64, __VA_ARGS__), \
	QUARTER(128, __VA_ARGS__), QUARTER(192, __VA_ARGS__)}

static const uint32_t table[4][256] = {
	TABLE(c0, c1, c2, c3, c4, c5, c6, c7),
	TABLE(c8, c9, c10, c11, c12, c13, c14, c15),
	TABLE(c16, c17, c18, c19, c20, c21, c22, c23),
	TABLE(c24, c25, c26, c27, c28, c29, c30, c31),
};
// clang-format on

uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (; size >= sizeof(uint32_t); size -= sizeof(uint32_t), at += sizeof(uint32_t)) {
		uint32_t word;

		memcpy(&word, at, sizeof(word)); /* little-endian */
		crc ^= word;
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	for (; size > 0; size--, at++)
		crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xff];
	return crc;
}

/* Of short tables only: bit by bit. */
uint32_t crc32(uint32_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (; size > 0; size--, at++) {
		crc ^= *at;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = STEP(crc, POLYNOMIAL_32);
	}
	return crc;
}

uint16_t crc16(uint16_t crc, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;
	uint32_t value = crc;

	for (; size > 0; size--, at++) {
		value ^= *at;
		for (unsigned bit = 0; bit < 8; bit++)
			value = STEP(value, POLYNOMIAL_16);
	}
	return (uint16_t)value;
}
