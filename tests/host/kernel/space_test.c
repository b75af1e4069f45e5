// SPDX-License-Identifier: MIT OR Apache-2.0
// Address spaces: what is mapped where, tables, clones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/user.h"
#include "object_fixture.h"

#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/delete.h>

#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

/* --- address spaces --------------------------------------------------------------------------- */

static handle_t new_space(uint64_t tables)
{
	handle_t space = user_make(OBJECT_ADDRESS_SPACE, 0);

	for (uint64_t i = 0; i < tables; i++) {
		handle_t table = user_make(OBJECT_PAGE_TABLE, 0);

		assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES,
					 fake_info->cnode, user_index(table), 1),
			OK);
		assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES,
					 fake_info->cnode, user_index(table), 1),
			ERR_BUSY);
	}
	return space;
}

static void test_map(void **state)
{
	handle_t space = new_space(2);
	handle_t frame = user_make(OBJECT_FRAME, 14);
	handle_t second = user_copy(frame, RIGHT_READ);
	struct address_space *s = user_object(space);
	uint64_t index = user_slot();
	handle_t table;

	(void)state;
	assert_int_equal(map(space, frame, ADDRESS, 4, RW), ERR_NEED_TABLES);
	assert_int_equal(user_self->frame.args[2], 1);
	table = user_make(OBJECT_PAGE_TABLE, 0);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES, fake_info->cnode,
				 user_index(table), 1),
		OK);
	assert_int_equal(map(space, frame, ADDRESS + 1, 4, RW), ERR_ALIGNMENT);
	assert_int_equal(map(space, frame, ADDRESS, 5, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, ADDRESS, 0, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, 0, 1, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, ABI_USER_ADDRESS_END - PAGE_SIZE, 2, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, ADDRESS, 4, RIGHT_ALL), ERR_INVALID_ARGUMENT);
	assert_int_equal(map(space, frame, ADDRESS, 4, RW | RIGHT_EXECUTE), ERR_INVALID_ARGUMENT);
	assert_int_equal(map(space, second, ADDRESS, 4, RW), ERR_RIGHTS);
	assert_int_equal(map(space, frame, ADDRESS, 4, RW), OK);
	assert_int_equal(map(space, frame, ADDRESS, 4, RW), ERR_ALREADY_MAPPED);
	assert_int_equal(map(space, second, ADDRESS, 1, RIGHT_READ), ERR_ALREADY_MAPPED);
	assert_int_equal(map(space, second, ADDRESS + 0x4000, 1, RIGHT_READ), OK);
	assert_int_equal(s->pool_count, 0);
	invariants_check();
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_PROTECT, frame, RIGHT_READ), OK);
	assert_int_equal(
		user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_PROTECT, frame, RIGHT_READ),
		ERR_NOT_MAPPED);
	assert_int_equal(user_invoke(fake_info->cnode, METHOD_CNODE_MOVE, index, frame), OK);
	frame = user_handle(index);
	invariants_check();
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_UNMAP, frame), OK);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_UNMAP, frame), ERR_NOT_MAPPED);
	assert_int_equal(user_delete(second), OK);
	assert_int_equal(s->pool_count, 3); /* empty tables came back */
	assert_int_equal(map(space, frame, ADDRESS, 1, RIGHT_READ | MAP_FLAG_UNCACHED), OK);
	assert_int_equal(user_delete(table), OK); /* in use: the space is emptied */
	assert_true(s->torn);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_UNMAP, frame), OK);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), ERR_PEER_DEAD);
	invariants_check();
}

static void test_large_pages(void **state)
{
	handle_t space = new_space(2);
	struct slot *slot = user_slot_at(user_slot());
	uint64_t missing;

	(void)state;
	/* Memory that is only mapped, never touched: a frame of 4 MiB at a fitting address. */
	slot_fill(slot, OBJECT_FRAME, (fake_memory_start & ~(uint64_t)0x3fffff) | 22, RIGHT_ALL);
	fake_cpu = cpus[0];
	assert_int_equal(space_map(user_object(space), slot, 0, ADDRESS, 1024, RW, &missing), OK);
	assert_int_equal(((struct address_space *)user_object(space))->pool_count, 0);
	assert_int_equal(user_invoke(fake_info->platform, METHOD_PLATFORM_CHECK_WX, space), OK);
	assert_int_equal(user_self->frame.args[2], 1024);
	assert_int_equal(user_self->frame.words[0], 0);
	space_unmap(slot);
	slot_clear(slot);
	assert_int_equal(((struct address_space *)user_object(space))->pool_count, 2);
}

