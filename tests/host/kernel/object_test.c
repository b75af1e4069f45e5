// SPDX-License-Identifier: MIT OR Apache-2.0
// Methods of objects, each with the arguments it refuses; containers; address spaces; trees.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/user.h"

#include <arch/paging.h>
#include <arch/physmap.h>
#include <kernel/boot_memory.h>
#include <kernel/console.h>
#include <kernel/delete.h>
#include <kernel/tree.h>

#define US      1000u
#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

static int boot(void **state)
{
	(void)state;
	user_boot(2);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

/* --- trees ------------------------------------------------------------------------------------ */

static void test_tree(void **state)
{
	static struct tree_node nodes[300];
	struct tree tree = {0};
	uint64_t inside = 0;

	(void)state;
	user_seed(5);
	for (int step = 0; step < 20000; step++) {
		struct tree_node *node = &nodes[user_below(300)];
		struct tree_node *next;
		uint64_t count = 0;

		if (node->linked != 0) {
			tree_remove(&tree, node);
			inside--;
		} else {
			*node = (struct tree_node){
				.major = user_below(20), .minor = user_below(1000)};
			tree_insert(&tree, node);
			inside++;
		}
		if (step % 64 != 0)
			continue;
		for (node = tree.first; node != NULL; node = next, count++) {
			next = tree_next(node);
			if (next != NULL)
				assert_true(
					next->major > node->major ||
					(next->major == node->major && next->minor >= node->minor));
		}
		assert_int_equal(count, inside);
		node = tree_lower_bound(&tree, 10, 0);
		assert_true(node == NULL || node->major >= 10);
	}
}

/* --- handles ---------------------------------------------------------------------------------- */

static void test_handles(void **state)
{
	handle_t table = user_make(OBJECT_CNODE, 4);
	handle_t inner = user_make(OBJECT_CNODE, 3);
	handle_t n = user_make(OBJECT_NOTIFICATION, 0);
	uint64_t bits = (uint64_t)(fake_root->cspace->radix);
	uint64_t tag;
	handle_t deep;

	(void)state;
	assert_int_equal(user_invoke(table, METHOD_CNODE_MOVE, 5, inner), OK);
	tag = user_self->frame.args[2];
	deep = tag << 24 | 5u << bits | user_index(table);
	assert_int_equal(user_invoke(deep, METHOD_CNODE_COPY, 3, n, RIGHT_WRITE), OK);
	tag = user_self->frame.args[2];
	deep = tag << 24 | 3u << (bits + 4) | 5u << bits | user_index(table);
	assert_int_equal(user_signal(deep), OK);
	assert_int_equal(user_wait(deep, 1, 0), ERR_RIGHTS);
	assert_int_equal(user_signal(deep + ((uint64_t)1 << 24)), ERR_STALE);
	assert_int_equal(user_signal(0), ERR_INVALID_HANDLE);
	assert_int_equal(user_signal(n | 7u << bits), ERR_INVALID_HANDLE);
	assert_int_equal(user_signal(user_handle(2)), ERR_WRONG_TYPE);
	assert_int_equal(user_invoke(table, METHOD_CNODE_COPY, 1, n, 1), ERR_RANGE);
	assert_int_equal(user_invoke(table, METHOD_CNODE_COPY, 16, n, 1), ERR_RANGE);
	assert_int_equal(user_invoke(table, METHOD_CNODE_INSPECT, 5), OK);
	assert_int_equal(user_self->frame.args[2], OBJECT_CNODE);
	assert_int_equal(user_self->frame.words[3], 3);
	assert_int_equal(user_invoke(n, 0), ERR_NO_METHOD);
	assert_int_equal(user_invoke(n, 256), ERR_NO_METHOD);
	assert_int_equal(user_syscall(99, 0, 0, 0, 0), ERR_NO_SYSCALL);
	assert_int_equal(user_syscall(SYSCALL_ABI, 0, 0, 0, 0), OK);
	assert_int_equal(user_self->frame.args[2], ABI_HASH);
}

/* --- containers ------------------------------------------------------------------------------- */

/* A table that holds its own last capability, and one that holds the memory it is made of. */
static void test_cycles(void **state)
{
	handle_t memory = user_make(OBJECT_UNTYPED, 16);
	uint64_t index = user_slot();
	handle_t table;

	(void)state;
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_CNODE, 4, 1,
				 fake_info->cnode, index),
		OK);
	table = user_handle(index);
	assert_int_equal(user_invoke(table, METHOD_CNODE_MOVE, 4, table), OK);
	invariants_check();
	assert_int_equal(user_revoke(memory), OK);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_CNODE, 4, 1,
				 fake_info->cnode, index),
		OK);
	table = user_handle(index);
	assert_int_equal(user_invoke(table, METHOD_CNODE_MOVE, 4, memory), OK);
	assert_int_equal(user_delete(table), OK);
	invariants_check();
}

