// SPDX-License-Identifier: MIT OR Apache-2.0
/* Waiting on words of user memory. Waiters are nodes of one tree, ordered by the physical address
 * of their word, then priority, then arrival; so processes that share a frame meet, and others
 * cost each other only the logarithm of their number. (A hash table would have had a fixed size.)
 * A waiter may name the thread that holds the lock; that thread then runs at least at the waiter's
 * priority until the waiter leaves. */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <kernel/cpu.h>
#include <kernel/object.h>
#include <kernel/slice.h>

NODISCARD status_t futex_wait_call(struct cpu *cpu, struct thread *self);
NODISCARD status_t futex_wake_call(struct cpu *cpu, struct thread *self);
NODISCARD status_t futex_requeue_call(struct cpu *cpu, struct thread *self);

/* Wakes the most urgent waiter on a word (kernel address), if there is one. */
void futex_wake_one(const uint32_t *word);

void futex_remove_waiter(struct thread *thread);

/* After the waiter's priority changed. */
void futex_reposition(struct thread *thread);

/* A lock owner that is stopped is destroyed: nobody boosts it any more, nor from now on. ERR_AGAIN:
 * not done yet, repeat. */
NODISCARD status_t futex_release_boosters(struct thread *owner, struct slice *slice);

#endif