#define USER_HALF 256u

/* Whether user mode's top table is right: the space's user half, never the kernel's. */
static bool user_top_is_right(const struct address_space *space)
{
	const uint64_t physical = 0x000ffffffffff000u;
	const uint64_t *kernel = virtual_of(space->root);
	const uint64_t *user = virtual_of(space->user_root);
	const uint64_t *isolated = virtual_of(arch_isolation_root);

	for (uint32_t i = 0; i < USER_HALF; i++) {
		if ((kernel[i] & physical) != (user[i] & physical) ||
			(kernel[i] & 1) != (user[i] & 1))
			return false;
		if ((kernel[i] & 1) != 0 && (kernel[i] >> 63 != 1 || user[i] >> 63 != 0))
			return false;
	}
	return memcmp(user + USER_HALF, isolated + USER_HALF, PAGE_SIZE / 2) == 0 &&
	       memcmp(user + USER_HALF, kernel + USER_HALF, PAGE_SIZE / 2) != 0;
}

static void test_isolation(void **state)
{
	static uint64_t isolated[512] __attribute__((aligned(4096)));
	uint64_t *boot = virtual_of(cpus[0]->entry.kernel_root);
	handle_t frame = user_make(OBJECT_FRAME, 12);
	handle_t second = user_make(OBJECT_FRAME, 12);
	struct address_space *s;
	handle_t table;
	handle_t space;

	(void)state;
	boot[300] = 0x5000; /* not present: nothing follows it */
	isolated[300] = 0x6000;
	arch_isolation_root = physical_of(isolated);
	space = new_space(3);
	s = user_object(space);
	assert_int_equal(s->user_root, arch_isolation_root);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), ERR_NEED_TABLES);
	assert_int_equal(user_self->frame.args[2], 1);
	assert_int_equal(s->user_root, arch_isolation_root);
	table = user_make(OBJECT_PAGE_TABLE, 0);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES, fake_info->cnode,
				 user_index(table), 1),
		OK);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), OK);
	assert_int_not_equal(s->user_root, arch_isolation_root);
	assert_true(user_top_is_right(s));
	assert_int_equal(map(space, second, (uint64_t)1 << 40, 1, RW), ERR_NEED_TABLES);
	assert_int_equal(user_self->frame.args[2], 3);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_UNMAP, frame), OK);
	assert_int_equal(s->pool_count, 3); /* all but the top table */
	assert_true(user_top_is_right(s));
	assert_int_equal(map(space, second, (uint64_t)1 << 40, 1, RW), OK);
	assert_true(user_top_is_right(s));
	assert_int_equal(user_delete(table), OK); /* in use: the space is emptied */
	assert_true(s->torn);
	assert_int_equal(s->user_root, arch_isolation_root);
	assert_int_equal(user_delete(space), OK);
	arch_isolation_root = 0;
	boot[300] = 0;
}

/* The entry for `address`, or 0. */
static uint64_t entry_of(handle_t space, uint64_t address)
{
	uint64_t size;

	return arch_leaf(((struct address_space *)user_object(space))->root, address, &size);
}

#define CLONES  40u
#define PRESENT 1u
#define WRITE   2u

static status_t clone(handle_t to, handle_t from, uint64_t first, uint64_t slots, uint64_t count)
{
	return user_invoke(
		to, METHOD_ADDRESS_SPACE_CLONE, from, fake_info->cnode, first, slots, count);
}

