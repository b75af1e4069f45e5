// SPDX-License-Identifier: MIT OR Apache-2.0
/* Starting a program: the parts of the request are copied out of linear memory into one piece,
 * which goes to the process service message by message. */
#include "craton.h"

#define BLOB_LIMIT       16384u /* of the process service */
#define DESCRIPTOR_LIMIT 256u
#define PROCESS_RIGHTS   (WASI_RIGHT_FD_READ | WASI_RIGHT_POLL_FD_READWRITE)

struct blob {
	uint8_t *bytes;
	size_t size;
};

static size_t texts_size(const struct spawn_request *r)
{
	uint64_t total =
		(uint64_t)r->path_len + r->arguments_len + r->environment_len + r->directory_len;

	return total <= BLOB_LIMIT ? (size_t)(total + 7) & ~(size_t)7 : SIZE_MAX;
}

static errno_t blob_make(const struct spawn_request *r, struct blob *blob)
{
	size_t texts = texts_size(r);

	if (texts == SIZE_MAX || r->descriptor_count > DESCRIPTOR_LIMIT)
		return WASI_TOOBIG;
	blob->size = texts + r->descriptor_count * sizeof(struct process_descriptor);
	if (blob->size > BLOB_LIMIT)
		return WASI_TOOBIG;
	blob->bytes = heap_take(blob->size + 1);
	return blob->bytes != nullptr ? WASI_SUCCESS : WASI_NOMEM;
}

static bool copy_texts(memory_t *memory, const struct spawn_request *r, uint8_t *to)
{
	const uint32_t parts[][2] = {{r->path, r->path_len}, {r->arguments, r->arguments_len},
		{r->environment, r->environment_len}, {r->directory, r->directory_len}};

	for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!wasm_memory_read(memory, parts[i][0], to, parts[i][1]))
			return false;
		to += parts[i][1];
	}
	return true;
}

/* A child may have whatever is open here except processes, which are not its own children. */
static errno_t copy_descriptor(
	struct wasi *wasi, const struct spawn_descriptor *from, struct process_descriptor *to)
{
	struct wasi_descriptor entry;
	errno_t error = wasi_descriptor_get(wasi, (uint32_t)from->parent_fd, 0, &entry);

	if (error != WASI_SUCCESS)
		return error;
	if (from->child_fd < 0 || entry.description->kind == DESCRIPTOR_KIND_PROCESS)
		return WASI_BADF;
	if (contents_share(entry.description) != OK)
		return WASI_IO;
	*to = (struct process_descriptor){
		(uint32_t)from->child_fd, entry.description->kind, entry.description->id};
	return WASI_SUCCESS;
}

static errno_t copy_descriptors(
	struct wasi *wasi, memory_t *memory, const struct spawn_request *r, uint8_t *to)
{
	const uint8_t *from = wasm_memory_array(
		memory, r->descriptors, r->descriptor_count, sizeof(struct spawn_descriptor));

	if (from == nullptr)
		return WASI_FAULT;
	for (uint32_t i = 0; i < r->descriptor_count; i++) {
		struct spawn_descriptor one;
		struct process_descriptor made;
		errno_t error;

		memcpy(&one, from + i * sizeof(one), sizeof(one));
		error = copy_descriptor(wasi, &one, &made);
		if (error != WASI_SUCCESS)
			return error;
		memcpy(to + i * sizeof(made), &made, sizeof(made));
	}
	return WASI_SUCCESS;
}

static status_t send_begin(const struct spawn_request *r)
{
	const uint64_t limits[2] = {r->memory_limit, r->time_limit_ns};
	struct call call = {
		.words = {r->path_len, r->arguments_len, r->environment_len, r->directory_len,
			r->descriptor_count, sizeof(limits)},
		.in = limits,
		.in_size = sizeof(limits),
	};

	return service_call(SERVICE_NUMBER_PROCESS, PROCESS_SPAWN_BEGIN, &call);
}

static status_t send_blob(const struct blob *blob)
{
	status_t status = OK;

	for (size_t at = 0; status == OK && at < blob->size;) {
		size_t left = blob->size - at;
		size_t part = left < MESSAGE_BYTES ? left : MESSAGE_BYTES;
		struct call call = {.words = {at, part}, .in = blob->bytes + at, .in_size = part};

		status = service_call(SERVICE_NUMBER_PROCESS, PROCESS_SPAWN_DATA, &call);
		at += part;
	}
	return status;
}

static errno_t send_spawn(const struct spawn_request *r, const struct blob *blob, uint64_t *pid)
{
	uint64_t words[6] = {0};
	status_t status = send_begin(r);

	if (status == OK)
		status = send_blob(blob);
	if (status == OK)
		status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_SPAWN, words);
	*pid = words[0];
	return errno_of_spawn(status);
}

static errno_t spawn(
	struct wasi *wasi, memory_t *memory, const struct spawn_request *r, uint64_t *pid)
{
	struct blob blob;
	errno_t error = blob_make(r, &blob);

	if (error != WASI_SUCCESS)
		return error;
	memset(blob.bytes, 0, blob.size);
	error = copy_texts(memory, r, blob.bytes)
			? copy_descriptors(wasi, memory, r, blob.bytes + texts_size(r))
			: WASI_FAULT;
	if (error == WASI_SUCCESS)
		error = send_spawn(r, &blob, pid);
	heap_give(blob.bytes, blob.size + 1);
	return error;
}

/* v: request, result. */
errno_t craton_spawn(struct wasi *wasi, memory_t *memory, values_t *v)
{
	struct spawn_request request;
	uint64_t pid;
	errno_t error;

	if (!wasm_memory_read(memory, v[0].i32, &request, sizeof(request)))
		return WASI_FAULT;
	error = spawn(wasi, memory, &request, &pid);
	if (error != WASI_SUCCESS)
		return error;
	return descriptor_give(wasi, memory,
		description_make(DESCRIPTOR_KIND_PROCESS, pid, WASI_FILETYPE_UNKNOWN),
		PROCESS_RIGHTS, v[1].i32);
}
