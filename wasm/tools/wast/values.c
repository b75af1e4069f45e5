// SPDX-License-Identifier: MIT OR Apache-2.0
// Arguments and expected results. An external reference n of a script is n + 1 here: 0 is null.
#include "tools/wast/script.h"
#include "tools/wat/number.h"

static bool parse_reference(const struct node *list, union wasm_value *value, enum wasm_type *type)
{
	uint64_t number = 0;
	const struct node *argument = list->first->next;
	if (node_is_list(list, "ref.null")) {
		value->i64 = 0;
		bool external = node_is(argument, "extern");
		*type = external ? WASM_TYPE_EXTERNREF : WASM_TYPE_FUNCREF;
		return external || node_is(argument, "func");
	}
	if (!node_is_list(list, "ref.extern") || !number_integer(argument, 32, &number))
		return false;
	value->externref = number + 1;
	*type = WASM_TYPE_EXTERNREF;
	return true;
}

static bool parse_value(const struct node *list, union wasm_value *value, enum wasm_type *type)
{
	static const struct {
		const char *keyword;
		enum wasm_type type;
		uint8_t bits;
		bool is_float;
	} kinds[] = {{"i32.const", WASM_TYPE_I32, 32, false},
		{"i64.const", WASM_TYPE_I64, 64, false}, {"f32.const", WASM_TYPE_F32, 32, true},
		{"f64.const", WASM_TYPE_F64, 64, true}};
	*value = (union wasm_value){};
	if (node_is_list(list, "v128.const")) {
		uint8_t bytes[16];
		*type = WASM_TYPE_V128;
		bool ok = number_vector(list->first->next, bytes);
		memcpy(value, bytes, sizeof(bytes));
		return ok && vector_end(list->first->next) == nullptr;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!node_is_list(list, kinds[i].keyword))
			continue;
		*type = kinds[i].type;
		return kinds[i].is_float
			       ? number_float(list->first->next, kinds[i].bits, &value->i64)
			       : number_integer(list->first->next, kinds[i].bits, &value->i64);
	}
	return parse_reference(list, value, type);
}

bool values_parse(const struct node *at, union wasm_value *values, enum wasm_type *types,
	uint32_t *count, enum wasm_status *missing)
{
	*count = 0;
	for (; at != nullptr; at = at->next) {
		if (*count == SCRIPT_VALUES || !parse_value(at, &values[*count], &types[*count])) {
			*missing = WASM_UNSUPPORTED_GC;
			return false;
		}
		++*count;
	}
	return true;
}

static bool is_nan_pattern(const struct node *node)
{
	return node_is(node, "nan:canonical") || node_is(node, "nan:arithmetic");
}

static bool nan_matches(const struct node *pattern, bool single, uint64_t bits)
{
	uint64_t magnitude = bits & (single ? 0x7fffffff : UINT64_C(0x7fffffffffffffff));
	uint64_t canonical = single ? 0x7fc00000 : UINT64_C(0x7ff8000000000000);
	return node_is(pattern, "nan:canonical") ? magnitude == canonical
						 : (magnitude & canonical) == canonical;
}

// Lane by lane: each a number or a pattern of NaNs.
static bool vector_matches(const struct node *node, union wasm_value value)
{
	struct vector_shape shape;
	if (!number_shape(node, &shape))
		return false;
	const struct node *lane = node->next;
	for (uint32_t i = 0; i < shape.lanes; i++, lane = lane->next) {
		uint64_t bits = 0, expected = 0;
		memcpy(&bits, (const uint8_t *)&value + i * shape.bits / 8, shape.bits / 8);
		bool ok = is_nan_pattern(lane) ? nan_matches(lane, shape.bits == 32, bits)
			  : shape.is_float     ? number_float(lane, shape.bits, &expected)
					       : number_integer(lane, shape.bits, &expected);
		if (!ok || (!is_nan_pattern(lane) && bits != expected))
			return false;
	}
	return lane == nullptr;
}

static bool any_matches(const struct node *at, enum wasm_type type, union wasm_value value)
{
	for (; at != nullptr; at = at->next)
		if (value_matches(at, type, value))
			return true;
	return false;
}

static bool is_function(enum wasm_type type)
{
	return wasm_type_code(type) == WASM_TYPE_FUNCREF ||
	       wasm_type_code(type) == WASM_TYPE_DEFINED;
}

bool value_matches(const struct node *pattern, enum wasm_type type, union wasm_value value)
{
	union wasm_value expected;
	enum wasm_type expected_type;
	if (pattern == nullptr || pattern->kind != NODE_LIST || pattern->first == nullptr)
		return false;
	const struct node *argument = pattern->first->next;
	if (node_is_list(pattern, "either"))
		return any_matches(argument, type, value);
	if (node_is_list(pattern, "v128.const"))
		return type == WASM_TYPE_V128 && vector_matches(argument, value);
	if (is_nan_pattern(argument))
		return node_is_list(pattern, type == WASM_TYPE_F32 ? "f32.const" : "f64.const") &&
		       nan_matches(argument, type == WASM_TYPE_F32,
			       type == WASM_TYPE_F32 ? value.f32_bits : value.f64_bits);
	if (node_is_list(pattern, "ref.func"))
		return is_function(type) && value.i64 != 0;
	if (node_is_list(pattern, "ref.extern") && argument == nullptr)
		return wasm_type_code(type) == WASM_TYPE_EXTERNREF && value.i64 != 0;
	if (node_is_list(pattern, "ref.null") && argument == nullptr)
		return value.i64 == 0;
	if (!parse_value(pattern, &expected, &expected_type))
		return false;
	if (wasm_type_is_reference(type) ? is_function(type) != is_function(expected_type)
					 : type != expected_type)
		return false;
	bool narrow = type == WASM_TYPE_I32 || type == WASM_TYPE_F32;
	return narrow ? expected.i32 == value.i32 : expected.i64 == value.i64;
}
