// SPDX-License-Identifier: MIT OR Apache-2.0
// Names and texts of statuses and traps.
#include "wasm/status.h"
#include "wasm/trap.h"

static const char *const status_names[] = {
#define X(name, text) #name,
	WASM_STATUS_LIST(X)
#undef X
};

static const char *const status_texts[] = {
#define X(name, text) text,
	WASM_STATUS_LIST(X)
#undef X
};

static const char *const trap_texts[] = {
#define X(name, text) text,
	WASM_TRAP_LIST(X)
#undef X
};

const char *wasm_status_name(enum wasm_status status)
{
	return (uint32_t)status < WASM_STATUS_COUNT ? status_names[status] : "?";
}

const char *wasm_status_text(enum wasm_status status)
{
	return (uint32_t)status < WASM_STATUS_COUNT ? status_texts[status] : "unknown status";
}

bool wasm_status_is_malformed(enum wasm_status status)
{
	return status >= WASM_MALFORMED_MAGIC && status <= WASM_MALFORMED_LOCALS;
}

bool wasm_status_is_invalid(enum wasm_status status)
{
	return status >= WASM_INVALID_TYPE_MISMATCH && status <= WASM_INVALID_RETHROW;
}

bool wasm_status_is_unsupported(enum wasm_status status)
{
	return status >= WASM_UNSUPPORTED_PAGE_SIZE && status <= WASM_UNSUPPORTED_CPU;
}

const char *wasm_trap_text(enum wasm_trap trap)
{
	return (uint32_t)trap < WASM_TRAP_COUNT ? trap_texts[trap] : "unknown trap";
}
