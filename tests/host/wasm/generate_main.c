// SPDX-License-Identifier: MIT OR Apache-2.0
// Writes a random module (generate.h). Usage: generate SEED-FILE MODULE
#include "tests/host/wasm/generate.h"
#include "tools/file.h"

#include <stdio.h>

int main(int count, char **arguments)
{
	static uint8_t module[1 << 20];
	struct file seed;
	if (count != 3 || !file_read(arguments[1], &seed))
		return 2;
	size_t size = generate_module(seed.bytes, seed.size, module, sizeof(module));
	FILE *to = size == 0 ? nullptr : fopen(arguments[2], "wb");
	bool ok = to != nullptr && fwrite(module, 1, size, to) == size && fclose(to) == 0;
	file_free(&seed);
	return ok ? 0 : 1;
}
