// SPDX-License-Identifier: MIT OR Apache-2.0
/* Faults and upcalls: see fault.h. */
#include <arch/frame.h>
#include <arch/machine.h>
#include <kernel/endpoint.h>
#include <kernel/fault.h>
#include <kernel/sched.h>
#include <kernel/thread.h>
#include <kernel/trace.h>

bool upcall_enter(struct thread *thread, uint64_t kind, uint64_t address, uint64_t access)
{
	struct upcall_frame *page = thread->upcall;

	if (page == NULL || thread->upcall_entry == 0 || page->active != 0)
		return false;
	page->active = 1;
	page->kind = kind;
	page->address = address;
	page->access = access;
	arch_frame_to_registers(thread, &page->registers);
	arch_frame_enter(&thread->frame, thread->upcall_entry, thread->upcall_stack);
	thread->frame.args[0] = thread->upcall_address;
	return true;
}

status_t upcall_return_call(struct cpu *cpu, struct thread *self)
{
	struct upcall_frame *page = self->upcall;
	struct thread_registers registers;

	(void)cpu;
	if (page == NULL || page->active == 0)
		return ERR_INVALID_ARGUMENT;
	registers = page->registers; /* user memory: copy before checking */
	if (!arch_registers_valid(&registers))
		return ERR_RANGE;
	page->active = 0;
	arch_frame_from_registers(self, &registers);
	arch_tls_switch(self);
	return STATUS_BLOCKED; /* the status register is the restored one */
}

void upcall_interrupt(struct thread *thread)
{
	if (!thread->interrupt_pending)
		return;
	if (upcall_enter(thread, FAULT_INTERRUPT, thread->interrupt_code, 0))
		thread->interrupt_pending = false;
}

static void fault_stop(struct cpu *cpu, struct thread *thread)
{
	thread->state = THREAD_STATE_FAULTED;
	cpu->reschedule = true;
}

void fault_raise(
	struct cpu *cpu, struct thread *thread, uint64_t kind, uint64_t address, uint64_t access)
{
	if (thread->state != THREAD_STATE_READY || thread->sc == NULL) {
		cpu->reschedule = true; /* another CPU stopped it meanwhile */
		return;
	}
	trace_record(cpu, TRACE_EVENT_FAULT, address, kind);
	thread->fault_count++;
	thread->fault_words[0] = kind;
	thread->fault_words[1] = address;
	thread->fault_words[2] = access;
	thread->fault_words[3] = thread->frame.rip;
	if ((thread->upcall_mask >> kind & 1) != 0 && upcall_enter(thread, kind, address, access))
		return;
	if (ipc_fault(cpu, thread, &thread->slots[THREAD_SLOT_FAULT]) == OK)
		return;
	fault_stop(cpu, thread);
}

void fault_timeout(struct cpu *cpu, struct thread *thread)
{
	struct slot *slot = &thread->slots[THREAD_SLOT_TIMEOUT];

	if (slot->type != OBJECT_ENDPOINT)
		return;
	trace_record(cpu, TRACE_EVENT_FAULT, thread->frame.rip, FAULT_TIMEOUT);
	thread->fault_words[0] = FAULT_TIMEOUT;
	thread->fault_words[1] = thread->sc->consumed;
	thread->fault_words[2] = thread->sc->refill;
	thread->fault_words[3] = thread->frame.rip;
	if (ipc_fault(cpu, thread, slot) != OK)
		thread->fault_pending = false; /* nobody to tell: it waits for its refill */
}

bool fault_answer(struct thread *thread, uint32_t label)
{
	thread->fault_pending = false;
	switch (label) {
	case FAULT_REPLY_RESUME:
		upcall_interrupt(thread); /* one that came while it waited */
		return true;
	case FAULT_REPLY_UPCALL:
		return upcall_enter(thread, thread->fault_words[0], thread->fault_words[1],
			thread->fault_words[2]);
	default:
		return false;
	}
}
