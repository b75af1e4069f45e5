// SPDX-License-Identifier: MIT OR Apache-2.0
/* The short ways of calls (kernel/core/fastpath_calls.h, fastpath_wakes.h); called by the entry
 * code only. Each is there for one CPU and, under the kernel lock, for several (`locked`); under
 * kernel isolation only call and reply_recv are (`isolated`). */
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

/* Ways in, each with a way out that leaves the call to the general way (`_fail`); and the others:
 * `exit`: `self` is the thread to run, `handle` the badge that it gets, `deadline` what it gets in
 * rdx, `other` where it goes on. `resume`: `self` runs on with the registers in its frame. */
#define FASTPATH_CALLS(prefix)             \
	FASTPATH(prefix##call);            \
	FASTPATH(prefix##call_fail);       \
	FASTPATH(prefix##reply_recv);      \
	FASTPATH(prefix##reply_recv_fail); \
	FASTPATH(prefix##exit);            \
	FASTPATH(prefix##resume)
#define FASTPATH_WAKES(prefix)         \
	FASTPATH(prefix##send);        \
	FASTPATH(prefix##send_fail);   \
	FASTPATH(prefix##signal);      \
	FASTPATH(prefix##signal_fail); \
	FASTPATH(prefix##yield);       \
	FASTPATH(prefix##yield_fail)

FASTPATH_CALLS(fastpath_);
FASTPATH_WAKES(fastpath_);
FASTPATH_CALLS(fastpath_locked_);
FASTPATH_WAKES(fastpath_locked_);
FASTPATH_CALLS(fastpath_isolated_);
FASTPATH_CALLS(fastpath_isolated_locked_);

#endif
