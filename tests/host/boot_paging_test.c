// SPDX-License-Identifier: MIT OR Apache-2.0
// Page tables, walked by a second implementation of the manual's rules.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "boot/paging.h"

enum { POOL_PAGES = 16 };
#define PAGE   ((uint64_t)ABI_PAGE_SIZE)
#define FRAMES UINT64_C(0x000ffffffffff000)

static alignas(ABI_PAGE_SIZE) uint8_t pool[POOL_PAGES * ABI_PAGE_SIZE];
static struct page_builder builder;

static int make(void **state)
{
	(void)state;
	memset(pool, 0, sizeof pool);
	page_builder_begin(&builder, (uint64_t)pool, sizeof pool);
	return 0;
}

// The leaf entry that translates `address`, and how many bits of the address it leaves; 0: none.
static uint64_t walk(uint64_t address, unsigned *offset_bits)
{
	const uint64_t *table = builder.root;
	for (unsigned shift = 39;; shift -= 9) {
		uint64_t entry = table[address >> shift & 511];
		*offset_bits = shift;
		if (!(entry & 1) || shift == 12 || entry & 0x80)
			return entry & 1 ? entry : 0;
		table = (const uint64_t *)(entry & FRAMES);
	}
}

static void test_small_pages(void **state)
{
	(void)state;
	uint64_t address = UINT64_C(0xffffffff80000000) - 2 * PAGE; // crosses a 1 GiB border
	unsigned bits;
	assert_int_equal(page_map(&builder, address, 0x5000, 4 * PAGE, PAGE_WRITE | PAGE_NO_EXECUTE,
				 PAGE_4K),
		OK);
	for (uint64_t i = 0; i < 4; i++) {
		uint64_t entry = walk(address + i * PAGE, &bits);
		assert_int_equal(bits, 12);
		assert_int_equal(entry, (0x5000 + i * PAGE) | 3 | PAGE_NO_EXECUTE);
	}
	assert_int_equal(walk(address - PAGE, &bits), 0);
	assert_int_equal(walk(address + 4 * PAGE, &bits), 0);
}

static void test_large_pages(void **state)
{
	(void)state;
	unsigned bits;
	assert_int_equal(page_map(&builder, 0, 0, UINT64_C(2) << 21, PAGE_GLOBAL, PAGE_2M), OK);
	assert_int_equal(walk(0x345678, &bits), 0x200000 | 0x181);
	assert_int_equal(bits, 21);
	assert_int_equal(page_map(&builder, UINT64_C(4) << 30, UINT64_C(4) << 30, UINT64_C(1) << 30,
				 0, PAGE_1G),
		OK);
	assert_int_equal(walk(UINT64_C(4) << 30, &bits), UINT64_C(4) << 30 | 0x81);
	assert_int_equal(bits, 30);
}

static void test_pool_is_enough_and_no_more(void **state)
{
	(void)state;
	const struct {
		uint64_t address;
		uint64_t size;
		enum page_level level;
	} cases[] = {{0x200000 - PAGE, 2 * PAGE, PAGE_4K}, {0, PAGE, PAGE_4K},
		{(UINT64_C(1) << 39) - PAGE, 2 * PAGE, PAGE_4K}, {0, UINT64_C(4) << 30, PAGE_2M},
		{UINT64_C(0xffff800100000000), UINT64_C(1) << 40, PAGE_1G}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		make(nullptr);
		uint64_t needed =
			page_tables_needed(cases[i].address, cases[i].size, cases[i].level);
		page_builder_begin(&builder, (uint64_t)pool, (needed + 1) * PAGE);
		assert_int_equal(
			page_map(&builder, cases[i].address, 0, cases[i].size, 0, cases[i].level),
			OK);
		assert_int_equal(builder.next, builder.end);
	}
}

static void test_pool_used_up(void **state)
{
	(void)state;
	page_builder_begin(&builder, (uint64_t)pool, 2 * PAGE);
	assert_int_equal(page_map(&builder, 0, 0, PAGE, 0, PAGE_4K), ERR_NO_MEMORY);
}

#define TEST(function) cmocka_unit_test_setup(function, make)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_small_pages), TEST(test_large_pages),
		TEST(test_pool_is_enough_and_no_more), TEST(test_pool_used_up)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
