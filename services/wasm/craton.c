// SPDX-License-Identifier: MIT OR Apache-2.0
/* The table of the module `craton`, and what its functions share. */
#include "craton.h"

#define CALL(name, signature)                                                              \
	static enum wasm_trap call_##name(                                                 \
		struct wasm_instance *caller, void *environment, union wasm_value *values) \
	{                                                                                  \
		values[0].i32 = craton_##name(environment, caller, values);                \
		return WASM_TRAP_NONE;                                                     \
	}
ABI_WASM_IMPORT_LIST(CALL)

const struct wasm_host_function craton_functions[] = {
#define ENTRY(name, signature) WASM_HOST_FUNCTION(ABI_WASM_MODULE, #name, signature, call_##name),
	ABI_WASM_IMPORT_LIST(ENTRY)
#undef ENTRY
};
const size_t craton_function_count = sizeof(craton_functions) / sizeof(craton_functions[0]);

errno_t description_of(struct wasi *wasi, uint32_t fd, uint32_t kind, errno_t otherwise,
	description_t **description)
{
	struct wasi_descriptor entry;
	errno_t error = wasi_descriptor_get(wasi, fd, 0, &entry);

	if (error != WASI_SUCCESS)
		return error;
	*description = entry.description;
	return entry.description->kind == kind ? WASI_SUCCESS : otherwise;
}

errno_t descriptor_give(struct wasi *wasi, memory_t *memory, description_t *description,
	uint64_t rights, uint32_t address)
{
	struct wasi_descriptor entry = {.description = description, .rights = rights};
	uint32_t number;
	errno_t error;

	if (description == nullptr)
		return WASI_NOMEM;
	error = wasi_descriptor_insert(wasi, &entry, 0, &number);
	if (error != WASI_SUCCESS) {
		(void)!description_release(nullptr, description);
		return error;
	}
	error = store(memory, address, &number, sizeof(number));
	if (error != WASI_SUCCESS)
		(void)!wasi_descriptor_close(wasi, number);
	return error;
}
