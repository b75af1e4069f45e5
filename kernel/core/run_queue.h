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

#endif
