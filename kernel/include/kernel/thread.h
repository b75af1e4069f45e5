// SPDX-License-Identifier: MIT OR Apache-2.0
/* Threads: states, waiting and waking, priorities. */
#ifndef KERNEL_THREAD_H
#define KERNEL_THREAD_H

#include <kernel/object.h>

void thread_init(struct thread *thread);

/* Has the thread name capabilities in `cspace`. */
void thread_set_cspace(struct thread *thread, struct cnode *cspace);

/* Sets FS and GS base; a running thread's are loaded at its next switch (arch_tls_switch). */
void thread_set_tls(struct thread *thread, uint64_t fs_base, uint64_t gs_base);

/* Makes a thread that is in no queue and no wait ready to run on its context. Without one it
 * stays where it is, stopped. */
void thread_make_ready(struct thread *thread);

/* Ends the wait that `thread` is in (any blocked state) with `status` in its status register,
 * and makes it ready. */
void thread_end_wait(struct thread *thread, status_t status);

/* Takes a blocked thread out of what it waits in, without making it ready. */
void thread_leave_wait(struct thread *thread);

/* Stops a thread: out of queues and waits, so that it does not run until it is resumed. */
void thread_stop(struct thread *thread);

/* Removes what the rest of the kernel knows of a thread that is destroyed. */
void thread_detach(struct thread *thread);

/* The capability in a thread's own slot goes away: the thread no longer uses the object. Without
 * an address space it stops. */
void thread_part_gone(struct slot *slot);

/* Marks the running thread blocked in `state` until `deadline`; it leaves the CPU. */
void thread_block(struct thread *thread, uint32_t state, time_ns deadline);

/* Recomputes the effective priority after a change and requeues. */
void thread_update_priority(struct thread *thread);

ALWAYS_INLINE bool thread_is_blocked(const struct thread *thread)
{
	return thread->state >= THREAD_STATE_SENDING && thread->state <= THREAD_STATE_FUTEX;
}

ALWAYS_INLINE void thread_set_status(struct thread *thread, status_t status)
{
	thread->frame.number = (uint64_t)status;
}

#endif
