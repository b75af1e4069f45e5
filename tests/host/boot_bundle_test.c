// SPDX-License-Identifier: MIT OR Apache-2.0
// Bundles: a good one, one with each bit of it flipped in turn, cut ones, and tables that lie
// although their hash is right.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "boot/bundle.h"
#include <hash/blake2b.h>

enum { PAGES = 4, COUNT = 2, FIRST_SIZE = 5000, SECOND_SIZE = 100 };

static union {
	uint8_t bytes[PAGES * ABI_PAGE_SIZE];
	struct {
		struct bundle_header header;
		struct bundle_entry entries[COUNT];
	};
} image;

static struct bundle bundle;
static struct report report;

// Makes the hashes right again after a change.
static void seal(void)
{
	for (int i = 0; i < COUNT; i++) {
		struct bundle_entry *entry = &image.entries[i];
		if (entry->offset < sizeof image && entry->size <= sizeof image - entry->offset)
			blake2b(image.bytes + entry->offset, entry->size, entry->hash);
	}
	blake2b(image.entries, sizeof image.entries, image.header.entries_hash);
}

static int make(void **state)
{
	(void)state;
	memset(&image, 0, sizeof image);
	image.header = (struct bundle_header){.magic = BUNDLE_MAGIC,
		.version = BUNDLE_VERSION,
		.count = COUNT,
		.size = sizeof image,
		.abi_hash = ABI_HASH};
	image.entries[0] = (struct bundle_entry){
		.name = "kernel", .offset = ABI_PAGE_SIZE, .size = FIRST_SIZE, .flags = 1};
	image.entries[1] = (struct bundle_entry){
		.name = "share/text", .offset = 3 * ABI_PAGE_SIZE, .size = SECOND_SIZE};
	memset(image.bytes + ABI_PAGE_SIZE, 0x5a, FIRST_SIZE);
	memset(image.bytes + 3 * ABI_PAGE_SIZE, 0xa5, SECOND_SIZE);
	seal();
	return 0;
}

static status_t verify(uint64_t size)
{
	status_t status = bundle_open(&bundle, &image, size, &report);
	return status == OK ? bundle_check(&bundle, true, &report) : status;
}

static void test_good(void **state)
{
	(void)state;
	struct bundle_file file;
	assert_int_equal(verify(sizeof image), OK);
	assert_int_equal(bundle_find(&bundle, "share/text", &file), OK);
	assert_int_equal(file.size, SECOND_SIZE);
	assert_ptr_equal(file.data, image.bytes + 3 * ABI_PAGE_SIZE);
	assert_int_equal(bundle_find(&bundle, "share", &file), ERR_NOT_FOUND);
	assert_int_equal(bundle_check(&bundle, false, &report), OK);
}

static void test_every_flipped_bit_is_found(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof image; bit++) {
		uint8_t mask = (uint8_t)(1 << bit % 8);
		image.bytes[bit / 8] ^= mask;
		// The bits of the two files' middle are alike; a tenth of them will do.
		bool middle = bit / 8 > ABI_PAGE_SIZE + 64 && bit % 10 != 0;
		if (!middle && verify(sizeof image) == OK)
			fail_msg("bit %zu of byte %zu was not noticed", bit % 8, bit / 8);
		image.bytes[bit / 8] ^= mask;
	}
	assert_int_equal(verify(sizeof image), OK);
}

static void test_only_what_boots(void **state)
{
	(void)state;
	image.bytes[3 * ABI_PAGE_SIZE] ^= 1;
	assert_int_equal(bundle_open(&bundle, &image, sizeof image, &report), OK);
	assert_int_equal(bundle_check(&bundle, false, &report), OK);
	assert_int_equal(bundle_check(&bundle, true, &report), ERR_CORRUPT);
	assert_string_equal(report.subject, "share/text");
	image.bytes[ABI_PAGE_SIZE] ^= 1;
	assert_int_equal(bundle_check(&bundle, false, &report), ERR_CORRUPT);
	assert_string_equal(report.subject, "kernel");
}

