// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short way of call and reply_recv; called by the entry code only, on a machine with one CPU
 * in use (with several, calls take the general way under the lock). */
#ifndef KERNEL_FASTPATH_H
#define KERNEL_FASTPATH_H

#include <kernel/cpu.h>

/* Argument registers in the order of clang's preserve_none: r12, r13, r14, r15, rdi, rsi, rdx, rcx,
 * r8, r9, r11. So the words (the entry code moves r10 to r11), the call's arguments and the
 * current thread are where the system call had them. `other`: the fourth argument. */
#define FASTPATH(name)                                                                  \
	__attribute__((preserve_none)) void name(uint64_t w3, uint64_t w4, uint64_t w5, \
		struct thread *self, handle_t handle, uint64_t info, time_ns deadline,  \
		handle_t other, uint64_t w0, uint64_t w1, uint64_t w2)

FASTPATH(fastpath_call);
FASTPATH(fastpath_reply_recv);

/* Ways out, in the entry code. Exit: `self` is the thread to run, `handle` the badge it gets. */
FASTPATH(fastpath_exit);
FASTPATH(fastpath_call_fail);
FASTPATH(fastpath_reply_recv_fail);

#endif
