// SPDX-License-Identifier: MIT OR Apache-2.0
// The memory map, against a model that keeps one kind per page.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "boot/ranges.h"

enum { CAPACITY = 64, PAGES = 48, ROUNDS = 20000 };
#define PAGE ((uint64_t)ABI_PAGE_SIZE)

static struct memory_range items[CAPACITY];
static struct ranges ranges;

static int make(void **state)
{
	(void)state;
	ranges = (struct ranges){.items = items, .capacity = CAPACITY};
	return 0;
}

static void check_order(void)
{
	for (uint64_t i = 0; i < ranges.count; i++) {
		assert_true(items[i].size > 0);
		assert_int_equal((items[i].base | items[i].size) % PAGE, 0);
		if (i == 0)
			continue;
		uint64_t end = items[i - 1].base + items[i - 1].size;
		assert_true(end <= items[i].base);
		assert_true(end < items[i].base || items[i - 1].kind != items[i].kind);
	}
}

static uint32_t kind_at(uint64_t address)
{
	for (uint64_t i = 0; i < ranges.count; i++) {
		if (address >= items[i].base && address - items[i].base < items[i].size)
			return items[i].kind;
	}
	return 0;
}

static void test_random_against_model(void **state)
{
	(void)state;
	uint32_t model[PAGES] = {};
	srandom(1);
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t first = (uint64_t)random() % PAGES;
		uint64_t count = (uint64_t)random() % (PAGES - first) + 1;
		uint32_t kind = (uint32_t)random() % 9 + 1;
		assert_int_equal(ranges_set(&ranges, first * PAGE, count * PAGE, kind), OK);
		for (uint64_t i = first; i < first + count; i++)
			model[i] = kind;
		check_order();
		for (uint64_t i = 0; i < PAGES; i++)
			assert_int_equal(kind_at(i * PAGE), model[i]);
	}
}

static void test_parts_of_pages(void **state)
{
	(void)state;
	assert_int_equal(ranges_set(&ranges, 1, 3 * PAGE, MEMORY_KIND_USABLE), OK);
	assert_int_equal(items[0].base, PAGE);
	assert_int_equal(items[0].size, 2 * PAGE);
	assert_int_equal(ranges_set(&ranges, 2 * PAGE - 1, 2, MEMORY_KIND_RESERVED), OK);
	assert_int_equal(ranges.count, 1);
	assert_int_equal(items[0].kind, MEMORY_KIND_RESERVED);
	assert_int_equal(ranges_set(&ranges, 9 * PAGE + 1, PAGE - 1, MEMORY_KIND_USABLE), OK);
	assert_int_equal(ranges.count, 1);
}

static void test_end_of_address_space(void **state)
{
	(void)state;
	assert_int_equal(ranges_set(&ranges, UINT64_MAX - 10, 100, MEMORY_KIND_RESERVED), OK);
	assert_int_equal(ranges_set(&ranges, PAGE, UINT64_MAX, MEMORY_KIND_RESERVED), OK);
	assert_int_equal(ranges_set(&ranges, UINT64_MAX, UINT64_MAX, MEMORY_KIND_USABLE), OK);
	check_order();
	assert_int_equal(ranges.count, 1);
}

static void test_full(void **state)
{
	(void)state;
	ranges.capacity = 3;
	assert_int_equal(ranges_set(&ranges, 0, 9 * PAGE, MEMORY_KIND_USABLE), OK);
	assert_int_equal(ranges_set(&ranges, 3 * PAGE, PAGE, MEMORY_KIND_BAD), OK);
	assert_int_equal(ranges_set(&ranges, 6 * PAGE, PAGE, MEMORY_KIND_BAD), ERR_NO_MEMORY);
	assert_int_equal(ranges.count, 3);
	assert_int_equal(kind_at(6 * PAGE), MEMORY_KIND_USABLE);
}

static void test_find(void **state)
{
	(void)state;
	uint64_t base;
	assert_int_equal(ranges_set(&ranges, PAGE, PAGE, MEMORY_KIND_USABLE), OK);
	assert_int_equal(ranges_set(&ranges, 3 * PAGE, 9 * PAGE, MEMORY_KIND_USABLE), OK);
	assert_int_equal(ranges_find(&ranges, PAGE, PAGE, 0, UINT64_MAX, &base), OK);
	assert_int_equal(base, PAGE);
	assert_int_equal(ranges_find(&ranges, 2 * PAGE, PAGE, 0, UINT64_MAX, &base), OK);
	assert_int_equal(base, 3 * PAGE);
	assert_int_equal(ranges_find(&ranges, PAGE, 8 * PAGE, 0, UINT64_MAX, &base), OK);
	assert_int_equal(base, 8 * PAGE);
	assert_int_equal(
		ranges_find(&ranges, 9 * PAGE, PAGE, 0, 12 * PAGE - 1, &base), ERR_NO_MEMORY);
	assert_int_equal(
		ranges_find(&ranges, UINT64_MAX, PAGE, 0, UINT64_MAX, &base), ERR_NO_MEMORY);
	assert_int_equal(ranges_memory_end(&ranges), 12 * PAGE);
}

#define TEST(function) cmocka_unit_test_setup(function, make)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_random_against_model),
		TEST(test_parts_of_pages), TEST(test_end_of_address_space), TEST(test_full),
		TEST(test_find)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