/* A table full of tables full of threads, deleted in slices of every size. */
static void test_slices(void **state)
{
	handle_t memory = user_make(OBJECT_UNTYPED, 17);
	uint64_t index = user_slot();

	(void)state;
	for (uint32_t size = 4; size < SLICE_STEPS; size += 3) {
		struct slot *slot = user_slot_at(index);
		uint32_t rounds = 0;
		status_t status;

		assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_CNODE, 6, 1,
					 fake_info->cnode, index),
			OK);
		for (uint64_t i = 2; i < 40; i++)
			assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE,
						 i % 3 == 0 ? OBJECT_CNODE : OBJECT_THREAD,
						 i % 3 == 0 ? 3 : 0, 1, user_handle(index), i),
				OK);
		fake_cpu = cpus[0];
		do {
			struct slice slice = {.left = size};

			status = slot_delete(fake_root, slot, &slice);
			invariants_check_slots();
			assert_true(++rounds < 1000);
		} while (status == ERR_AGAIN);
		assert_int_equal(status, OK);
		assert_int_equal(user_revoke(memory), OK);
		assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RESET, 0), OK);
	}
}

/* The actor dies before it has finished; whoever revokes the memory finishes instead. */
static void test_actor_dies(void **state)
{
	handle_t memory = user_make(OBJECT_UNTYPED, 16);
	uint64_t index = user_slot();
	struct worker w = user_worker(50, 1);
	struct slice slice = {.left = 3};

	(void)state;
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_CNODE, 8, 1,
				 fake_info->cnode, index),
		OK);
	fake_cpu = cpus[0];
	assert_int_equal(slot_delete(w.thread, user_slot_at(index), &slice), ERR_AGAIN);
	assert_non_null(w.thread->dying);
	invariants_check();
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RESET, 0), ERR_HAS_CHILDREN);
	assert_int_equal(user_delete(w.handle), OK);
	invariants_check();
	assert_int_equal(user_revoke(memory), OK);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RESET, 0), OK);
}

static void test_untyped(void **state)
{
	handle_t memory = user_make(OBJECT_UNTYPED, 14);
	uint64_t index = user_slot();

	(void)state;
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 12, 1,
				 fake_info->cnode, 1 << 20),
		ERR_RANGE);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 12, 1,
				 fake_info->cnode, UINT64_MAX),
		ERR_RANGE);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 15, 1,
				 fake_info->cnode, index),
		ERR_NO_MEMORY);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 12, 2,
				 fake_info->cnode, index),
		OK);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 12, 1,
				 fake_info->cnode, index),
		ERR_OCCUPIED);
	assert_int_equal(user_invoke(memory, METHOD_UNTYPED_INFO, 0), OK);
	assert_int_equal(user_self->frame.words[0], 8192);
	assert_int_equal(
		user_invoke(memory, METHOD_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 1, memory, index),
		ERR_WRONG_TYPE);
	for (uint64_t i = 0; i < fake_info->untyped_count; i++) {
		if (fake_info->untyped[i].device == 0)
			continue;
		assert_int_equal(user_invoke(fake_info->untyped[i].handle, METHOD_UNTYPED_RETYPE,
					 OBJECT_ENDPOINT, 0, 1, fake_info->cnode, index + 9),
			ERR_NOT_SUPPORTED);
		break;
	}
}

