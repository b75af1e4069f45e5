// SPDX-License-Identifier: MIT OR Apache-2.0
/* Robust lists: see robust.h. Structures: struct robust_list in abi/structs.toml. */
#include <arch/paging.h>
#include <kernel/futex.h>
#include <kernel/robust.h>
#include <kernel/sched.h>
#include <kernel/space.h>
#include <kernel/thread.h>

#define NODE_STEPS 4u
#define TRIES      8u /* others may set ROBUST_WAITERS at the same time, once each */

static bool read_user(const struct thread *thread, uint64_t address, uint64_t *value)
{
	const uint32_t *word;

	if ((address & 7u) != 0 || address >= ABI_USER_ADDRESS_END)
		return false;
	word = arch_user_word(thread->space, address);
	if (word == NULL)
		return false;
	memcpy(value, word, sizeof(*value));
	return true;
}

static void release_word(const struct thread *thread, uint64_t address)
{
	uint32_t *word;
	uint32_t old;

	if ((address & 3u) != 0 || address >= ABI_USER_ADDRESS_END)
		return;
	word = arch_user_word_to_write(thread->space, address);
	if (word == NULL)
		return;
	old = __atomic_load_n(word, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < TRIES && (old & ROBUST_OWNER_MASK) == thread->robust_id; i++) {
		uint32_t mark = (old & ROBUST_WAITERS) | ROBUST_OWNER_DIED;

		if (!__atomic_compare_exchange_n(
			    word, &old, mark, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		if ((old & ROBUST_WAITERS) != 0)
			futex_wake_one(word);
		return;
	}
}

status_t robust_release(const struct thread *actor, struct thread *thread, struct slice *slice)
{
	uint64_t head = thread->robust_head;
	uint64_t node = 0;
	uint64_t offset;

	if (head == 0 || thread->space == NULL)
		return OK;
	if (thread != actor) { /* who destroys itself goes on until that is done */
		thread_stop(thread);
		sched_forget_thread(thread);
	}
	if (!read_user(thread, head + offsetof(struct robust_list, offset), &offset))
		return OK;
	if (thread->robust_seen == 0 && !read_user(thread, head, &thread->robust_next))
		return OK;
	while (thread->robust_seen < ROBUST_NODES && thread->robust_next != head) {
		if (!slice_take(slice, NODE_STEPS))
			return ERR_AGAIN;
		node = thread->robust_next;
		thread->robust_seen++;
		if (!read_user(thread, node, &thread->robust_next))
			break;
		release_word(thread, node + offset);
	}
	if (read_user(thread, head + offsetof(struct robust_list, pending), &node) && node != 0)
		release_word(thread, node + offset);
	thread->robust_head = 0;
	return OK;
}
