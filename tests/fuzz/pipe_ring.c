// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pipes whose other end scribbles over the shared memory: whatever is there, an operation moves at
 * most what it was asked to, inside the memory, and ends. */
#include <pipe/ring.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pipe_shared *pipe = calloc(1, MEMORY_SHARED_UNIT);
	uint8_t *bytes = malloc(2 * PIPE_BYTES);

	if (pipe == nullptr || bytes == nullptr)
		abort();
	memset(bytes, 1, 2 * (size_t)PIPE_BYTES);
	for (size_t at = 0; at + 12 <= size; at += 12) {
		uint64_t value;
		size_t asked;
		size_t done = 0;

		memcpy(&value, data + at + 4, sizeof(value));
		asked = (size_t)(data[at + 1] << 8 | data[at + 2]) % (2 * PIPE_BYTES);
		if (data[at] % 4 == 0)
			memcpy((uint8_t *)pipe + data[at + 3] % 31 * 8, &value, sizeof(value));
		else if (data[at] % 4 == 1)
			(void)!pipe_take(pipe, bytes, asked, &done);
		else if (data[at] % 4 == 2)
			(void)!pipe_put(pipe, bytes, asked, &done);
		else
			(void)pipe_is_ready(pipe, data[at + 1] % 2);
		if (done > asked)
			abort();
	}
	free(bytes);
	free(pipe);
	return 0;
}