/* Memory with old contents: small objects are cleared as they are made, large ones need reset. */
static void test_old_contents(void **state)
{
	uint64_t index = user_slot();
	unsigned seen = 0;

	(void)state;
	for (uint64_t i = 0; i < fake_info->untyped_count; i++) {
		const struct root_untyped *u = &fake_info->untyped[i];
		const uint64_t *words;

		if (u->device != 0 || u->order < 15 || u->handle == user_memory())
			continue;
		assert_int_equal(user_invoke(u->handle, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, 12, 1,
					 fake_info->cnode, index),
			OK);
		words = user_object(user_handle(index));
		for (int w = 0; w < 512; w++)
			assert_int_equal(words[w], 0);
		if (u->order > 15) {
			assert_int_equal(user_invoke(u->handle, METHOD_UNTYPED_RETYPE, OBJECT_FRAME,
						 15, 1, fake_info->cnode, index + 1),
				ERR_NOT_CLEARED);
			seen++;
		}
		assert_int_equal(user_revoke(u->handle), OK);
	}
	assert_true(seen > 0);
}

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

static status_t map(handle_t space, handle_t frame, uint64_t address, uint64_t pages, uint64_t f)
{
	return user_invoke(space, METHOD_ADDRESS_SPACE_MAP, frame, 0, address, pages, f);
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

/* --- devices and the platform ----------------------------------------------------------------- */

/* What the tables say is configuration space is memory of devices, in pieces. */
static void test_configuration(void **state)
{
	uint64_t size = 0;

	(void)state;
	assert_int_equal(fake_info->ecam, FAKE_ECAM);
	assert_int_equal(fake_info->ecam_size, FAKE_ECAM_SIZE);
	for (uint64_t i = 0; i < fake_info->untyped_count; i++) {
		const struct root_untyped *u = &fake_info->untyped[i];

		if (u->device == 0 || u->physical - FAKE_ECAM >= FAKE_ECAM_SIZE)
			continue;
		assert_int_equal(u->physical, FAKE_ECAM + size);
		size += (uint64_t)1 << u->order;
	}
	assert_int_equal(size, FAKE_ECAM_SIZE);
}

static void test_interrupts(void **state)
{
	handle_t n = user_make(OBJECT_NOTIFICATION, 0);
	uint64_t slots[3] = {user_slot(), user_slot(), user_slot()};
	handle_t irq;
	struct irq *line;

	(void)state;
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 99,
				 0, fake_info->cnode, slots[0]),
		ERR_RANGE);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 9, 7,
				 fake_info->cnode, slots[0]),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 9, 1,
				 fake_info->cnode, slots[0]),
		OK);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_MSI, 1,
				 fake_info->cnode, slots[1]),
		OK);
	irq = user_handle(slots[0]);
	line = user_object(irq);
	fake_interrupt(cpus[0], line); /* bound to nothing */
	assert_int_equal(cpus[0]->spurious, 1);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_BIND, n, 6), OK);
	assert_false(fake_lines_masked[9]);
	fake_interrupt(cpus[0], line);
	assert_true(fake_lines_masked[9]);
	assert_int_equal(user_wait(n, 4, 0), OK);
	assert_int_equal(user_self->frame.args[2], 4);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_ACKNOWLEDGE, 0), OK);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_ACKNOWLEDGE, 0), OK);
	assert_false(fake_lines_masked[9]);
	assert_int_equal(user_delete(n), OK);
	assert_null(line->notification);
	assert_int_equal(user_invoke(irq, METHOD_IRQ_BIND, 0, 0), OK);
	assert_int_equal(user_delete(irq), OK);
	assert_false(line->used);
}

static void test_ports(void **state)
{
	uint64_t slot = user_slot();

	(void)state;
	assert_int_equal(user_invoke(fake_info->io_port, METHOD_IO_PORT_DERIVE, 0x3f8, 8,
				 fake_info->cnode, slot),
		OK);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3ff, 1), OK);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3ff, 2), ERR_RANGE);
	assert_int_equal(
		user_invoke(user_handle(slot), METHOD_IO_PORT_IN, 0x3f8, 3), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_OUT, 0x3f8, 1, 65), OK);
	assert_int_equal(
		user_invoke(user_handle(slot), METHOD_IO_PORT_OUT, 0x400, 1, 65), ERR_RANGE);
	assert_int_equal(user_invoke(user_handle(slot), METHOD_IO_PORT_DERIVE, 0x3f8, 9,
				 fake_info->cnode, slot + 1),
		ERR_RANGE);
	assert_int_equal(fake_counts.port_writes, 1);
}

