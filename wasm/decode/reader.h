// SPDX-License-Identifier: MIT OR Apache-2.0
// A cursor over bytes that never reads past its end. The first error sticks in `status`; from then
// on every read gives 0, so that callers may check once after several reads.
#ifndef WASM_DECODE_READER_H
#define WASM_DECODE_READER_H

#include "wasm/status.h"

#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *position;
	const uint8_t *end;
	enum wasm_status status;
};

static inline size_t reader_left(const struct reader *reader)
{
	return (size_t)(reader->end - reader->position);
}

// Records `status` unless an earlier error is there, and moves to the end.
void reader_fail(struct reader *reader, enum wasm_status status);

uint8_t reader_u8(struct reader *reader);
uint32_t reader_u32_fixed(struct reader *reader); // 4 bytes, little endian
uint64_t reader_u64_fixed(struct reader *reader);

// LEB128 (core spec 5.2.2), the slow general forms.
uint64_t reader_leb_unsigned(struct reader *reader, uint32_t bits);
int64_t reader_leb_signed(struct reader *reader, uint32_t bits);

static inline uint32_t reader_u32(struct reader *reader)
{
	if (reader->position < reader->end && *reader->position < 0x80)
		return *reader->position++;
	return (uint32_t)reader_leb_unsigned(reader, 32);
}

static inline uint64_t reader_u64(struct reader *reader)
{
	if (reader->position < reader->end && *reader->position < 0x80)
		return *reader->position++;
	return reader_leb_unsigned(reader, 64);
}

// `size` bytes as they are, or null.
const uint8_t *reader_bytes(struct reader *reader, size_t size);

// A count of items that take at least one byte each: fails when it cannot fit in what is left.
uint32_t reader_count(struct reader *reader, uint32_t limit);

// A name: length-prefixed valid UTF-8 (5.2.4).
struct reader_name {
	const uint8_t *bytes;
	uint32_t size;
};
struct reader_name reader_name(struct reader *reader);

bool utf8_is_valid(const uint8_t *bytes, size_t size);

#endif
