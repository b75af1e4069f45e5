// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/wat/number.h"

#include "tools/wat/float.h"

#include <string.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char lower = (char)(c | 0x20);
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 99;
}

bool number_unsigned(const char *text, size_t size, uint64_t most, uint64_t *value)
{
	uint64_t base = 10, result = 0;
	if (size > 2 && text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
		size -= 2;
	}
	bool digit_before = false;
	for (size_t i = 0; i < size; i++) {
		uint64_t digit = (uint64_t)digit_value(text[i]);
		if (text[i] == '_' && digit_before) {
			digit_before = false;
			continue;
		}
		if (digit >= base || result > (most - digit) / base || digit > most)
			return false;
		result = result * base + digit;
		digit_before = true;
	}
	*value = result;
	return digit_before;
}

bool number_integer(const struct node *node, uint32_t bits, uint64_t *value)
{
	if (node == nullptr || node->kind != NODE_ATOM)
		return false;
	bool sign = node->text[0] == '-' || node->text[0] == '+';
	bool negative = node->text[0] == '-';
	uint64_t all = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	uint64_t most = negative ? UINT64_C(1) << (bits - 1) : all;
	if (!number_unsigned(node->text + sign, node->size - sign, most, value))
		return false;
	if (negative)
		*value = (0 - *value) & all;
	return true;
}

// --- floats ----------------------------------------------------------------------------------

// Digits with single underscores between them, at least one; moves `*at`.
static bool match_digits(const char *text, size_t size, size_t *at, int base)
{
	bool digit = false;
	for (; *at < size; ++*at) {
		if (text[*at] == '_' && digit && *at + 1 < size &&
			digit_value(text[*at + 1]) < base)
			continue;
		if (digit_value(text[*at]) >= base)
			break;
		digit = true;
	}
	return digit;
}

static bool match_float(const char *text, size_t size)
{
	size_t at = 0;
	bool hex = size > 2 && text[0] == '0' && text[1] == 'x';
	at = hex ? 2 : 0;
	if (!match_digits(text, size, &at, hex ? 16 : 10))
		return false;
	if (at < size && text[at] == '.') {
		at++;
		if (at < size && digit_value(text[at]) < (hex ? 16 : 10) &&
			!match_digits(text, size, &at, hex ? 16 : 10))
			return false;
	}
	if (at < size && (text[at] | 0x20) == (hex ? 'p' : 'e')) {
		at++;
		at += at < size && (text[at] == '+' || text[at] == '-');
		if (!match_digits(text, size, &at, 10))
			return false;
	}
	return at == size;
}

static bool convert_float(const char *text, size_t size, uint32_t bits, uint64_t *value)
{
	return match_float(text, size) && float_from_text(text, size, bits, value);
}

static bool convert_nan(const char *text, size_t size, uint32_t bits, uint64_t *value)
{
	uint32_t mantissa = bits == 32 ? 23 : 52;
	uint64_t infinity = bits == 32 ? 0x7f800000 : UINT64_C(0x7ff0000000000000);
	uint64_t payload = UINT64_C(1) << (mantissa - 1);
	if (size > 3 && (size < 7 || memcmp(text, "nan:0x", 6) != 0 ||
				!number_unsigned(text + 4, size - 4, (UINT64_C(1) << mantissa) - 1,
					&payload)))
		return false;
	*value = infinity | payload;
	return payload != 0;
}

static bool convert_magnitude(const char *text, size_t size, uint32_t bits, uint64_t *value)
{
	if (size >= 3 && memcmp(text, "nan", 3) == 0)
		return convert_nan(text, size, bits, value);
	if (size == 3 && memcmp(text, "inf", 3) == 0) {
		*value = bits == 32 ? 0x7f800000 : UINT64_C(0x7ff0000000000000);
		return true;
	}
	return convert_float(text, size, bits, value);
}

bool number_float(const struct node *node, uint32_t bits, uint64_t *value)
{
	if (node == nullptr || node->kind != NODE_ATOM)
		return false;
	bool sign = node->text[0] == '-' || node->text[0] == '+';
	if (!convert_magnitude(node->text + sign, node->size - sign, bits, value))
		return false;
	if (node->text[0] == '-')
		*value |= UINT64_C(1) << (bits - 1);
	return true;
}

// --- vectors ---------------------------------------------------------------------------------

bool number_shape(const struct node *node, struct vector_shape *shape)
{
	static const struct {
		const char *name;
		struct vector_shape shape;
	} shapes[] = {{"i8x16", {16, 8, false}}, {"i16x8", {8, 16, false}},
		{"i32x4", {4, 32, false}}, {"i64x2", {2, 64, false}}, {"f32x4", {4, 32, true}},
		{"f64x2", {2, 64, true}}};
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (node_is(node, shapes[i].name)) {
			*shape = shapes[i].shape;
			return true;
		}
	return false;
}

bool number_vector(const struct node *node, uint8_t bytes[16])
{
	struct vector_shape shape;
	if (!number_shape(node, &shape))
		return false;
	const struct node *lane = node->next;
	for (uint32_t i = 0; i < shape.lanes; i++, lane = lane->next) {
		uint64_t value = 0;
		if (!(shape.is_float ? number_float(lane, shape.bits, &value)
				     : number_integer(lane, shape.bits, &value)))
			return false;
		memcpy(bytes + i * shape.bits / 8, &value, shape.bits / 8);
	}
	return true;
}

struct node *vector_end(const struct node *node)
{
	struct vector_shape shape;
	if (!number_shape(node, &shape))
		return nullptr;
	struct node *at = node->next;
	for (uint32_t i = 0; i < shape.lanes && at != nullptr; i++)
		at = at->next;
	return at;
}