static void test_platform(void **state)
{
	handle_t platform = fake_info->platform;
	handle_t frame = user_make(OBJECT_FRAME, 12);
	char *text = user_object(frame);

	(void)state;
	assert_int_equal(map(fake_info->space, frame, ADDRESS, 1, RW), OK);
	text[0] = 'h';
	text[1] = 'i';
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, ADDRESS, 2), OK);
	assert_int_equal(fake_console[1], 'i');
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, ADDRESS, 257), ERR_TOO_LONG);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_DEBUG_WRITE, 0x1000, 2), ERR_BAD_ADDRESS);
	console_print("{d} {x} {y}", 10, 16);
	assert_memory_equal(fake_console + 2, "10 0x10 {y}", 11);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_STATISTICS, 0), OK);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_STATISTICS, 2), ERR_RANGE);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, ADDRESS, 4096, 0), OK);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, 0x1000, 4096, 0),
		ERR_BAD_ADDRESS);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 0, ADDRESS, 64, 1 << 30),
		ERR_RANGE);
	assert_int_equal(
		user_invoke(platform, METHOD_PLATFORM_TRACE_READ, 9, ADDRESS, 64, 0), ERR_RANGE);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_CRASH_RECORD, ADDRESS, 99), OK);
	assert_int_equal(user_self->frame.args[2], 7);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_POWER, 9), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(platform, METHOD_PLATFORM_POWER, 2, 1 << 16), ERR_RANGE);
	assert_int_equal(user_invoke(frame, METHOD_FRAME_PHYSICAL, 0), OK);
	assert_int_equal(user_self->frame.words[0], PAGE_SIZE);
	assert_int_equal(user_invoke(frame, METHOD_FRAME_SYNC_CODE, 0), OK);
}

/* --- threads ---------------------------------------------------------------------------------- */

static void test_thread_methods(void **state)
{
	struct worker w = user_worker(50, 1);
	handle_t frame = user_make(OBJECT_FRAME, 12);
	handle_t upcall = user_make(OBJECT_FRAME, 12);
	struct thread_registers *r = user_object(frame);
	uint64_t size = sizeof(*r);

	(void)state;
	assert_int_equal(map(fake_info->space, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_GET_REGISTERS, ADDRESS, size), OK);
	r->rip = 0x400000;
	r->rsp = 0x500000;
	r->rflags = ~(uint64_t)0;
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_REGISTERS, ADDRESS, size), OK);
	assert_int_equal(w.thread->frame.rflags & 0x3000, 0); /* no I/O privilege */
	r->rip = ABI_USER_ADDRESS_END;
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_SET_REGISTERS, ADDRESS, size), ERR_RANGE);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_REGISTERS, ADDRESS, 8),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_GET_REGISTERS, 0x1000, size), ERR_BAD_ADDRESS);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_TLS, 1, 2), OK);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_TLS, UINT64_MAX, 2), ERR_RANGE);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_UPCALL, 0x400000, 0x500000, upcall,
				 0x600000, 1u << FAULT_ILLEGAL),
		OK);
	user_start(&w);
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_GET_REGISTERS, ADDRESS, size), ERR_BUSY);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_RESUME, 0), ERR_BUSY);
	fake_fault(cpus[1], FAULT_ILLEGAL, 0, 0);
	assert_int_equal(w.thread->frame.rip, 0x400000);
	assert_int_equal(w.thread->frame.args[0], 0x600000);
	user_self = w.thread;
	(void)user_syscall(SYSCALL_UPCALL_RETURN, 0, 0, 0, 0);
	assert_int_equal(w.thread->upcall->active, 0);
	user_become_root();
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_INTERRUPT, 9), OK);
	fake_settle();
	assert_int_equal(w.thread->upcall->active, 1);
	assert_int_equal(w.thread->upcall->address, 9);
	fake_fault(cpus[1], FAULT_ILLEGAL, 0, 0); /* in the upcall, and nobody else takes it */
	assert_int_equal(w.thread->state, THREAD_STATE_FAULTED);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_INFO, 0), OK);
	assert_int_equal(user_self->frame.words[2], 2);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_UPCALL, 0), OK);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_FOREIGN, 5), OK);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_PRIORITY, 256, fake_info->thread),
		ERR_RANGE);
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_SET_PRIORITY, 9, w.handle), ERR_RIGHTS);
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_SET_MAXIMUM, 60, fake_info->thread), OK);
	assert_int_equal(user_invoke(w.context, METHOD_SCHED_CONTEXT_CONSUMED, 0), OK);
	assert_int_equal(user_invoke(w.context, METHOD_SCHED_CONTEXT_CONFIGURE, 9, 50 * US, 0, 0),
		ERR_RANGE);
	assert_int_equal(
		user_invoke(w.context, METHOD_SCHED_CONTEXT_CONFIGURE, 0, 50 * US, 20 * US, 0),
		ERR_INVALID_ARGUMENT);
	assert_int_equal(
		user_invoke(w.context, METHOD_SCHED_CONTEXT_CONFIGURE, 0, 1, 0, 0), ERR_RANGE);
}

