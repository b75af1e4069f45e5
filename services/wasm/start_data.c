// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the parent gave: read from the process service in pieces, then cut into texts. */
#include "program.h"

#include <abi/protocol/process.h>

static status_t read_piece(uint64_t offset, void *bytes, size_t size, size_t *done)
{
	struct call call = {.words = {offset, size}, .out = bytes, .out_size = size};
	status_t status = service_call(SERVICE_NUMBER_PROCESS, PROCESS_START_DATA, &call);

	*done = call.out_used < call.words[0] ? call.out_used : call.words[0];
	return status == OK && *done == 0 ? ERR_PROTOCOL : status;
}

static status_t read_all(uint64_t offset, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	status_t status = OK;

	while (status == OK && size > 0) {
		size_t done = 0;

		status = read_piece(offset, to, size < MESSAGE_BYTES ? size : MESSAGE_BYTES, &done);
		offset += done;
		to += done;
		size -= done;
	}
	return status;
}

static size_t count_strings(const char *text, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < size; i++)
		count += text[i] == 0;
	return count;
}

/* What has no zero at its end is left out. */
static bool cut_strings(const char *text, size_t size, struct strings *strings)
{
	strings->count = 0;
	strings->items = heap_take((count_strings(text, size) + 1) * sizeof(*strings->items));
	if (strings->items == nullptr)
		return false;
	for (size_t at = 0, i = 0; i < size; i++) {
		if (text[i] != 0)
			continue;
		strings->items[strings->count++] = text + at;
		at = i + 1;
	}
	return true;
}

static const char *copy_text(const char *text, size_t size)
{
	char *copy = heap_take(size + 1);

	if (copy == nullptr)
		return nullptr;
	memcpy(copy, text, size);
	copy[size] = 0;
	return copy;
}

static bool cut(struct start_data *data, const char *blob)
{
	const struct program_start *s = &data->sizes;
	const char *arguments = blob + s->path_size;
	const char *environment = arguments + s->arguments_size;
	const char *directory = environment + s->environment_size;
	size_t texts = (size_t)(directory - blob) + s->directory_size;

	data->path = copy_text(blob, s->path_size);
	data->directory = copy_text(directory, s->directory_size);
	data->descriptors = (const void *)(blob + ((texts + 7) & ~(size_t)7));
	return data->path != nullptr && data->directory != nullptr &&
	       cut_strings(arguments, s->arguments_size, &data->arguments) &&
	       cut_strings(environment, s->environment_size, &data->environment);
}

static size_t blob_size(const struct program_start *s)
{
	size_t texts = s->path_size + s->arguments_size + s->environment_size + s->directory_size;

	return ((texts + 7) & ~(size_t)7) + s->descriptor_count * sizeof(struct process_descriptor);
}

/* Most often the first message has everything. */
status_t start_data_read(struct start_data *data)
{
	uint8_t first[MESSAGE_BYTES];
	size_t done = 0;
	size_t size;
	char *blob;
	status_t status = read_piece(0, first, sizeof(first), &done);

	if (status != OK)
		return status;
	if (done < sizeof(data->sizes))
		return ERR_PROTOCOL;
	memcpy(&data->sizes, first, sizeof(data->sizes));
	size = blob_size(&data->sizes);
	blob = heap_take(size + 1);
	if (blob == nullptr)
		return ERR_NO_MEMORY;
	done -= sizeof(data->sizes);
	done = done < size ? done : size;
	memcpy(blob, first + sizeof(data->sizes), done);
	status = read_all(sizeof(data->sizes) + done, blob + done, size - done);
	if (status != OK)
		return status;
	return cut(data, blob) ? OK : ERR_NO_MEMORY;
}
