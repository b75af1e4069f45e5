// SPDX-License-Identifier: MIT OR Apache-2.0
/* The native program that runs WASM modules (the bundle's svc/wasm): relocated once to an address
 * chosen at boot, kept in a memory object, and mapped by every program: text and constants shared,
 * data copied on write. */
#include "process.h"

#include <abi/protocol/memory.h>
#include <boot/elf.h>
#include <craton/builder.h>
#include <craton/estate.h>
#include <craton/print.h>

#define IMAGE_LOW   0x200000000000u
#define IMAGE_PAGES 0x10000000u

uint8_t image_memory[IMAGE_MAX] __attribute__((aligned(4096)));

static status_t write_object(uint64_t object, uint64_t size)
{
	status_t status = OK;

	for (uint64_t at = 0; status == OK && at < size; at += MESSAGE_BYTES) {
		struct call call = {.in = image_memory + at};

		call.in_size = size - at < MESSAGE_BYTES ? size - at : MESSAGE_BYTES;
		call.words[0] = object;
		call.words[1] = at;
		call.words[2] = call.in_size;
		status = peer_call(SERVICE_NUMBER_MEMORY, MEMORY_OBJECT_WRITE, &call);
	}
	return status;
}

static void remember(const struct elf_image *elf, uint64_t base, uint64_t object)
{
	uint64_t slide = base - elf->low;

	estate_save(table, offsetof(struct process_state, processes));
	table->runtime_entry = elf->entry + slide;
	table->runtime_base = base;
	table->segment_count = elf->segment_count;
	for (uint64_t i = 0; i < elf->segment_count; i++) {
		table->segments[i].address = elf->segments[i].address + slide;
		table->segments[i].size = elf->segments[i].size;
		table->segments[i].rights = elf->segments[i].rights;
		if (elf->segments[i].constant)
			table->segments[i].rights &= ~(uint64_t)RIGHT_WRITE;
	}
	table->runtime_object = object;
}

status_t runtime_image_load(void)
{
	struct builder bundle = {.bundle = (const uint8_t *)PROCESS_BUNDLE_ADDRESS};
	struct report report = {0};
	struct elf_image elf;
	uint64_t words[6] = {0};
	const uint8_t *file;
	uint64_t base = IMAGE_LOW + service_start()->entropy[1] % IMAGE_PAGES * 4096;
	uint64_t size;
	status_t status;

	if (table->runtime_object != 0)
		return OK;
	status = builder_file(&bundle, "svc/wasm", &file, &size);
	if (status == OK)
		status = elf_parse(&elf, file, size, &report);
	if (status == OK && elf.size > IMAGE_MAX)
		status = ERR_TOO_LONG;
	if (status == OK)
		status = elf_place(&elf, image_memory, base - elf.low, &report);
	if (status != OK)
		return status;
	words[0] = elf.size;
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_OBJECT_CREATE, words);
	if (status == OK)
		status = write_object(words[0], elf.size);
	if (status == OK)
		remember(&elf, base, words[0]);
	return status;
}
