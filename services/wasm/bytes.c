// SPDX-License-Identifier: MIT OR Apache-2.0
/* Reading and writing. Regular files and devices: see contents.c; pipes: pipes.c. A message carries
 * MESSAGE_BYTES, so larger requests of terminals take several; streams give what they have at once.
 */
#include "host.h"

#include <abi/protocol/console.h>
#include <abi/protocol/vfs.h>

#define BROKEN_PIPE_STATUS 141u /* 128 + SIGPIPE, what shells expect */

/* True for what may hold fewer bytes now than later. */
static bool is_stream(const description_t *description)
{
	return description->filetype != WASI_FILETYPE_REGULAR_FILE;
}

/* What one step moves. */
static size_t part_of(const description_t *description, size_t size)
{
	return size < MESSAGE_BYTES || description->kind == DESCRIPTOR_KIND_VFS ? size
										: MESSAGE_BYTES;
}

/* --- one message each ------------------------------------------------------------------------- */

static status_t receive(uint32_t service, uint32_t method, struct call *call, uint64_t *done)
{
	status_t status = service_wait(service, method, call);

	*done = call->words[0] < call->out_used ? call->words[0] : call->out_used;
	return status;
}

static bool terminal_would_wait(void)
{
	uint64_t words[6] = {0};

	return service_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_POLL, words) == OK && words[0] == 0;
}

static status_t read_terminal(
	const description_t *description, void *bytes, size_t size, uint64_t *done)
{
	struct call call = {.words = {size}, .out = bytes, .out_size = size};

	if ((description->fdflags & WASI_FDFLAG_NONBLOCK) != 0 && terminal_would_wait())
		return ERR_WOULD_BLOCK;
	return receive(SERVICE_NUMBER_CONSOLE, CONSOLE_READ, &call, done);
}

static status_t read_part(description_t *description, void *bytes, size_t size, uint64_t *done)
{
	*done = 0;
	switch (description->kind) {
	case DESCRIPTOR_KIND_TERMINAL:
		return read_terminal(description, bytes, size, done);
	case DESCRIPTOR_KIND_VFS:
		return is_pipe(description) ? pipes_read(description, bytes, size, done)
					    : contents_read(description, bytes, size, done);
	default:
		return ERR_INVALID_ARGUMENT;
	}
}

static status_t send(uint32_t service, uint32_t method, struct call *call, uint64_t *done)
{
	status_t status = service_call(service, method, call);

	*done = call->words[0] < call->in_size ? call->words[0] : call->in_size;
	return status;
}

static status_t write_pipe(
	description_t *description, const void *bytes, size_t size, uint64_t *done)
{
	status_t status = pipes_write(description, bytes, size, done);

	if (status == ERR_BROKEN_PIPE)
		program_exit(BROKEN_PIPE_STATUS, EXIT_CAUSE_BROKEN_PIPE, 0);
	return status;
}

static status_t write_part(
	description_t *description, const void *bytes, size_t size, uint64_t *done)
{
	struct call call = {.words = {size}, .in = bytes, .in_size = size};

	*done = 0;
	switch (description->kind) {
	case DESCRIPTOR_KIND_TERMINAL:
		return send(SERVICE_NUMBER_CONSOLE, CONSOLE_WRITE, &call, done);
	case DESCRIPTOR_KIND_VFS:
		return is_pipe(description) ? write_pipe(description, bytes, size, done)
					    : contents_write(description, bytes, size, done);
	default:
		return ERR_INVALID_ARGUMENT;
	}
}

static status_t read_part_at(
	const description_t *description, void *bytes, size_t size, uint64_t offset, uint64_t *done)
{
	*done = 0;
	if (description->kind != DESCRIPTOR_KIND_VFS)
		return ERR_NOT_SUPPORTED;
	return contents_read_at(description, bytes, size, offset, done);
}

static status_t write_part_at(const description_t *description, const void *bytes, size_t size,
	uint64_t offset, uint64_t *done)
{
	*done = size;
	if (description->kind != DESCRIPTOR_KIND_VFS)
		return ERR_NOT_SUPPORTED;
	return contents_write_at(description, bytes, size, offset, done);
}

/* --- whole requests --------------------------------------------------------------------------- */

/* Where in its buffers a request is. */
struct progress {
	size_t total;
	status_t status;
	bool ended; /* fewer bytes than asked for: there are no more for now */
};

