// SPDX-License-Identifier: MIT OR Apache-2.0
/* The queue of a CPU's ready threads; private to the scheduler. */
#ifndef KERNEL_CORE_RUN_QUEUE_H
#define KERNEL_CORE_RUN_QUEUE_H

#include <kernel/cpu.h>

#define SCHED_CLASS_PRIORITY 0u
#define SCHED_CLASS_DEADLINE 1u

void run_queue_insert(struct run_queue *queue, struct thread *thread, bool front);
void run_queue_remove(struct run_queue *queue, struct thread *thread);

/* The most urgent thread, or NULL. */
struct thread *run_queue_first(const struct run_queue *queue);

/* Puts a thread of the priority class, at least as urgent as all in the queue, before its equals.
 */
ALWAYS_INLINE void run_queue_push(struct run_queue *queue, struct thread *thread)
{
	uint32_t level = thread->priority;
	struct thread *first = queue->heads[level];
	struct thread *last = first;

	thread->queued = true;
	thread->queued_priority = (uint8_t)level;
	if (first != NULL) {
		last = first->queue_prev;
	} else {
		first = thread;
		last = thread;
		queue->levels[level / 64] |= (uint64_t)1 << (level % 64);
		queue->top = (int32_t)level;
	}
	thread->queue_next = first;
	thread->queue_prev = last;
	first->queue_prev = thread;
	last->queue_next = thread;
	queue->heads[level] = thread;
}

/* `thread` takes the place behind its equals; the first of them leaves the queue. There is one, and
 * all are of the priority class. */
ALWAYS_INLINE void run_queue_rotate(struct run_queue *queue, struct thread *thread)
{
	struct thread *first = queue->heads[thread->priority];
	struct thread *next = first->queue_next;
	struct thread *last = first->queue_prev;

	first->queued = false;
	thread->queued = true;
	thread->queued_priority = thread->priority;
	if (next == first) {
		next = thread;
		last = thread;
	}
	thread->queue_next = next;
	thread->queue_prev = last;
	next->queue_prev = thread;
	last->queue_next = thread;
	queue->heads[thread->priority] = next;
}

#endif
