// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/wast/script.h"

static enum wasm_trap print_nothing(struct wasm_instance *, void *, union wasm_value *)
{
	return WASM_TRAP_NONE;
}

static const struct wasm_host_function functions[] = {
	WASM_HOST_FUNCTION("spectest", "print", ":", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_i32", "i:", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_i64", "I:", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_f32", "f:", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_f64", "F:", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_i32_f32", "if:", print_nothing),
	WASM_HOST_FUNCTION("spectest", "print_f64_f64", "FF:", print_nothing),
};

static const struct {
	const char *name;
	enum wasm_type type;
	uint64_t bits;
} globals[] = {
	{"global_i32", WASM_TYPE_I32, 666},
	{"global_i64", WASM_TYPE_I64, 666},
	{"global_f32", WASM_TYPE_F32, 0x4426a666},
	{"global_f64", WASM_TYPE_F64, 0x4084d4cccccccccd},
};

enum wasm_status spectest_create(struct script *s)
{
	enum wasm_status status = wasm_memory_create(s->store, 1, 2, &s->spectest_memory);
	if (status == WASM_OK)
		status = wasm_shared_memory_create(s->platform, 1, 2, &s->spectest_shared_memory);
	static const struct wasm_table_type types[] = {
		{WASM_TYPE_FUNCREF, false, 10, 20}, {WASM_TYPE_FUNCREF, true, 10, 20}};
	for (uint32_t i = 0; i < 2 && status == WASM_OK; i++)
		status = wasm_table_create(s->store, &types[i], &s->spectest_tables[i]);
	for (uint32_t i = 0; i < 4 && status == WASM_OK; i++)
		status = wasm_global_create(s->store, globals[i].type, false,
			(union wasm_value){.i64 = globals[i].bits}, &s->spectest_globals[i]);
	return status;
}

static bool is_name(const struct wasm_import_name *import, const char *name)
{
	return import->name_size == strlen(name) &&
	       memcmp(import->name, name, import->name_size) == 0;
}

bool spectest_resolve(
	struct script *s, const struct wasm_import_name *import, struct wasm_extern *found)
{
	struct wasm_host_module module = {functions, sizeof(functions) / sizeof(functions[0]), s};
	struct wasm_host_modules modules = {&module, 1};
	*found = (struct wasm_extern){};
	if (import->module_size != 8 || memcmp(import->module, "spectest", 8) != 0)
		return false;
	if (is_name(import, "memory")) {
		found->kind = WASM_EXTERN_MEMORY;
		found->memory = s->spectest_memory;
		return true;
	}
	if (is_name(import, "shared_memory")) {
		found->kind = WASM_EXTERN_MEMORY;
		found->memory = s->spectest_shared_memory;
		return true;
	}
	if (is_name(import, "table") || is_name(import, "table64")) {
		found->kind = WASM_EXTERN_TABLE;
		found->table = s->spectest_tables[is_name(import, "table64")];
		return true;
	}
	for (uint32_t i = 0; i < 4; i++)
		if (is_name(import, globals[i].name)) {
			found->kind = WASM_EXTERN_GLOBAL;
			found->global = s->spectest_globals[i];
			return true;
		}
	return wasm_host_modules_resolve(&modules, import, found);
}
