// SPDX-License-Identifier: MIT OR Apache-2.0
/* A CPU's queue of ready threads: a list per priority with a bitmap above, and a tree for the
 * deadline class, which goes first (its budgets bound it). */
#include "run_queue.h"

static void list_append(struct thread **head, struct thread *thread, bool front)
{
	struct thread *first = *head;

	if (first == NULL) {
		thread->queue_next = thread;
		thread->queue_prev = thread;
		*head = thread;
		return;
	}
	thread->queue_next = first;
	thread->queue_prev = first->queue_prev;
	first->queue_prev->queue_next = thread;
	first->queue_prev = thread;
	if (front)
		*head = thread;
}

static void list_remove(struct thread **head, struct thread *thread)
{
	if (thread->queue_next == thread) {
		*head = NULL;
		return;
	}
	thread->queue_prev->queue_next = thread->queue_next;
	thread->queue_next->queue_prev = thread->queue_prev;
	if (*head == thread)
		*head = thread->queue_next;
}

static int32_t highest_level(const struct run_queue *queue)
{
	if (queue->deadline.root != NULL)
		return RUN_QUEUE_DEADLINE;
	for (int32_t i = ABI_PRIORITIES / 64 - 1; i >= 0; i--) {
		if (queue->levels[i] != 0)
			return i * 64 + 63 - __builtin_clzll(queue->levels[i]);
	}
	return -1;
}

void run_queue_insert(struct run_queue *queue, struct thread *thread, bool front)
{
	thread->queued = true;
	thread->queued_priority = thread->priority;
	if (thread->sc->class == SCHED_CLASS_DEADLINE) {
		thread->wait_node.major = thread->sc->refill;
		thread->wait_node.minor = thread->id;
		tree_insert(&queue->deadline, &thread->wait_node);
		queue->top = RUN_QUEUE_DEADLINE;
		return;
	}
	list_append(&queue->heads[thread->priority], thread, front);
	queue->levels[thread->priority / 64] |= (uint64_t)1 << (thread->priority % 64);
	if (thread->priority > queue->top)
		queue->top = thread->priority;
}

void run_queue_remove(struct run_queue *queue, struct thread *thread)
{
	uint32_t level = thread->queued_priority;

	thread->queued = false;
	if (thread->sc->class == SCHED_CLASS_DEADLINE) {
		tree_remove(&queue->deadline, &thread->wait_node);
		queue->top = highest_level(queue);
		return;
	}
	list_remove(&queue->heads[level], thread);
	if (queue->heads[level] != NULL)
		return;
	queue->levels[level / 64] &= ~((uint64_t)1 << (level % 64));
	if ((int32_t)level == queue->top)
		queue->top = highest_level(queue);
}

struct thread *run_queue_first(const struct run_queue *queue)
{
	if (queue->deadline.first != NULL)
		return CONTAINER_OF(queue->deadline.first, struct thread, wait_node);
	return queue->top >= 0 ? queue->heads[queue->top] : NULL;
}
