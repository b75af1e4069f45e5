// SPDX-License-Identifier: MIT OR Apache-2.0
/* Robust lists: the locks that a thread holds, as a list in its own memory, so that they are marked
 * and handed on when it is destroyed. The list is hostile: at most ROBUST_NODES of its nodes are
 * looked at, in slices, and only words that name the thread as owner are changed.
 * Tests: tests/host/kernel/thread_test.c, tests/system/ipc.c */
#ifndef KERNEL_ROBUST_H
#define KERNEL_ROBUST_H

#include <kernel/object.h>
#include <kernel/slice.h>

#define ROBUST_NODES 1024u

/* Marks the words of a thread that `actor` is destroying, and stops it if it has a list and is not
 * `actor` itself, which must go on. Its address space is still there, or the list is lost.
 * ERR_AGAIN: the slice is used up. */
NODISCARD status_t robust_release(
	const struct thread *actor, struct thread *thread, struct slice *slice);

#endif
