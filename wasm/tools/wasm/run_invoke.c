// SPDX-License-Identifier: MIT OR Apache-2.0
// Calling one exported function with numbers from the command line.
#include "tools/wasm/run.h"
#include "tools/wasm/tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

constexpr uint32_t VALUES_MOST = 64;

// Integers as signed or unsigned numbers, also hexadecimal.
static bool parse_integer(const char *text, uint32_t bits, uint64_t *value)
{
	char *end;
	errno = 0;
	*value = text[0] == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (*text == 0 || *end != 0 || errno != 0)
		return false;
	int64_t number = (int64_t)*value;
	return bits == 64 || (text[0] == '-' ? number >= INT32_MIN : *value <= UINT32_MAX);
}

static bool parse_value(const char *text, enum wasm_type type, union wasm_value *value)
{
	char *end;
	uint64_t bits;
	float f32;
	double f64;
	switch (type) {
	case WASM_TYPE_I32:
		if (!parse_integer(text, 32, &bits))
			return false;
		value->i32 = (uint32_t)bits;
		return true;
	case WASM_TYPE_I64:
		return parse_integer(text, 64, &value->i64);
	case WASM_TYPE_F32:
		f32 = strtof(text, &end);
		memcpy(&value->i32, &f32, sizeof(f32));
		return *text != 0 && *end == 0;
	case WASM_TYPE_F64:
		f64 = strtod(text, &end);
		memcpy(&value->i64, &f64, sizeof(f64));
		return *text != 0 && *end == 0;
	default:
		return false;
	}
}

static void print_value(enum wasm_type type, union wasm_value value)
{
	float f32;
	double f64;
	memcpy(&f32, &value.i32, sizeof(f32));
	memcpy(&f64, &value.i64, sizeof(f64));
	switch (type) {
	case WASM_TYPE_I32:
		printf("%" PRId32 "\n", (int32_t)value.i32);
		break;
	case WASM_TYPE_I64:
		printf("%" PRId64 "\n", (int64_t)value.i64);
		break;
	case WASM_TYPE_F32:
		printf("%.9g\n", (double)f32);
		break;
	case WASM_TYPE_F64:
		printf("%.17g\n", f64);
		break;
	default:
		printf("(a vector or reference)\n");
	}
}

static bool parse_values(const struct wasm_function_type *type, const char *name, int count,
	char **arguments, union wasm_value *values)
{
	static const char *const names[] = {"?", "i32", "i64", "f32", "f64"};
	if ((uint32_t)count != type->parameter_count) {
		fprintf(stderr, "wasm: --invoke: `%s' takes %u arguments, not %d\n", name,
			type->parameter_count, count);
		return false;
	}
	for (int i = 0; i < count; i++) {
		enum wasm_type t = type->parameters[i];
		int known = t == WASM_TYPE_I32   ? 1
			    : t == WASM_TYPE_I64 ? 2
			    : t == WASM_TYPE_F32 ? 3
			    : t == WASM_TYPE_F64 ? 4
						 : 0;
		if (!parse_value(arguments[i], t, &values[i])) {
			fprintf(stderr, "wasm: --invoke: argument %d, `%s', is no %s\n", i + 1,
				arguments[i],
				known != 0 ? names[known] : "value that can be given here");
			return false;
		}
	}
	return true;
}

int invoke(struct wasm_instance *instance, const char *name, int count, char **arguments,
	struct wasm_trap_info *trap)
{
	union wasm_value values[VALUES_MOST];
	struct wasm_extern found;
	if (wasm_instance_export(instance, name, &found) != WASM_OK ||
		found.kind != WASM_EXTERN_FUNCTION) {
		fprintf(stderr, "wasm: --invoke: the module exports no function `%s'\n", name);
		return TOOL_NOT_RUN;
	}
	struct wasm_function_type type = wasm_function_type_of(found.function);
	if (type.parameter_count > VALUES_MOST || type.result_count > VALUES_MOST) {
		fprintf(stderr, "wasm: --invoke: `%s' has too many parameters or results\n", name);
		return TOOL_NOT_RUN;
	}
	if (!parse_values(&type, name, count, arguments, values))
		return TOOL_USAGE;
	if (wasm_call(found.function, values, trap) != WASM_OK)
		return TOOL_TRAPPED;
	for (uint32_t i = 0; i < type.result_count; i++)
		print_value(type.results[i], values[i]);
	return TOOL_OK;
}
