// SPDX-License-Identifier: MIT OR Apache-2.0
// Methods of threads, locks of those that end, budgets.
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

#define US      1000u
#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_thread_methods, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_robust, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_robust_of_oneself, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_robust_hostile, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_boosters_in_slices, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_budget, object_boot, object_end),
		cmocka_unit_test_setup_teardown(test_deadline_class, object_boot, object_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