/* One buffer; `at` is the file offset, or nullptr for the description's own. */
static void read_buffer(description_t *description, const struct wasi_buffer *buffer,
	const uint64_t *at, struct progress *p)
{
	uint8_t *to = buffer->bytes;

	for (size_t size = buffer->size; size > 0 && !p->ended;) {
		size_t part = part_of(description, size);
		uint64_t done = 0;

		p->status = at != nullptr
				    ? read_part_at(description, to, part, *at + p->total, &done)
				    : read_part(description, to, part, &done);
		p->ended = p->status != OK || done == 0 || is_stream(description);
		p->total += done;
		to += done;
		size -= done;
	}
}

static void write_buffer(description_t *description, const struct wasi_const_buffer *buffer,
	const uint64_t *at, struct progress *p)
{
	const uint8_t *from = buffer->bytes;

	for (size_t size = buffer->size; size > 0 && !p->ended;) {
		size_t part = part_of(description, size);
		uint64_t done = 0;

		p->status = at != nullptr
				    ? write_part_at(description, from, part, *at + p->total, &done)
				    : write_part(description, from, part, &done);
		p->ended = p->status != OK || done == 0;
		p->total += done;
		from += done;
		size -= done;
	}
}

/* An error after some bytes were moved is told by the next request. */
static errno_t finish(const struct progress *p, size_t *done)
{
	if (p->total == 0 && p->status != OK)
		return errno_of(p->status);
	*done = p->total;
	return WASI_SUCCESS;
}

static errno_t read_all(description_t *description, const struct wasi_buffer *buffers, size_t count,
	const uint64_t *at, size_t *done)
{
	struct progress p = {0};

	if (description->filetype == WASI_FILETYPE_DIRECTORY)
		return WASI_ISDIR;
	for (size_t i = 0; i < count && !p.ended; i++)
		read_buffer(description, &buffers[i], at, &p);
	return finish(&p, done);
}

static errno_t write_all(description_t *description, const struct wasi_const_buffer *buffers,
	size_t count, const uint64_t *at, size_t *done)
{
	struct progress p = {0};

	if (description->filetype == WASI_FILETYPE_DIRECTORY)
		return WASI_ISDIR;
	for (size_t i = 0; i < count && !p.ended; i++)
		write_buffer(description, &buffers[i], at, &p);
	return finish(&p, done);
}

errno_t bytes_read(void *self, description_t *description, const struct wasi_buffer *buffers,
	size_t count, size_t *done)
{
	(void)self;
	return read_all(description, buffers, count, nullptr, done);
}

errno_t bytes_write(void *self, description_t *description, const struct wasi_const_buffer *buffers,
	size_t count, size_t *done)
{
	(void)self;
	return write_all(description, buffers, count, nullptr, done);
}

static bool has_offset(const description_t *description)
{
	return description->filetype == WASI_FILETYPE_REGULAR_FILE || is_device(description);
}

errno_t bytes_pread(void *self, description_t *description, const struct wasi_buffer *buffers,
	size_t count, uint64_t offset, size_t *done)
{
	(void)self;
	return has_offset(description) ? read_all(description, buffers, count, &offset, done)
				       : WASI_SPIPE;
}

errno_t bytes_pwrite(void *self, description_t *description,
	const struct wasi_const_buffer *buffers, size_t count, uint64_t offset, size_t *done)
{
	(void)self;
	return has_offset(description) ? write_all(description, buffers, count, &offset, done)
				       : WASI_SPIPE;
}

/* In this program, for a file whose offset is here. */
static status_t seek_here(
	description_t *description, int64_t delta, enum wasi_whence whence, uint64_t *offset)
{
	struct file_attributes attributes;
	uint64_t base = whence == WASI_WHENCE_CUR ? description->offset : 0;
	status_t status = OK;
	int64_t target;

	if (whence == WASI_WHENCE_END) {
		status = contents_attributes(description, &attributes);
		base = attributes.size;
	}
	if (status != OK)
		return status;
	if (__builtin_add_overflow((int64_t)base, delta, &target) || target < 0)
		return ERR_INVALID_ARGUMENT;
	description->offset = (uint64_t)target;
	*offset = description->offset;
	return OK;
}

errno_t bytes_seek(void *self, description_t *description, int64_t delta, enum wasi_whence whence,
	uint64_t *offset)
{
	uint64_t words[6] = {description->id, (uint64_t)delta, whence};
	status_t status;

	(void)self;
	*offset = 0;
	if (description->kind != DESCRIPTOR_KIND_VFS ||
		description->filetype == WASI_FILETYPE_UNKNOWN)
		return WASI_SPIPE;
	if (description->has_offset)
		return errno_of(seek_here(description, delta, whence, offset));
	status = service_ask(SERVICE_NUMBER_VFS, VFS_SEEK, words);
	*offset = words[0];
	return errno_of(status);
}
