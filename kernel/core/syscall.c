// SPDX-License-Identifier: MIT OR Apache-2.0
/* Entries to the kernel: system calls, interrupts and faults of user threads, and the way out. */
#include "invoke.h"

#include <abi/dispatch.h>
#include <arch/machine.h>
#include <arch/paging.h>
#include <kernel/endpoint.h>
#include <kernel/entry.h>
#include <kernel/fault.h>
#include <kernel/futex.h>
#include <kernel/lock.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/trace.h>

const uint64_t abi_hash = ABI_HASH; /* for the entry code */

static status_t abi_call(struct cpu *cpu, struct thread *self)
{
	(void)cpu;
	self->frame.args[2] = ABI_HASH;
	return OK;
}

static status_t yield_call(struct cpu *cpu, struct thread *self)
{
	(void)self;
	sched_yield(cpu);
	return OK;
}

/* Calls that block do not keep vector state, unless the message asks for it. */
static void vector_dies(struct thread *self, bool is_message)
{
	self->vector_dead =
		!is_message || (self->frame.args[1] >> 12 & MESSAGE_FLAG_KEEP_VECTOR) == 0;
}

static status_t dispatch(struct cpu *cpu, struct thread *self)
{
	switch (self->frame.number) {
	case SYSCALL_CALL:
		vector_dies(self, true);
		return ipc_call(cpu, self);
	case SYSCALL_REPLY_RECV:
		vector_dies(self, true);
		return ipc_reply_recv(cpu, self);
	case SYSCALL_RECV:
		vector_dies(self, false);
		return ipc_recv(cpu, self);
	case SYSCALL_SEND:
		vector_dies(self, true);
		return ipc_send(cpu, self);
	case SYSCALL_REPLY:
		return ipc_reply(cpu, self);
	case SYSCALL_SIGNAL:
		return notification_signal_call(cpu, self);
	case SYSCALL_WAIT:
		vector_dies(self, false);
		return notification_wait_call(cpu, self);
	case SYSCALL_YIELD:
		vector_dies(self, false);
		return yield_call(cpu, self);
	case SYSCALL_FUTEX_WAIT:
		vector_dies(self, false);
		return futex_wait_call(cpu, self);
	case SYSCALL_FUTEX_WAKE:
		return futex_wake_call(cpu, self);
	case SYSCALL_FUTEX_REQUEUE:
		return futex_requeue_call(cpu, self);
	case SYSCALL_UPCALL_RETURN:
		return upcall_return_call(cpu, self);
	case SYSCALL_INVOKE:
		return invoke_call(cpu, self);
	case SYSCALL_ABI:
		return abi_call(cpu, self);
	default:
		return ERR_NO_SYSCALL;
	}
}

static bool is_foreign_call(const struct thread *self)
{
	return self->first_native != 0 && self->frame.number < self->first_native &&
	       (self->upcall == NULL || self->upcall->active == 0); /* its handler's are ours */
}

static void foreign_call(struct cpu *cpu, struct thread *self)
{
	if (!upcall_enter(self, FAULT_SYSCALL, self->frame.number, 0))
		fault_raise(cpu, self, FAULT_SYSCALL, self->frame.number, 0);
}

static COLD void watch_enter(struct cpu *cpu)
{
	if ((kernel_watch & WATCH_TIME) != 0)
		cpu->entry_tsc = arch_timestamp();
	if ((kernel_watch & WATCH_ENTRY) != 0)
		trace_set_entry(cpu);
	if ((kernel_watch & WATCH_CALLS) != 0)
		trace_call_enter(cpu);
}

/* The longest time without interrupts, waiting for the lock aside. */
static void note_time_in_kernel(struct cpu *cpu)
{
	uint64_t passed = arch_timestamp() - cpu->entry_tsc;

	if (passed > cpu->longest_irq_off && cpu->entry_tsc != 0)
		cpu->longest_irq_off = passed;
}

static COLD void watch_leave(struct cpu *cpu)
{
	if ((kernel_watch & WATCH_TIME) != 0)
		note_time_in_kernel(cpu);
	if ((kernel_watch & WATCH_CALLS) != 0)
		trace_call_leave(cpu);
}

void kernel_enter(struct cpu *cpu)
{
	kernel_lock(cpu);
	if (UNLIKELY(kernel_watch != 0))
		watch_enter(cpu);
}

void kernel_leave(struct cpu *cpu)
{
	if (UNLIKELY(cpu->reschedule))
		sched_run(cpu);
	if (UNLIKELY(arch_flush_is_due()))
		arch_flush_finish();
	if (UNLIKELY(kernel_watch != 0))
		watch_leave(cpu);
	if (UNLIKELY(cpu->entry.current == NULL))
		arch_idle(cpu); /* does not return: the next interrupt comes back here */
	kernel_unlock(cpu);
}

void syscall_enter(struct cpu *cpu, struct thread *self)
{
	status_t status;

	kernel_enter(cpu);
	if (UNLIKELY(cpu->entry.current != self)) { /* it was destroyed meanwhile */
		kernel_leave(cpu);
		return;
	}
	self->vector_dead = false;
	if (UNLIKELY(self->state != THREAD_STATE_READY || self->sc == NULL)) {
		arch_frame_rewind(&self->frame); /* another CPU stopped it meanwhile */
		cpu->reschedule = true;
		kernel_leave(cpu);
		return;
	}
	if (UNLIKELY(is_foreign_call(self))) {
		foreign_call(cpu, self);
		kernel_leave(cpu);
		return;
	}
	status = dispatch(cpu, self);
	if (status == STATUS_RESTART)
		arch_frame_rewind(&self->frame);
	else if (status != STATUS_BLOCKED)
		thread_set_status(self, status);
	kernel_leave(cpu);
}
