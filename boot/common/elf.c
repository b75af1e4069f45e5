// SPDX-License-Identifier: MIT OR Apache-2.0
// All arithmetic on values from the file is checked before it is used.
#include "boot/elf.h"

#include <string.h>

struct elf_header {
	uint8_t ident[16];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};

struct elf_program_header {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

struct elf_dynamic {
	uint64_t tag;
	uint64_t value;
};

struct elf_rela {
	uint64_t offset;
	uint64_t info;
	uint64_t addend;
};

enum { ELF_TYPE_EXECUTABLE = 2, ELF_TYPE_DYNAMIC = 3, ELF_MACHINE_X86_64 = 62 };
enum {
	SEGMENT_LOAD = 1,
	SEGMENT_DYNAMIC = 2,
	SEGMENT_INTERPRETER = 3,
	SEGMENT_CONSTANT = 0x6474e552 // GNU_RELRO
};
enum { FLAG_EXECUTE = 1, FLAG_WRITE = 2, FLAG_READ = 4 };
enum {
	DYNAMIC_NEEDED = 1,
	DYNAMIC_PLT_SIZE = 2,
	DYNAMIC_RELA = 7,
	DYNAMIC_RELA_SIZE = 8,
	DYNAMIC_REL = 17,
	DYNAMIC_RELR = 36,
};
enum { RELOCATION_RELATIVE = 8 };

static status_t bad(struct report *report, const char *what)
{
	return report_failure(report, ERR_BAD_IMAGE, what, ADVICE_BUNDLE);
}

static bool fits(uint64_t offset, uint64_t size, uint64_t limit)
{
	return offset <= limit && size <= limit - offset;
}

static uint64_t page_down(uint64_t value)
{
	return value & ~(uint64_t)(ABI_PAGE_SIZE - 1);
}

static status_t check_header(
	const struct elf_header *header, uint64_t file_size, struct report *report)
{
	static const uint8_t ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
	if (memcmp(header->ident, ident, sizeof ident) != 0)
		return bad(report, "This is not a 64-bit little-endian ELF file.");
	if (header->machine != ELF_MACHINE_X86_64)
		return bad(report, "The program is for another kind of processor.");
	if (header->type != ELF_TYPE_EXECUTABLE && header->type != ELF_TYPE_DYNAMIC)
		return bad(report, "The ELF file is no program.");
	if (header->phentsize != sizeof(struct elf_program_header))
		return bad(report, "The ELF program headers have a strange size.");
	uint64_t table = (uint64_t)header->phnum * sizeof(struct elf_program_header);
	if (header->phnum == 0 || !fits(header->phoff, table, file_size))
		return bad(report, "The ELF program headers lie outside the file.");
	return OK;
}

static uint64_t rights_of(uint32_t flags)
{
	return (flags & FLAG_READ ? RIGHT_READ : 0) | (flags & FLAG_WRITE ? RIGHT_WRITE : 0) |
	       (flags & FLAG_EXECUTE ? RIGHT_EXECUTE : 0);
}

static status_t check_load(
	const struct elf_image *image, const struct elf_program_header *ph, struct report *report)
{
	if (image->segment_count == ELF_SEGMENTS_MAX)
		return bad(report, "The ELF file has too many segments.");
	if (!fits(ph->offset, ph->filesz, image->file_size) || ph->filesz > ph->memsz)
		return bad(report, "An ELF segment lies outside the file.");
	if (!fits(ph->vaddr, ph->memsz, UINT64_MAX - ABI_PAGE_SIZE))
		return bad(report, "An ELF segment wraps around the end of the address space.");
	if (ph->flags & FLAG_WRITE && ph->flags & FLAG_EXECUTE)
		return bad(report, "An ELF segment is writable and executable.");
	if (page_down(ph->vaddr) < image->low + image->size)
		return bad(report, "ELF segments overlap or are out of order.");
	return OK;
}

// Appends a segment; `low` and `size` grow to cover it.
static status_t add_load(
	struct elf_image *image, const struct elf_program_header *ph, struct report *report)
{
	status_t status = check_load(image, ph, report);
	if (status != OK)
		return status;
	uint64_t address = page_down(ph->vaddr);
	uint64_t end = page_down(ph->vaddr + ph->memsz + ABI_PAGE_SIZE - 1);
	image->segments[image->segment_count++] = (struct elf_segment){.address = address,
		.size = end - address,
		.rights = rights_of(ph->flags),
		.data_address = ph->vaddr,
		.data_offset = ph->offset,
		.data_size = ph->filesz};
	if (image->segment_count == 1)
		image->low = address;
	image->size = end - image->low;
	return OK;
}

static status_t read_dynamic_entry(
	struct elf_image *image, const struct elf_dynamic *entry, struct report *report)
{
	switch (entry->tag) {
	case DYNAMIC_RELA:
		image->rela_address = entry->value;
		return OK;
	case DYNAMIC_RELA_SIZE:
		image->rela_size = entry->value;
		return OK;
	case DYNAMIC_NEEDED:
	case DYNAMIC_PLT_SIZE:
	case DYNAMIC_REL:
	case DYNAMIC_RELR:
		return bad(report, "The ELF file needs a dynamic linker.");
	default:
		return OK;
	}
}

static status_t read_dynamic(
	struct elf_image *image, const struct elf_program_header *ph, struct report *report)
{
	if (!fits(ph->offset, ph->filesz, image->file_size))
		return bad(report, "The ELF dynamic section lies outside the file.");
	struct elf_dynamic entry = {.tag = 1};
	for (uint64_t at = 0; at + sizeof entry <= ph->filesz && entry.tag != 0;
		at += sizeof entry) {
		memcpy(&entry, image->file + ph->offset + at, sizeof entry);
		status_t status = read_dynamic_entry(image, &entry, report);
		if (status != OK)
			return status;
	}
	return OK;
}

// What is constant after relocation has a segment of its own, or stays writable.
static void note_constant(struct elf_image *image, const struct elf_program_header *ph)
{
	for (uint64_t i = 0; i < image->segment_count; i++) {
		struct elf_segment *segment = &image->segments[i];
		if (segment->address == ph->vaddr && segment->size == ph->memsz)
			segment->constant = true;
	}
}

static status_t read_program_header(
	struct elf_image *image, const struct elf_program_header *ph, struct report *report)
{
	switch (ph->type) {
	case SEGMENT_LOAD:
		return ph->memsz == 0 ? OK : add_load(image, ph, report);
	case SEGMENT_DYNAMIC:
		return read_dynamic(image, ph, report);
	case SEGMENT_CONSTANT:
		note_constant(image, ph);
		return OK;
	case SEGMENT_INTERPRETER:
		return bad(report, "The ELF file needs a dynamic linker.");
	default:
		return OK;
	}
}

static bool is_entry_executable(const struct elf_image *image)
{
	for (uint64_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		if (segment->rights & RIGHT_EXECUTE && image->entry >= segment->address &&
			image->entry - segment->address < segment->size)
			return true;
	}
	return false;
}

static status_t check_image(const struct elf_image *image, struct report *report)
{
	if (!is_entry_executable(image))
		return bad(report, "The ELF entry point is not in an executable segment.");
	if (image->rela_size == 0)
		return OK;
	if (!image->relocatable)
		return bad(report, "The ELF file has relocations but a fixed address.");
	uint64_t offset = image->rela_address - image->low;
	if (image->rela_address < image->low || image->rela_size % sizeof(struct elf_rela) != 0 ||
		!fits(offset, image->rela_size, image->size))
		return bad(report, "The ELF relocation table lies outside the image.");
	return OK;
}

status_t elf_parse(struct elf_image *image, const void *file, uint64_t size, struct report *report)
{
	struct elf_header header;
	if (size < sizeof header)
		return bad(report, "The ELF file is cut short.");
	memcpy(&header, file, sizeof header);
	status_t status = check_header(&header, size, report);
	if (status != OK)
		return status;
	*image = (struct elf_image){.file = file,
		.file_size = size,
		.entry = header.entry,
		.relocatable = header.type == ELF_TYPE_DYNAMIC};
	for (uint64_t i = 0; i < header.phnum; i++) {
		struct elf_program_header ph;
		memcpy(&ph, image->file + header.phoff + i * sizeof ph, sizeof ph);
		status = read_program_header(image, &ph, report);
		if (status != OK)
			return status;
	}
	return check_image(image, report);
}

status_t elf_leave_out_zeroes(struct elf_image *image, struct report *report)
{
	uint64_t size = 0;
	for (uint64_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		uint64_t end = segment->data_address - image->low + segment->data_size;
		if (segment->data_size > 0 && end > size)
			size = end;
	}
	image->size = size;
	if (image->rela_size != 0 &&
		!fits(image->rela_address - image->low, image->rela_size, size))
		return bad(report, "The ELF relocation table lies outside the image.");
	return OK;
}

static status_t relocate(const struct elf_image *image, uint8_t *memory, uint64_t slide,
	const struct elf_rela *rela, struct report *report)
{
	if ((uint32_t)rela->info != RELOCATION_RELATIVE)
		return bad(report, "The ELF file has a relocation that is not relative.");
	uint64_t value = rela->addend + slide;
	uint64_t offset = rela->offset - image->low;
	if (rela->offset < image->low || !fits(offset, sizeof value, image->size))
		return bad(report, "An ELF relocation points outside the image.");
	memcpy(memory + offset, &value, sizeof value);
	return OK;
}

// The table is read from the file's bytes as they were placed; a relocation that changes the
// table itself can only name places inside the image again, which is checked each time.
status_t elf_place(
	const struct elf_image *image, uint8_t *memory, uint64_t slide, struct report *report)
{
	for (uint64_t i = 0; i < image->segment_count; i++) {
		const struct elf_segment *segment = &image->segments[i];
		memcpy(memory + (segment->data_address - image->low),
			image->file + segment->data_offset, segment->data_size);
	}
	for (uint64_t at = 0; at < image->rela_size; at += sizeof(struct elf_rela)) {
		struct elf_rela rela;
		memcpy(&rela, memory + (image->rela_address - image->low) + at, sizeof rela);
		status_t status = relocate(image, memory, slide, &rela, report);
		if (status != OK)
			return status;
	}
	return OK;
}