/* --- robust lists ----------------------------------------------------------------------------- */

#define OWNER 77u
#define NODES 256u /* of a page, each a link and a word */

struct lock_node {
	uint64_t next;
	uint32_t word;
	uint32_t other;
};

/* A worker whose list, at ADDRESS, has `count` nodes in the page behind it, all held. */
static struct worker lock_owner(struct robust_list **list, struct lock_node **nodes, uint32_t count)
{
	struct worker w = user_worker(50, 1);
	handle_t frame = user_make(OBJECT_FRAME, 13);

	assert_int_equal(map(fake_info->space, frame, ADDRESS, 2, RW), OK);
	*list = user_object(frame);
	*nodes = (struct lock_node *)((char *)user_object(frame) + PAGE_SIZE);
	for (uint32_t i = 0; i < count; i++)
		(*nodes)[i] = (struct lock_node){
			.next = i + 1 < count ? ADDRESS + PAGE_SIZE + (i + 1) * sizeof(**nodes)
					      : ADDRESS,
			.word = OWNER,
		};
	**list = (struct robust_list){
		.first = count > 0 ? ADDRESS + PAGE_SIZE : ADDRESS,
		.offset = offsetof(struct lock_node, word),
	};
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_SET_ROBUST, ADDRESS + 4, OWNER), ERR_ALIGNMENT);
	assert_int_equal(
		user_invoke(w.handle, METHOD_THREAD_SET_ROBUST, ABI_USER_ADDRESS_END, OWNER),
		ERR_RANGE);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_ROBUST, ADDRESS, 0), ERR_RANGE);
	assert_int_equal(user_invoke(w.handle, METHOD_THREAD_SET_ROBUST, ADDRESS, OWNER), OK);
	user_start(&w);
	return w;
}

static void test_robust(void **state)
{
	struct robust_list *list;
	struct lock_node *nodes;
	struct worker waiter = user_worker(60, 1);
	struct worker w = lock_owner(&list, &nodes, NODES - 1);

	(void)state;
	nodes[3].word = OWNER | ROBUST_WAITERS;
	nodes[5].word = (OWNER + 1) | ROBUST_WAITERS; /* somebody else's */
	nodes[7].word = 0;                            /* free */
	nodes[NODES - 1].word = OWNER;                /* not on the list, but pending */
	list->pending = ADDRESS + PAGE_SIZE + (NODES - 1) * sizeof(*nodes);
	user_start(&waiter);
	user_become(&waiter);
	assert_int_equal(user_syscall(SYSCALL_FUTEX_WAIT,
				 ADDRESS + PAGE_SIZE + 3 * sizeof(*nodes) + list->offset,
				 OWNER | ROBUST_WAITERS, NEVER, 0),
		STILL_BLOCKED);
	user_become_root();
	assert_int_equal(user_delete(w.handle), OK); /* in slices */
	fake_settle();
	for (uint32_t i = 0; i < NODES; i++) {
		uint32_t expected = ROBUST_OWNER_DIED;

		if (i == 3)
			expected |= ROBUST_WAITERS;
		else if (i == 5)
			expected = (OWNER + 1) | ROBUST_WAITERS;
		else if (i == 7)
			expected = 0;
		assert_int_equal(nodes[i].word, expected);
	}
	assert_int_equal(waiter.thread->state, THREAD_STATE_READY);
	assert_int_equal(user_status(waiter.thread), OK);
}

