// SPDX-License-Identifier: MIT OR Apache-2.0
#include "decode/reader.h"

#include <string.h>

void reader_fail(struct reader *reader, enum wasm_status status)
{
	if (reader->status == WASM_OK)
		reader->status = status;
	reader->end = reader->position;
}

uint8_t reader_u8(struct reader *reader)
{
	if (reader->position == reader->end) {
		reader_fail(reader, WASM_MALFORMED_END);
		return 0;
	}
	return *reader->position++;
}

const uint8_t *reader_bytes(struct reader *reader, size_t size)
{
	if (reader_left(reader) < size) {
		reader_fail(reader, WASM_MALFORMED_END);
		return nullptr;
	}
	const uint8_t *bytes = reader->position;
	reader->position += size;
	return bytes;
}

uint32_t reader_u32_fixed(struct reader *reader)
{
	uint32_t value = 0;
	const uint8_t *bytes = reader_bytes(reader, sizeof(value));
	if (bytes != nullptr)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

uint64_t reader_u64_fixed(struct reader *reader)
{
	uint64_t value = 0;
	const uint8_t *bytes = reader_bytes(reader, sizeof(value));
	if (bytes != nullptr)
		memcpy(&value, bytes, sizeof(value));
	return value;
}

uint64_t reader_leb_unsigned(struct reader *reader, uint32_t bits)
{
	uint64_t value = 0;
	for (uint32_t shift = 0; shift < bits; shift += 7) {
		uint8_t byte = reader_u8(reader);
		uint32_t room = bits - shift;
		if (room < 7 && (byte & 0x7f) >> room != 0)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	reader_fail(reader, WASM_MALFORMED_LEB);
	return 0;
}

// In the last byte, the bits above the value's top bit must repeat it.
static bool leb_last_is_signed(uint8_t byte, uint32_t room)
{
	uint32_t sign_and_above = (uint32_t)(byte & 0x7f) >> (room - 1);
	return sign_and_above == 0 || sign_and_above == 0x7fu >> (room - 1);
}

int64_t reader_leb_signed(struct reader *reader, uint32_t bits)
{
	uint64_t value = 0;
	for (uint32_t shift = 0; shift < bits; shift += 7) {
		uint8_t byte = reader_u8(reader);
		uint32_t room = bits - shift;
		if (room < 7 && !leb_last_is_signed(byte, room))
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) != 0)
			continue;
		if (shift + 7 < 64 && (byte & 0x40) != 0)
			value |= UINT64_MAX << (shift + 7);
		return (int64_t)value;
	}
	reader_fail(reader, WASM_MALFORMED_LEB);
	return 0;
}

uint32_t reader_count(struct reader *reader, uint32_t limit)
{
	uint32_t count = reader_u32(reader);
	if (count > reader_left(reader)) {
		reader_fail(reader, WASM_MALFORMED_END);
		return 0;
	}
	if (count > limit) {
		reader_fail(reader, WASM_LIMIT_COUNT);
		return 0;
	}
	return count;
}

struct reader_name reader_name(struct reader *reader)
{
	uint32_t size = reader_u32(reader);
	const uint8_t *bytes = reader_bytes(reader, size);
	if (bytes == nullptr)
		return (struct reader_name){};
	if (!utf8_is_valid(bytes, size)) {
		reader_fail(reader, WASM_MALFORMED_UTF8);
		return (struct reader_name){};
	}
	return (struct reader_name){bytes, size};
}

// Bytes in the sequence that `lead` starts, 0 when it starts none.
static size_t utf8_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

// Rejects overlong forms, surrogates and what lies above U+10FFFF by the second byte's range.
static bool utf8_second_is_valid(uint8_t lead, uint8_t second)
{
	uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
	uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
	return second >= low && second <= high;
}

bool utf8_is_valid(const uint8_t *bytes, size_t size)
{
	size_t i = 0;
	while (i < size) {
		size_t length = utf8_length(bytes[i]);
		if (length == 0 || length > size - i)
			return false;
		if (length > 1 && !utf8_second_is_valid(bytes[i], bytes[i + 1]))
			return false;
		for (size_t k = 2; k < length; k++)
			if ((bytes[i + k] & 0xc0) != 0x80)
				return false;
		i += length;
	}
	return true;
}
