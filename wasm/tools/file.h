// SPDX-License-Identifier: MIT OR Apache-2.0
// Whole files in memory, for the host tools.
#ifndef WASM_TOOLS_FILE_H
#define WASM_TOOLS_FILE_H

#include <stddef.h>
#include <stdint.h>

struct file {
	uint8_t *bytes; // malloc; one zero byte follows the content
	size_t size;
};

// False, with a message on standard error, on failure.
bool file_read(const char *path, struct file *file);
bool file_write(const char *path, const void *bytes, size_t size);
void file_free(struct file *file);

#endif