/* Who destroys itself does so in slices too, to the end. */
static void test_robust_of_oneself(void **state)
{
	struct robust_list *list;
	struct lock_node *nodes;
	struct worker w = lock_owner(&list, &nodes, NODES - 1);

	(void)state;
	user_become(&w);
	w.thread->frame.words[0] = user_index(w.handle);
	(void)user_syscall(SYSCALL_INVOKE, fake_info->cnode, METHOD_CNODE_DELETE, 0, 0);
	user_become_root();
	for (uint32_t i = 0; i < NODES - 1; i++)
		assert_int_equal(nodes[i].word, ROBUST_OWNER_DIED);
	assert_int_equal(user_slot_at(user_index(w.handle))->type, OBJECT_NULL);
}

/* Circles, addresses of nowhere, of the kernel, between words, of read-only memory: the thread
 * goes, and what was fine before that is marked. */
static void test_robust_hostile(void **state)
{
	static const uint64_t bad[] = {ADDRESS + PAGE_SIZE, ADDRESS + 4 * PAGE_SIZE,
		ADDRESS + PAGE_SIZE + 4, ABI_USER_ADDRESS_END, 0xffff800000000000u, UINT64_MAX, 0,
		8};
	static const uint64_t offsets[] = {1, UINT64_MAX, 0x7fffffffffffffffu, PAGE_SIZE * 2};

	(void)state;
	for (uint32_t i = 0; i < 14; i++) {
		struct robust_list *list;
		struct lock_node *nodes;
		struct worker w = lock_owner(&list, &nodes, 3);
		handle_t frame = user_handle(user_index(w.page_frame) + 2);

		if (i < 8)
			nodes[1].next = bad[i];
		else if (i < 12)
			list->offset = offsets[i - 8];
		else if (i == 12)
			list->first = bad[3];
		else
			assert_int_equal(user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_PROTECT,
						 frame, RIGHT_READ),
				OK);
		assert_int_equal(user_delete(w.handle), OK);
		fake_settle();
		assert_int_equal(nodes[0].word, i < 8 ? ROBUST_OWNER_DIED : OWNER);
		assert_int_equal(
			user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_UNMAP, frame), OK);
	}
}

/* --- waiters of a lock whose owner is destroyed ----------------------------------------------- */

#define WAITERS 40u

static uint32_t count_boosters(const struct thread *owner)
{
	uint32_t count = 0;

	for (const struct tree_node *n = owner->boosters.first; n != NULL; n = tree_next(n))
		count++;
	return count;
}

/* A few at a time; meanwhile no new ones come, and the owner has the priority of the rest. */
static void test_boosters_in_slices(void **state)
{
	struct worker owner = user_worker(10, 1);
	struct worker late = user_worker(200, 1);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	struct worker waiters[WAITERS];
	uint32_t rounds = 0;
	status_t status;

	(void)state;
	assert_int_equal(map(fake_info->space, frame, ADDRESS, 1, RW), OK);
	for (uint32_t i = 0; i < WAITERS; i++) {
		waiters[i] = user_worker((uint8_t)(60 + i), 1);
		user_start(&waiters[i]);
		user_become(&waiters[i]);
		assert_int_equal(user_syscall(SYSCALL_FUTEX_WAIT, ADDRESS, 0, NEVER, owner.handle),
			STILL_BLOCKED);
		user_become_root();
	}
	user_start(&late);
	assert_int_equal(count_boosters(owner.thread), WAITERS);
	assert_int_equal(owner.thread->priority, 60 + WAITERS - 1);
	do {
		struct slice slice = {.left = SLICE_STEPS};
		uint32_t before = count_boosters(owner.thread);

		fake_cpu = cpus[0];
		status = slot_delete(fake_root, user_slot_at(user_index(owner.handle)), &slice);
		invariants_check();
		rounds++;
		if (status != ERR_AGAIN || count_boosters(owner.thread) == 0)
			continue;
		assert_in_range(before - count_boosters(owner.thread), 1, SLICE_STEPS);
		assert_int_equal(owner.thread->priority, 60 + count_boosters(owner.thread) - 1);
		user_become(&late);
		assert_int_equal(user_syscall(SYSCALL_FUTEX_WAIT, ADDRESS, 0, NEVER, owner.handle),
			ERR_STALE);
		user_become_root();
	} while (status == ERR_AGAIN);
	assert_int_equal(status, OK);
	assert_true(rounds > 2);
	for (uint32_t i = 0; i < WAITERS; i++) {
		assert_int_equal(waiters[i].thread->state, THREAD_STATE_FUTEX);
		assert_null(waiters[i].thread->lock_owner);
	}
	user_become(&late);
	assert_int_equal(user_syscall(SYSCALL_FUTEX_WAKE, ADDRESS, 32, 0, 0), OK);
	assert_int_equal(late.thread->frame.args[2], 32);
	assert_int_equal(user_syscall(SYSCALL_FUTEX_WAKE, ADDRESS, 32, 0, 0), OK);
	assert_int_equal(late.thread->frame.args[2], WAITERS - 32);
	user_become_root();
}

