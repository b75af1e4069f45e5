// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool complain(const char *path)
{
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	return false;
}

static bool read_all(FILE *stream, struct file *file)
{
	size_t capacity = 0;
	*file = (struct file){};
	for (;;) {
		if (capacity - file->size < 2) {
			capacity = capacity == 0 ? 65536 : capacity * 2;
			uint8_t *bytes = realloc(file->bytes, capacity);
			if (bytes == nullptr)
				return false;
			file->bytes = bytes;
		}
		size_t done = fread(file->bytes + file->size, 1, capacity - file->size - 1, stream);
		file->size += done;
		if (done == 0)
			break;
	}
	file->bytes[file->size] = 0;
	return ferror(stream) == 0;
}

bool file_read(const char *path, struct file *file)
{
	FILE *stream = fopen(path, "rb");
	if (stream == nullptr)
		return complain(path);
	bool ok = read_all(stream, file);
	if (!ok)
		complain(path);
	fclose(stream);
	return ok;
}

bool file_write(const char *path, const void *bytes, size_t size)
{
	FILE *stream = fopen(path, "wb");
	if (stream == nullptr)
		return complain(path);
	bool ok = fwrite(bytes, 1, size, stream) == size;
	ok = fclose(stream) == 0 && ok;
	return ok || complain(path);
}

void file_free(struct file *file)
{
	free(file->bytes);
	*file = (struct file){};
}
