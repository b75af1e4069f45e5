// SPDX-License-Identifier: MIT OR Apache-2.0
/* Faults of user threads: to the thread's own upcall handler, or as a message to its fault
 * endpoint. A thread declares in `fault_mask` which kinds its handler takes first; for the others
 * the fault endpoint decides, whose answer may be to deliver the upcall after all. (So a pager
 * sees page faults first and passes on those that are none of its regions, while arithmetic
 * traps of a WASM program go straight to its runtime.) With neither, the thread stops. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include <kernel/cpu.h>
#include <kernel/object.h>

#define FAULT_LABEL                0xffffffffu /* label of fault messages; no protocol uses it */
#define MESSAGE_INFO(label, words) ((uint64_t)(label) << 32 | (words))

/* The running thread faulted. The instruction has had no effect. */
void fault_raise(
	struct cpu *cpu, struct thread *thread, uint64_t kind, uint64_t address, uint64_t access);

/* The running thread's context used up its budget: tells the thread's time-out endpoint, if it has
 * one. The thread then waits for the answer, keeping its context. */
void fault_timeout(struct cpu *cpu, struct thread *thread);

/* Acts on the label of a fault handler's answer. True if the thread is to run. */
bool fault_answer(struct thread *thread, uint32_t label);

/* Enters the upcall handler of a thread that is not running. False: it has none, or is in it. */
bool upcall_enter(struct thread *thread, uint64_t kind, uint64_t address, uint64_t access);

NODISCARD status_t upcall_return_call(struct cpu *cpu, struct thread *self);

/* Delivers a pending interrupt to a thread that is about to run or was in a wait. */
void upcall_interrupt(struct thread *thread);

#endif
