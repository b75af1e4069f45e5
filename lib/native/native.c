// SPDX-License-Identifier: MIT OR Apache-2.0
/* Native programs: see craton/native.h. */
#include <abi/protocol/console.h>
#include <abi/protocol/process.h>
#include <abi/protocol/vfs.h>
#include <craton/client.h>
#include <craton/native.h>
#include <craton/service.h>

#include "pipe.h"

#define BLOB_SIZE    16384u /* of the process service: start data at most */
#define NOT_RUN      126u
#define CAUSE_EXITED 0u /* enum exit_cause of abi/wasm.toml */
#define CAUSE_LOST   8u

static struct client clients[PROCESS_SERVICES];
static struct program_start sizes;
static char blob[BLOB_SIZE + 1] __attribute__((aligned(8)));

static status_t ask(uint32_t service, uint32_t method, struct call *call)
{
	if (clients[service].endpoint == 0)
		clients[service] = client_of(service);
	return client_call(&clients[service], method, call);
}

static void end(uint64_t status, uint64_t cause, uint64_t detail)
{
	struct call call = {.words = {status, cause, detail}};

	(void)!ask(SERVICE_NUMBER_PROCESS, PROCESS_EXIT, &call);
	runtime_abort("the process service let a program live that wanted to end");
}

void native_exit(int status)
{
	end((uint64_t)status & 0xff, CAUSE_EXITED, 0);
	__builtin_unreachable();
}

/* --- what the parent gave --------------------------------------------------------------------- */

static status_t read_all(uint64_t offset, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	status_t status = OK;

	while (status == OK && size > 0) {
		struct call call = {.words = {offset, size < MESSAGE_BYTES ? size : MESSAGE_BYTES},
			.out = to,
			.out_size = size};

		status = ask(SERVICE_NUMBER_PROCESS, PROCESS_START_DATA, &call);
		if (status == OK && call.out_used == 0)
			status = ERR_PROTOCOL;
		if (call.words[0] < call.out_used) /* bytes come in words */
			call.out_used = call.words[0];
		offset += call.out_used;
		to += call.out_used;
		size -= call.out_used;
	}
	return status;
}

static size_t texts_size(void)
{
	return sizes.path_size + sizes.arguments_size + sizes.environment_size +
	       sizes.directory_size;
}

static status_t read_start_data(void)
{
	status_t status = read_all(0, &sizes, sizeof(sizes));
	size_t size = ((texts_size() + 7) & ~(size_t)7) +
		      sizes.descriptor_count * sizeof(struct process_descriptor);

	if (status == OK && size > BLOB_SIZE)
		return ERR_TOO_LONG;
	return status == OK ? read_all(sizeof(sizes), blob, size) : status;
}

/* Zero-terminated texts, one after the other; more than there is room for are left out. */
static int cut(char *text, size_t size, char *list[NATIVE_ARGUMENTS + 1])
{
	int count = 0;

	for (size_t at = 0, i = 0; i < size && count < NATIVE_ARGUMENTS; i++) {
		if (text[i] != 0)
			continue;
		list[count++] = text + at;
		at = i + 1;
	}
	list[count] = nullptr;
	return count;
}

/* The directory stands at the end of the texts, without a zero. */
static const char *copy_directory(void)
{
	static char directory[MESSAGE_BYTES + 1];
	size_t size = sizes.directory_size < MESSAGE_BYTES ? sizes.directory_size : MESSAGE_BYTES;

	memcpy(directory, blob + texts_size() - sizes.directory_size, size);
	return directory;
}

void program_main(const void *argument)
{
	static struct native_program program;
	const struct process_start *start = argument;
	status_t status = start->abi_hash == ABI_HASH ? read_start_data() : ERR_VERSION;
	char *arguments = blob + sizes.path_size;

	if (status != OK)
		end(NOT_RUN, CAUSE_LOST, (uint64_t)-status);
	program.pid = start->badge;
	program.argument_count = cut(arguments, sizes.arguments_size, program.arguments);
	(void)cut(arguments + sizes.arguments_size, sizes.environment_size, program.environment);
	program.directory = copy_directory();
	native_exit(native_main(&program));
}

/* --- descriptors ------------------------------------------------------------------------------ */

static const struct process_descriptor *descriptor_find(uint32_t number)
{
	const struct process_descriptor *list =
		(const struct process_descriptor *)(blob + ((texts_size() + 7) & ~(size_t)7));

	for (uint64_t i = 0; i < sizes.descriptor_count; i++) {
		if (list[i].child_fd == number)
			return &list[i];
	}
	return nullptr;
}

static status_t ask_vfs(uint32_t method, struct call *call)
{
	return ask(SERVICE_NUMBER_VFS, method, call);
}

static bool is_pipe(const struct process_descriptor *d)
{
	return d->kind == DESCRIPTOR_KIND_VFS && native_is_pipe(ask_vfs, d->id);
}

static status_t write_some(
	const struct process_descriptor *d, const void *bytes, size_t size, size_t *done)
{
	bool terminal = d->kind == DESCRIPTOR_KIND_TERMINAL;
	size_t part = size < MESSAGE_BYTES ? size : MESSAGE_BYTES;
	struct call call = {.in = bytes, .in_size = part};
	status_t status;

	*done = part;
	if (is_pipe(d)) {
		*done = 0;
		return native_pipe_move(ask_vfs, d->id, (uint32_t)service_start()->badge, true,
			(void *)(uintptr_t)bytes, size, done);
	}
	if (!terminal && d->kind != DESCRIPTOR_KIND_VFS)
		return OK; /* nowhere */
	call.words[terminal ? 0 : 1] = part;
	call.words[0] = terminal ? part : d->id;
	status = ask(terminal ? SERVICE_NUMBER_CONSOLE : SERVICE_NUMBER_VFS,
		terminal ? (uint32_t)CONSOLE_WRITE : VFS_WRITE, &call);
	*done = call.words[0] < part ? call.words[0] : part;
	return status;
}

status_t native_write(uint32_t descriptor, const void *bytes, size_t size)
{
	const struct process_descriptor *d = descriptor_find(descriptor);
	const uint8_t *from = bytes;
	status_t status = d != nullptr ? OK : ERR_NOT_FOUND;

	while (status == OK && size > 0) {
		size_t done = 0;

		status = write_some(d, from, size, &done);
		from += done;
		size -= done;
	}
	return status;
}

status_t native_read(uint32_t descriptor, void *bytes, size_t size, size_t *done)
{
	const struct process_descriptor *d = descriptor_find(descriptor);
	bool terminal = d != nullptr && d->kind == DESCRIPTOR_KIND_TERMINAL;
	size_t part = size < MESSAGE_BYTES ? size : MESSAGE_BYTES;
	struct call call = {.out = bytes, .out_size = part};
	status_t status;

	*done = 0;
	if (d == nullptr)
		return ERR_NOT_FOUND;
	if (is_pipe(d))
		return native_pipe_move(
			ask_vfs, d->id, (uint32_t)service_start()->badge, false, bytes, size, done);
	if (!terminal && d->kind != DESCRIPTOR_KIND_VFS)
		return OK;
	call.words[terminal ? 0 : 1] = part;
	if (!terminal)
		call.words[0] = d->id;
	status = ask(terminal ? SERVICE_NUMBER_CONSOLE : SERVICE_NUMBER_VFS,
		terminal ? (uint32_t)CONSOLE_READ : VFS_READ, &call);
	*done = call.words[0] < call.out_used ? call.words[0] : call.out_used;
	return status;
}
