// SPDX-License-Identifier: MIT OR Apache-2.0
/* Finding a program's file: see process.h. Files of the bundle are used where they lie; others are
 * read into memory here. What the first bytes are decides what the file is. */
#include "process.h"

#include <abi/protocol/vfs.h>
#include <wasm/image.h>

#define FILE_MAX   0x80000u /* of a program that is not in the bundle */
#define ELF_MAGIC  0x464c457fu
#define WASM_MAGIC 0x6d736100u

static uint8_t contents[FILE_MAX] __attribute__((aligned(4096)));

static status_t find_in_bundle(
	const struct process *p, const uint8_t *path, size_t size, struct program_file *file)
{
	struct call call = {.words = {p->pid, size}, .in = path, .in_size = size};
	status_t status = peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM, &call);

	if (status != OK)
		return status;
	file->offset = call.words[0];
	file->size = call.words[1];
	if (file->offset > service_start()->bundle_size ||
		file->size > service_start()->bundle_size - file->offset)
		return ERR_BAD_IMAGE;
	file->data = (const uint8_t *)PROCESS_BUNDLE_ADDRESS + file->offset;
	return OK;
}

/* A file that changes meanwhile gives some mixture, which is checked like any other. */
static status_t read_file(const uint8_t *path, size_t size, struct program_file *file)
{
	*file = (struct program_file){.data = contents, .offset = UINT64_MAX};
	for (;;) {
		struct call call = {.words = {file->size, size},
			.in = path,
			.in_size = size,
			.out = contents + file->size,
			.out_size = FILE_MAX - file->size};
		status_t status = peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM_READ, &call);

		if (status != OK)
			return status;
		if (call.words[0] > FILE_MAX)
			return ERR_TOO_LONG;
		if (call.words[1] == 0)
			return OK;
		file->size += call.words[1] < call.out_size ? call.words[1] : call.out_size;
	}
}

static status_t identify(struct program_file *file)
{
	uint64_t magic = 0;

	memcpy(&magic, file->data, file->size < sizeof(magic) ? file->size : sizeof(magic));
	file->is_native = (uint32_t)magic == ELF_MAGIC;
	if (file->is_native || (magic == WASM_IMAGE_MAGIC && file->offset != UINT64_MAX))
		return OK;
	return (uint32_t)magic == WASM_MAGIC || magic == WASM_IMAGE_MAGIC ? ERR_NOT_SUPPORTED
									  : ERR_BAD_IMAGE;
}

status_t program_find(const struct process *p, struct program_file *file)
{
	uint8_t path[MESSAGE_BYTES];
	size_t size;
	status_t status = program_path(p, path, &size);

	if (status != OK)
		return status;
	status = find_in_bundle(p, path, size, file);
	if (status == ERR_NOT_SUPPORTED)
		status = read_file(path, size, file);
	return status == OK ? identify(file) : status;
}
