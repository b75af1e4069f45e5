// SPDX-License-Identifier: MIT OR Apache-2.0
/* Finding a program's file: see process.h. What the first bytes are decides what the file is. A
 * module that has no code yet, from the bundle or elsewhere, is left to a compile worker. */
#include "process.h"

#include <abi/protocol/vfs.h>
#include <wasm/image.h>

#define FILE_MAX   0x80000u /* of a program that is not in the bundle */
#define ELF_MAGIC  0x464c457fu
#define WASM_MAGIC 0x6d736100u

static uint8_t contents[FILE_MAX] __attribute__((aligned(4096)));

static uint64_t magic_of(const uint8_t *data, uint64_t size)
{
	uint64_t magic = 0;

	memcpy(&magic, data, size < sizeof(magic) ? size : sizeof(magic));
	return magic;
}

/* Files of the bundle are used where they lie. */
static status_t find_in_bundle(const uint8_t *path, size_t size, struct program_file *file)
{
	struct call call = {.words = {0, size}, .in = path, .in_size = size};
	status_t status = peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM, &call);
	uint64_t offset = call.words[0];

	if (status != OK)
		return status;
	file->size = call.words[1];
	if (offset > service_start()->bundle_size ||
		file->size > service_start()->bundle_size - offset)
		return ERR_BAD_IMAGE;
	file->data = (const uint8_t *)PROCESS_BUNDLE_ADDRESS + offset;
	file->kind = FILE_NATIVE;
	if ((uint32_t)magic_of(file->data, file->size) == ELF_MAGIC)
		return OK;
	file->kind = FILE_COMPILED;
	if (code_place_of_bundle(offset, file->size, &file->code))
		return OK;
	return (uint32_t)magic_of(file->data, file->size) == WASM_MAGIC ? ERR_NOT_SUPPORTED
									: ERR_BAD_IMAGE;
}

/* A piece of a file. Its number and the time of its last change tell its contents from others'. */
static status_t read_piece(
	const uint8_t *path, size_t size, uint64_t offset, size_t *done, struct program_file *file)
{
	struct call call = {.words = {offset, size},
		.in = path,
		.in_size = size,
		.out = contents + offset,
		.out_size = FILE_MAX - offset};
	status_t status = peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM_READ, &call);

	if (status != OK)
		return status;
	file->size = call.words[0];
	file->module = (struct module_id){call.words[2], call.words[3]};
	*done = call.words[1] < call.out_size ? call.words[1] : call.out_size;
	return OK;
}

/* A native program that changes meanwhile gives some mixture, which is checked like any other. */
static status_t read_rest(const uint8_t *path, size_t size, size_t done, struct program_file *file)
{
	size_t piece = 1;
	status_t status = file->size > FILE_MAX ? ERR_TOO_LONG : OK;

	while (status == OK && piece != 0 && done < FILE_MAX) {
		status = read_piece(path, size, done, &piece, file);
		done += piece;
	}
	file->data = contents;
	file->size = done;
	return status;
}

static status_t find_elsewhere(const uint8_t *path, size_t size, struct program_file *file)
{
	size_t done = 0;
	status_t status = read_piece(path, size, 0, &done, file);
	uint64_t magic = magic_of(contents, done);

	if (status != OK)
		return status;
	if ((uint32_t)magic == ELF_MAGIC) {
		file->kind = FILE_NATIVE;
		return read_rest(path, size, done, file);
	}
	if (magic == WASM_IMAGE_MAGIC)
		return ERR_NOT_SUPPORTED; /* code that this system did not make */
	if ((uint32_t)magic != WASM_MAGIC)
		return ERR_BAD_IMAGE;
	file->kind = code_cache_find_file(&file->module, &file->code) ? FILE_COMPILED : FILE_MODULE;
	return OK;
}

static status_t find(const uint8_t *path, size_t size, struct program_file *file)
{
	status_t status;

	*file = (struct program_file){0};
	status = find_in_bundle(path, size, file);
	return status == ERR_NOT_SUPPORTED ? find_elsewhere(path, size, file) : status;
}

status_t program_find(const struct process *p, struct program_file *file)
{
	uint8_t path[MESSAGE_BYTES];
	size_t size;
	status_t status = program_path(p, path, &size);

	return status == OK ? find(path, size, file) : status;
}

status_t program_find_module(const uint8_t *path, size_t size, struct program_file *file)
{
	status_t status = find(path, size, file);

	return status == OK && file->kind == FILE_NATIVE ? ERR_BAD_IMAGE : status;
}
