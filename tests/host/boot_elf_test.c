// SPDX-License-Identifier: MIT OR Apache-2.0
// ELF images: a small good one, cut at every length, and with each field lying.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "boot/elf.h"

enum { TEXT, DATA, DYNAMIC, SEGMENTS };
#define BASE UINT64_C(0x10000)

static union {
	uint8_t bytes[3 * ABI_PAGE_SIZE];
	struct {
		Elf64_Ehdr header;
		Elf64_Phdr segments[SEGMENTS];
	};
} file;

static Elf64_Rela *const rela = (Elf64_Rela *)(file.bytes + ABI_PAGE_SIZE + 256);
static Elf64_Dyn *const dynamic = (Elf64_Dyn *)(file.bytes + 2 * ABI_PAGE_SIZE);
static struct elf_image image;
static struct report report;

static int make(void **state)
{
	(void)state;
	memset(&file, 0, sizeof file);
	memcpy(file.header.e_ident,
		"\x7f"
		"ELF\2\1\1",
		7);
	file.header.e_type = ET_DYN;
	file.header.e_machine = EM_X86_64;
	file.header.e_entry = BASE + 16;
	file.header.e_phoff = sizeof file.header;
	file.header.e_phentsize = sizeof(Elf64_Phdr);
	file.header.e_phnum = SEGMENTS;
	file.segments[TEXT] = (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_offset = ABI_PAGE_SIZE,
		.p_vaddr = BASE,
		.p_filesz = 512,
		.p_memsz = 512};
	file.segments[DATA] = (Elf64_Phdr){.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_offset = 2 * ABI_PAGE_SIZE,
		.p_vaddr = BASE + 2 * ABI_PAGE_SIZE,
		.p_filesz = 128,
		.p_memsz = ABI_PAGE_SIZE + 1};
	file.segments[DYNAMIC] = (Elf64_Phdr){.p_type = PT_DYNAMIC,
		.p_offset = 2 * ABI_PAGE_SIZE,
		.p_filesz = 4 * sizeof(Elf64_Dyn)};
	dynamic[0] = (Elf64_Dyn){.d_tag = DT_RELA, .d_un.d_val = BASE + 256};
	dynamic[1] = (Elf64_Dyn){.d_tag = DT_RELASZ, .d_un.d_val = sizeof *rela};
	*rela = (Elf64_Rela){.r_offset = BASE + 2 * ABI_PAGE_SIZE + 120,
		.r_info = R_X86_64_RELATIVE,
		.r_addend = BASE + 8};
	return 0;
}

// Parses and places a copy of exactly `size` bytes, so that a sanitizer sees what reads beyond.
static status_t load(size_t size, uint64_t slide, uint64_t *relocated)
{
	uint8_t *copy = malloc(size);
	memcpy(copy, &file, size);
	status_t status = elf_parse(&image, copy, size, &report);
	if (status == OK) {
		uint8_t *memory = calloc(1, image.size);
		status = elf_place(&image, memory, slide, &report);
		if (status == OK && relocated)
			memcpy(relocated, memory + 2 * ABI_PAGE_SIZE + 120, 8);
		free(memory);
	}
	free(copy);
	return status;
}

static void refuse(void)
{
	report = (struct report){};
	assert_int_equal(load(sizeof file, 0, nullptr), ERR_BAD_IMAGE);
	assert_non_null(report.what);
}

static void test_good(void **state)
{
	(void)state;
	uint64_t relocated;
	assert_int_equal(load(sizeof file, 0x5000, &relocated), OK);
	assert_int_equal(relocated, BASE + 8 + 0x5000);
	assert_int_equal(image.low, BASE);
	assert_int_equal(image.size, 4 * ABI_PAGE_SIZE);
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.segments[0].rights, RIGHT_READ | RIGHT_EXECUTE);
	assert_int_equal(image.segments[1].size, 2 * ABI_PAGE_SIZE);
}

static void test_cut(void **state)
{
	(void)state;
	size_t needed = 2 * ABI_PAGE_SIZE + 128;
	for (size_t size = 0; size < needed; size++)
		assert_int_equal(load(size, 0, nullptr), ERR_BAD_IMAGE);
	assert_int_equal(load(needed, 0, nullptr), OK);
}

