// SPDX-License-Identifier: MIT OR Apache-2.0
// Machine code as text, by Zydis.
#include "tools/wasm/disassemble.h"

#include <Zydis/Zydis.h>
#include <inttypes.h>
#include <stdio.h>

void disassemble(const uint8_t *code, uint64_t begin, uint64_t end)
{
	ZydisDisassembledInstruction in;
	for (uint64_t at = begin; at < end; at += in.info.length) {
		if (!ZYAN_SUCCESS(ZydisDisassembleIntel(
			    ZYDIS_MACHINE_MODE_LONG_64, at, code + at, end - at, &in))) {
			printf("          %6" PRIx64 "  (data, %" PRIu64 " bytes)\n", at, end - at);
			return;
		}
		printf("          %6" PRIx64 "  ", at);
		for (unsigned i = 0; i < 10; i++)
			printf(i < in.info.length ? "%02x " : "   ", code[at + i % in.info.length]);
		printf(" %s\n", in.text);
	}
}
