// SPDX-License-Identifier: MIT OR Apache-2.0
/* A system call done twice, on twins of the whole machine: the short way, then the general way, and
 * what they leave is compared. What the short way does not do must leave everything unchanged. */
#ifndef TESTS_KERNEL_TWIN_H
#define TESTS_KERNEL_TWIN_H

#include "fake.h"

/* How often each of the short ways did a call, and how often it left it to the general way, by
 * number of the system call. */
extern uint64_t twin_short[16];
extern uint64_t twin_general[16];

/* As fake_syscall; one of the twins goes on. The threads are those that can be found from
 * `threads`; no others take part. */
void twin_syscall(struct cpu *cpu, struct thread *const *threads, uint32_t count);

#endif
