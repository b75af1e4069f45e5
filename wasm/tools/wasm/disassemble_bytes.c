// SPDX-License-Identifier: MIT OR Apache-2.0
// Machine code as bytes.
#include "tools/wasm/disassemble.h"

#include <inttypes.h>
#include <stdio.h>

#define PER_LINE 16u

void disassemble(const uint8_t *code, uint64_t begin, uint64_t end)
{
	for (uint64_t at = begin; at < end; at += PER_LINE) {
		printf("          %6" PRIx64 "  ", at);
		for (uint64_t i = at; i < end && i < at + PER_LINE; i++)
			printf("%02x ", code[i]);
		putchar('\n');
	}
}
