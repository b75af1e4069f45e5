// SPDX-License-Identifier: MIT OR Apache-2.0
// Matching imports with what a resolver finds (core spec 3.4.9 and 4.5.4).
#ifndef WASM_RUNTIME_LINK_H
#define WASM_RUNTIME_LINK_H

#include "runtime/internal.h"

// Resolves import number `index` of the instance's module and puts it into the instance.
enum wasm_status link_import(
	struct wasm_instance *instance, const struct wasm_resolver *resolver, uint32_t index);

// Does "iI:f" describe `type`?
bool signature_matches(const char *signature, const struct wasm_function_type *type);

#endif
