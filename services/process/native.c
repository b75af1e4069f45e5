// SPDX-License-Identifier: MIT OR Apache-2.0
/* Native programs: static, position-independent ELF files. The image is put together here, copied
 * to the program's own memory, and gets the rights of its segments there; a program's pages are
 * never writable and executable. It starts with the same capabilities and pages as the program that
 * runs WASM modules. */
#include "process.h"

#include <abi/protocol/log.h>
#include <abi/protocol/memory.h>
#include <boot/elf.h>
#include <craton/estate.h>
#include <craton/print.h>

#define IMAGE_LOW     0x200000000000u
#define IMAGE_PAGES   0x10000000u
#define LEVEL_WARNING 1u

static void tell(const struct process *p, const char *what)
{
	char text[160];
	struct call call = {.words = {LEVEL_WARNING}, .in = text};

	call.in_size = print_to(text, sizeof(text), "%s: %s", (const char *)p->name, what);
	call.words[1] = call.in_size;
	(void)!peer_call(SERVICE_NUMBER_LOG, LOG_WRITE, &call);
}

static uint64_t choose_base(const struct process *p)
{
	uint64_t random =
		(service_start()->entropy[2] ^ p->pid * 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;

	return IMAGE_LOW + ((random >> 20) ^ time_now()) % IMAGE_PAGES * PAGE;
}

/* What this system asks for beyond a well-formed file. */
static status_t check(struct elf_image *elf, struct report *report)
{
	status_t status = elf_leave_out_zeroes(elf, report);

	if (status == OK && !elf->relocatable) {
		report->what = "The ELF file is not position-independent.";
		status = ERR_BAD_IMAGE;
	}
	if (status == OK && elf->size > IMAGE_MAX) {
		report->what = "The program is too large.";
		status = ERR_TOO_LONG;
	}
	return status;
}

bool is_zero(const uint8_t *bytes, size_t size)
{
	uint64_t word;

	for (; size >= sizeof(word); size -= sizeof(word), bytes += sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		if (word != 0)
			return false;
	}
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size == 0;
}

/* Fresh memory is zero already. */
static status_t copy(const struct process *p, uint64_t address, const uint8_t *bytes, uint64_t size)
{
	status_t status = OK;

	for (uint64_t at = 0; status == OK && at < size; at += MESSAGE_BYTES) {
		size_t part = size - at < MESSAGE_BYTES ? size - at : MESSAGE_BYTES;
		struct call call = {
			.words = {p->pid, address + at, part}, .in = bytes + at, .in_size = part};

		if (!is_zero(bytes + at, part))
			status = peer_call(SERVICE_NUMBER_MEMORY, MEMORY_WRITE, &call);
	}
	return status;
}

static status_t place_segment(
	const struct process *p, const struct elf_image *elf, uint64_t index, uint64_t base)
{
	const struct elf_segment *segment = &elf->segments[index];
	uint64_t offset = segment->address - elf->low;
	uint64_t address = offset + base;
	uint64_t given = elf->size > offset ? elf->size - offset : 0;
	uint64_t words[6] = {p->pid, address, segment->size, segment->rights};
	status_t status = process_map(
		p, address, segment->size, RIGHT_READ | RIGHT_WRITE, MEMORY_OBJECT_ANONYMOUS, 0);

	if (status == OK)
		status = copy(p, address, image_memory + offset,
			given < segment->size ? given : segment->size);
	if (status == OK)
		status = peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_PROTECT, words);
	return status;
}

status_t native_load(struct process *p, const struct program_file *file)
{
	struct report report = {0};
	struct elf_image elf;
	uint64_t base = choose_base(p);
	status_t status = elf_parse(&elf, file->data, file->size, &report);

	if (status == OK)
		status = check(&elf, &report);
	if (status == OK) {
		memset(image_memory, 0, elf.size);
		status = elf_place(&elf, image_memory, base - elf.low, &report);
	}
	if (status != OK) {
		tell(p, report.what);
		return status;
	}
	for (uint64_t i = 0; status == OK && i < elf.segment_count; i++)
		status = place_segment(p, &elf, i, base);
	ESTATE_SET(p->entry, elf.entry - elf.low + base);
	return status;
}