static void test_cut(void **state)
{
	(void)state;
	for (uint64_t size = 0; size < sizeof image; size++)
		assert_int_not_equal(verify(size), OK);
}

static void test_longer_memory_is_no_harm(void **state)
{
	(void)state;
	image.header.size = sizeof image - ABI_PAGE_SIZE;
	image.header.count = 1;
	blake2b(image.entries, sizeof image.entries[0], image.header.entries_hash);
	memset(&image.entries[1], 0, sizeof image.entries[1]);
	assert_int_equal(verify(sizeof image), OK);
	assert_int_equal(bundle.size, sizeof image - ABI_PAGE_SIZE);
}

static void refuse(status_t expected)
{
	seal();
	assert_int_equal(verify(sizeof image), expected);
	assert_non_null(report.what);
	assert_true(strlen(report.advice) > 10);
}

// Two names for one file: the second begins where the first does.
static void test_file_with_two_names(void **state)
{
	(void)state;
	struct bundle_file file;
	image.entries[1].offset = image.entries[0].offset;
	image.entries[1].size = image.entries[0].size;
	image.header.size = 3 * ABI_PAGE_SIZE;
	seal();
	assert_int_equal(verify(sizeof image), OK);
	assert_int_equal(bundle_find(&bundle, "share/text", &file), OK);
	assert_ptr_equal(file.data, image.bytes + ABI_PAGE_SIZE);
	assert_int_equal(file.size, FIRST_SIZE);
}

static void test_part_of_another_file(void **state)
{
	(void)state;
	image.entries[1].offset = image.entries[0].offset;
	image.header.size = 3 * ABI_PAGE_SIZE;
	refuse(ERR_BAD_IMAGE);
}

static void test_another_interface(void **state)
{
	(void)state;
	image.header.abi_hash ^= 1;
	refuse(ERR_VERSION);
}

static void test_lying_counts(void **state)
{
	(void)state;
	const uint32_t counts[] = {0, 1, 3, 200, 0x7fffffff, 0xffffffff};
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		image.header.count = counts[i];
		assert_int_not_equal(verify(sizeof image), OK);
	}
}

static void test_lying_places(void **state)
{
	(void)state;
	const uint64_t offsets[] = {0, 1, 2 * ABI_PAGE_SIZE, 3 * ABI_PAGE_SIZE + 1,
		4 * ABI_PAGE_SIZE, UINT64_MAX, UINT64_MAX & ~(uint64_t)4095};
	for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
		image.entries[1].offset = offsets[i];
		refuse(ERR_BAD_IMAGE);
	}
}

static void test_lying_sizes(void **state)
{
	(void)state;
	const uint64_t sizes[] = {ABI_PAGE_SIZE + 1, UINT64_MAX, UINT64_MAX - 4095, 0};
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		image.entries[1].size = sizes[i];
		refuse(ERR_BAD_IMAGE);
	}
}

static void test_bad_names(void **state)
{
	(void)state;
	const char *names[] = {"", "/a", "a", "kernel"}; // the last two: not ascending
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		memset(image.entries[1].name, 0, sizeof image.entries[1].name);
		memcpy(image.entries[1].name, names[i], strlen(names[i]));
		refuse(ERR_BAD_IMAGE);
	}
	memset(image.entries[1].name, 'x', sizeof image.entries[1].name);
	refuse(ERR_BAD_IMAGE);
}

#define TEST(function) cmocka_unit_test_setup(function, make)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_good), TEST(test_every_flipped_bit_is_found),
		TEST(test_only_what_boots), TEST(test_cut), TEST(test_longer_memory_is_no_harm),
		TEST(test_file_with_two_names), TEST(test_cut), TEST(test_longer_memory_is_no_harm),
		TEST(test_part_of_another_file), TEST(test_cut),
		TEST(test_longer_memory_is_no_harm), TEST(test_another_interface),
		TEST(test_lying_counts), TEST(test_lying_places), TEST(test_lying_sizes),
		TEST(test_bad_names)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