static void test_clone(void **state)
{
	handle_t from = new_space(4);
	handle_t to = new_space(2);
	handle_t frames[CLONES];
	uint64_t slots = user_slot();
	uint64_t first;

	(void)state;
	for (uint32_t i = 1; i < CLONES; i++)
		(void)user_slot();
	for (uint32_t i = 0; i < CLONES; i++) {
		frames[i] = user_make(OBJECT_FRAME, 14);
		assert_int_equal(map(from, frames[i], ADDRESS + i * 0x4000, 4, RW), OK);
	}
	first = user_index(frames[0]);
	assert_int_equal(user_index(frames[CLONES - 1]), first + CLONES - 1);
	assert_int_equal(clone(to, from, first, slots, 0), ERR_RANGE);
	assert_int_equal(clone(to, from, first, slots, 257), ERR_RANGE);
	assert_int_equal(clone(to, from, first, UINT64_MAX - 1, 2), ERR_RANGE);
	assert_int_equal(clone(to, fake_info->cnode, first, slots, 1), ERR_WRONG_TYPE);
	assert_int_equal(clone(to, to, first, slots, 1), ERR_NOT_MAPPED);
	assert_int_equal(clone(from, from, first, slots, 1), ERR_ALREADY_MAPPED);
	assert_int_equal(clone(to, from, first, first, 1), ERR_OCCUPIED);
	assert_int_equal(clone(to, from, first, slots, 1), ERR_NEED_TABLES);
	assert_int_equal(user_self->frame.args[2], 1);
	assert_true((entry_of(from, ADDRESS) & WRITE) != 0); /* nothing changed */
	assert_int_equal(user_slot_at(slots)->type, OBJECT_NULL);
	assert_int_equal(user_invoke(to, METHOD_ADDRESS_SPACE_GIVE_TABLES, fake_info->cnode,
				 user_index(user_make(OBJECT_PAGE_TABLE, 0)), 1),
		OK);
	assert_int_equal(user_delete(frames[7]), OK); /* empty slots are passed over */
	assert_int_equal(clone(to, from, first, slots, CLONES), OK); /* in slices */
	assert_int_equal(clone(to, from, first, slots, CLONES), OK); /* all done */
	invariants_check();
	for (uint32_t i = 0; i < CLONES; i++) {
		uint64_t at = ADDRESS + i * 0x4000 + 0x3000;

		if (i == 7) {
			assert_int_equal(entry_of(to, at), 0);
			continue;
		}
		assert_int_equal(entry_of(from, at), entry_of(to, at));
		assert_int_equal(entry_of(to, at) & (PRESENT | WRITE), PRESENT);
	}
	/* Each goes its own way. */
	assert_int_equal(user_invoke(from, METHOD_ADDRESS_SPACE_PROTECT, frames[0], RW), OK);
	assert_true((entry_of(from, ADDRESS) & WRITE) != 0);
	assert_true((entry_of(to, ADDRESS) & WRITE) == 0);
	assert_int_equal(user_invoke(to, METHOD_ADDRESS_SPACE_PROTECT, user_handle(slots), RW), OK);
	assert_int_equal(user_invoke(to, METHOD_ADDRESS_SPACE_UNMAP, user_handle(slots + 1)), OK);
	assert_true(entry_of(from, ADDRESS + 0x4000) != 0);
	assert_int_equal(user_delete(from), OK);
	assert_true(entry_of(to, ADDRESS) != 0);
	assert_int_equal(user_delete(to), OK);
}

/* Tables of a space that was destroyed hold old entries; another space must not see them. */
static void test_tables_of_destroyed_space(void **state)
{
	handle_t space = user_make(OBJECT_ADDRESS_SPACE, 0);
	handle_t frame = user_make(OBJECT_FRAME, 12);
	handle_t tables[3];
	uint64_t missing = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		tables[i] = user_make(OBJECT_PAGE_TABLE, 0);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES, fake_info->cnode,
				 user_index(tables[0]), 3),
		OK);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(user_delete(space), OK);
	space = user_make(OBJECT_ADDRESS_SPACE, 0);
	assert_int_equal(user_invoke(space, METHOD_ADDRESS_SPACE_GIVE_TABLES, fake_info->cnode,
				 user_index(tables[0]), 3),
		OK);
	for (int i = 0; i < 3; i++) {
		const uint64_t *words = user_object(tables[i]);

		for (int w = 2; w < 512; w++) /* behind the pool's links */
			missing += words[w] != 0;
	}
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_map, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_large_pages, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_isolation, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_clone, object_boot, object_end),
		cmocka_unit_test_setup_teardown(
			test_tables_of_destroyed_space, object_boot, object_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
