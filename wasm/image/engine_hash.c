// SPDX-License-Identifier: MIT OR Apache-2.0
// The build computes WASM_ENGINE_HASH from the sources that decide what images contain.
#include "wasm/compiler.h"

uint64_t wasm_engine_hash(void)
{
	return WASM_ENGINE_HASH;
}
