// SPDX-License-Identifier: MIT OR Apache-2.0
// Trees, handles and containers: what objects are made of, and how they go.
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
#include <kernel/delete.h>
#include <kernel/tree.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tree, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_handles, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_cycles, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_slices, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_actor_dies, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_untyped, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_old_contents, object_boot, object_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