static void test_lying_header(void **state)
{
	(void)state;
	const struct {
		size_t offset;
		uint64_t value;
		size_t size;
	} lies[] = {
		{offsetof(Elf64_Ehdr, e_ident[4]), ELFCLASS32, 1},
		{offsetof(Elf64_Ehdr, e_ident[5]), ELFDATA2MSB, 1},
		{offsetof(Elf64_Ehdr, e_machine), EM_AARCH64, 2},
		{offsetof(Elf64_Ehdr, e_type), ET_REL, 2},
		{offsetof(Elf64_Ehdr, e_phentsize), 32, 2},
		{offsetof(Elf64_Ehdr, e_phnum), 0, 2},
		{offsetof(Elf64_Ehdr, e_phnum), 0xffff, 2},
		{offsetof(Elf64_Ehdr, e_phoff), sizeof file, 8},
		{offsetof(Elf64_Ehdr, e_phoff), UINT64_MAX, 8},
		{offsetof(Elf64_Ehdr, e_entry), BASE + 2 * ABI_PAGE_SIZE, 8},
		{offsetof(Elf64_Ehdr, e_entry), 0, 8},
		{offsetof(Elf64_Ehdr, e_entry), UINT64_MAX, 8},
	};
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
		make(nullptr);
		memcpy(file.bytes + lies[i].offset, &lies[i].value, lies[i].size);
		refuse();
	}
}

#define REFUSE_AFTER(change)   \
	do {                   \
		make(nullptr); \
		change;        \
		refuse();      \
	} while (0)

static void test_lying_segments(void **state)
{
	(void)state;
	Elf64_Phdr *text = &file.segments[TEXT];
	Elf64_Phdr *data = &file.segments[DATA];
	REFUSE_AFTER(text->p_offset = sizeof file);
	REFUSE_AFTER(text->p_offset = UINT64_MAX);
	REFUSE_AFTER(text->p_filesz = UINT64_MAX);
	REFUSE_AFTER(text->p_memsz = 511);
	REFUSE_AFTER(text->p_flags = PF_R | PF_W | PF_X);
	REFUSE_AFTER(text->p_flags = PF_R);
	REFUSE_AFTER(text->p_memsz = UINT64_MAX);
	REFUSE_AFTER(data->p_vaddr = UINT64_MAX - 100);
	REFUSE_AFTER(data->p_vaddr = BASE);
	REFUSE_AFTER(data->p_vaddr = BASE + 600);
	REFUSE_AFTER(data->p_vaddr = 0);
	REFUSE_AFTER(file.segments[DYNAMIC].p_type = PT_INTERP);
	REFUSE_AFTER(file.segments[DYNAMIC].p_offset = UINT64_MAX - 8);
	REFUSE_AFTER(file.segments[DYNAMIC].p_filesz = sizeof file);
}

static void test_too_many_segments(void **state)
{
	(void)state;
	file.header.e_phnum = ELF_SEGMENTS_MAX + 1;
	for (uint64_t i = 0; i <= ELF_SEGMENTS_MAX; i++) {
		file.segments[i] = file.segments[TEXT];
		file.segments[i].p_vaddr = BASE + i * ABI_PAGE_SIZE;
	}
	refuse();
}

static void test_lying_relocations(void **state)
{
	(void)state;
	REFUSE_AFTER(dynamic[0].d_un.d_val = 0);
	REFUSE_AFTER(dynamic[0].d_un.d_val = UINT64_MAX);
	REFUSE_AFTER(dynamic[1].d_un.d_val = UINT64_MAX - 15);
	REFUSE_AFTER(dynamic[1].d_un.d_val = sizeof *rela + 1);
	REFUSE_AFTER(dynamic[1].d_tag = DT_NEEDED);
	REFUSE_AFTER(dynamic[0].d_tag = DT_REL);
	REFUSE_AFTER(rela->r_info = R_X86_64_64);
	REFUSE_AFTER(rela->r_offset = BASE + 4 * ABI_PAGE_SIZE - 7);
	REFUSE_AFTER(rela->r_offset = BASE - 1);
	REFUSE_AFTER(rela->r_offset = UINT64_MAX);
	REFUSE_AFTER(file.header.e_type = ET_EXEC);
}

#define TEST(function) cmocka_unit_test_setup(function, make)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_good), TEST(test_cut), TEST(test_lying_header),
		TEST(test_lying_segments), TEST(test_too_many_segments),
		TEST(test_lying_relocations)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