/* --- budgets and classes ---------------------------------------------------------------------- */

static void test_budget(void **state)
{
	struct worker w = user_worker(50, 1);

	(void)state;
	assert_int_equal(
		user_invoke(w.context, METHOD_SCHED_CONTEXT_CONFIGURE, 1, 100 * US, 1000 * US, 0),
		OK);
	user_start(&w);
	fake_pass(10000 * US);
	invariants_check();
	assert_in_range(w.thread->home->consumed, 900 * US, 1200 * US);
}

static void test_deadline_class(void **state)
{
	struct worker a = user_worker(50, 1);
	struct worker b = user_worker(150, 1);

	(void)state;
	assert_int_equal(
		user_invoke(a.context, METHOD_SCHED_CONTEXT_CONFIGURE, 1, 100 * US, 1000 * US, 1),
		OK);
	user_start(&b);
	user_start(&a);
	invariants_check();
	assert_ptr_equal(cpus[1]->entry.current, a.thread);
	fake_pass(300 * US);
	assert_ptr_equal(cpus[1]->entry.current, b.thread);
	fake_pass(900 * US);
	invariants_check();
	assert_in_range(a.thread->home->consumed, 190 * US, 210 * US);
}

/* The kernel may take less than a page; what is left of the page must not become untyped memory. */
static void test_boot_memory_in_pages(void **unused)
{
	const struct memory_range map = {
		.base = 0x40000000, .size = 0x9000, .kind = MEMORY_KIND_USABLE};
	uint64_t end = map.base;
	uint64_t physical;
	uint32_t order;

	(void)unused;
	while (boot_memory_next(&physical, &order))
		;
	boot_memory_init(&map, 1);
	assert_int_equal(boot_memory_take(8), 0x40008f00);
	while (boot_memory_next(&physical, &order)) {
		assert_true(order >= PAGE_SHIFT);
		assert_int_equal(physical & (((uint64_t)1 << order) - 1), 0);
		assert_true(physical >= end);
		end = physical + ((uint64_t)1 << order);
	}
	assert_int_equal(end, 0x40008000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, boot, end),
		cmocka_unit_test_setup_teardown(test_handles, boot, end),
		cmocka_unit_test_setup_teardown(test_cycles, boot, end),
		cmocka_unit_test_setup_teardown(test_slices, boot, end),
		cmocka_unit_test_setup_teardown(test_actor_dies, boot, end),
		cmocka_unit_test_setup_teardown(test_untyped, boot, end),
		cmocka_unit_test_setup_teardown(test_old_contents, boot, end),
		cmocka_unit_test_setup_teardown(test_map, boot, end),
		cmocka_unit_test_setup_teardown(test_large_pages, boot, end),
		cmocka_unit_test_setup_teardown(test_isolation, boot, end),
		cmocka_unit_test_setup_teardown(test_clone, boot, end),
		cmocka_unit_test_setup_teardown(test_tables_of_destroyed_space, boot, end),
		cmocka_unit_test_setup_teardown(test_configuration, boot, end),
		cmocka_unit_test_setup_teardown(test_interrupts, boot, end),
		cmocka_unit_test_setup_teardown(test_ports, boot, end),
		cmocka_unit_test_setup_teardown(test_platform, boot, end),
		cmocka_unit_test_setup_teardown(test_thread_methods, boot, end),
		cmocka_unit_test_setup_teardown(test_robust, boot, end),
		cmocka_unit_test_setup_teardown(test_robust_of_oneself, boot, end),
		cmocka_unit_test_setup_teardown(test_robust_hostile, boot, end),
		cmocka_unit_test_setup_teardown(test_boosters_in_slices, boot, end),
		cmocka_unit_test_setup_teardown(test_budget, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_class, boot, end),
		cmocka_unit_test(test_boot_memory_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
