// SPDX-License-Identifier: MIT OR Apache-2.0
/* The native programs that belong to the system: what runs WASM modules (the bundle's svc/wasm),
 * and the compile worker (svc/compile). Each is relocated once to an address chosen at boot, kept
 * in a memory object, and mapped where it is used: text and constants shared, data copied on write.
 */
#include "process.h"

#include <abi/protocol/memory.h>
#include <boot/elf.h>
#include <craton/builder.h>
#include <craton/estate.h>

#define IMAGE_LOW   0x200000000000u
#define IMAGE_PAGES 0x10000000u

uint8_t image_memory[IMAGE_MAX] __attribute__((aligned(4096)));

static const char *const files[IMAGES] = {
	[IMAGE_RUNTIME] = "svc/wasm", [IMAGE_COMPILER] = "svc/compile"};

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

static void remember(
	struct image *image, const struct elf_image *elf, uint64_t base, uint64_t object)
{
	uint64_t slide = base - elf->low;

	estate_save(image, sizeof(*image));
	image->entry = elf->entry + slide;
	image->base = base;
	image->segment_count = elf->segment_count;
	for (uint64_t i = 0; i < elf->segment_count; i++) {
		image->segments[i].address = elf->segments[i].address + slide;
		image->segments[i].size = elf->segments[i].size;
		image->segments[i].rights = elf->segments[i].rights;
		if (elf->segments[i].constant)
			image->segments[i].rights &= ~(uint64_t)RIGHT_WRITE;
	}
	image->object = object;
}

static uint64_t choose_base(enum image_number number)
{
	uint64_t random = service_start()->entropy[1] * (2 * (uint64_t)number + 1);

	return IMAGE_LOW + random % IMAGE_PAGES * 4096;
}

static status_t load(enum image_number number)
{
	struct builder bundle = {.bundle = (const uint8_t *)PROCESS_BUNDLE_ADDRESS};
	struct report report = {0};
	struct elf_image elf;
	uint64_t words[6] = {0};
	uint64_t base = choose_base(number);
	const uint8_t *file;
	uint64_t size;
	status_t status = builder_whole_file(&bundle, files[number], &file, &size);

	if (status == OK)
		status = elf_parse(&elf, file, size, &report);
	if (status == OK && (elf.size > IMAGE_MAX || elf.segment_count > IMAGE_SEGMENTS))
		status = ERR_TOO_LONG;
	if (status == OK) {
		memset(image_memory, 0, elf.size);
		status = elf_place(&elf, image_memory, base - elf.low, &report);
	}
	if (status != OK)
		return status;
	words[0] = elf.size;
	status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_OBJECT_CREATE, words);
	if (status == OK)
		status = write_object(words[0], elf.size);
	if (status == OK)
		remember(&table->images[number], &elf, base, words[0]);
	return status;
}

status_t image_add(struct process *p, enum image_number number, struct layout *layout)
{
	const struct image *image = &table->images[number];
	status_t status = image->object != 0 ? OK : load(number);

	for (uint64_t i = 0; status == OK && i < image->segment_count; i++) {
		uint64_t rights = image->segments[i].rights;
		uint64_t address = image->segments[i].address;

		layout_add(layout, address, image->segments[i].size,
			rights | ((rights & RIGHT_WRITE) != 0 ? MEMORY_PRIVATE : 0), image->object,
			address - image->base);
	}
	ESTATE_SET(p->entry, image->entry);
	return status;
}
