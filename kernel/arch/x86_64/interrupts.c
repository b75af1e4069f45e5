// SPDX-License-Identifier: MIT OR Apache-2.0
/* Exceptions and interrupts: from user code, from an idle CPU, and the kernel's own faults. */
#include <arch/apic.h>
#include <arch/asm.h>
#include <arch/machine.h>
#include <arch/stacks.h>
#include <arch/trap.h>
#include <arch/vectors.h>
#include <kernel/console.h>
#include <kernel/crash.h>
#include <kernel/entry.h>
#include <kernel/fault.h>
#include <kernel/lock.h>
#include <kernel/sched.h>

#define PAGE_ERROR_PRESENT 1u
#define PAGE_ERROR_WRITE   2u
#define PAGE_ERROR_FETCH   16u

extern const char copy_access[];
extern const char copy_access_end[];
extern const char copy_fault[];
void entry_leave(void);

/* Access word of a page fault: 1 write, 2 execute, 4 the page was present. */
static uint64_t page_access(uint64_t error)
{
	return ((error & PAGE_ERROR_WRITE) != 0 ? 1u : 0u) |
	       ((error & PAGE_ERROR_FETCH) != 0 ? 2u : 0u) |
	       ((error & PAGE_ERROR_PRESENT) != 0 ? 4u : 0u);
}

static void user_exception(
	struct cpu *cpu, struct thread *self, uint64_t vector, uint64_t error, uint64_t address)
{
	switch (vector) {
	case VECTOR_PAGE:
		fault_raise(cpu, self, FAULT_PAGE, address, page_access(error));
		break;
	case VECTOR_DIVIDE:
	case VECTOR_OVERFLOW:
	case VECTOR_X87:
	case VECTOR_SIMD:
		fault_raise(cpu, self, FAULT_ARITHMETIC, self->frame.rip, vector);
		break;
	case VECTOR_DEBUG:
	case VECTOR_BREAKPOINT:
		fault_raise(cpu, self, FAULT_DEBUG, self->frame.rip, vector);
		break;
	case VECTOR_BOUND:
	case VECTOR_ILLEGAL:
		fault_raise(cpu, self, FAULT_ILLEGAL, self->frame.rip, vector);
		break;
	default:
		fault_raise(cpu, self, FAULT_PROTECTION, self->frame.rip, vector);
		break;
	}
}

static void device_interrupt(struct cpu *cpu, uint64_t vector)
{
	cpu->interrupts++;
	apic_end_of_interrupt();
	if (vector == VECTOR_TIMER)
		sched_timer(cpu);
	else if (vector == VECTOR_RESCHEDULE)
		cpu->reschedule = true;
	else if (vector >= VECTOR_FIRST_IRQ && vector < VECTOR_FIRST_IRQ + ARCH_IRQ_COUNT)
		irq_deliver(cpu, &cpu->arch.irqs[vector - VECTOR_FIRST_IRQ]);
	else if (vector != VECTOR_SPURIOUS)
		cpu->spurious++;
}

static bool is_exception(uint64_t vector)
{
	return vector < 32;
}

static void stop_if_asked(uint64_t vector)
{
	if (vector == VECTOR_STOP)
		arch_halt();
}

void interrupt_fatal(struct trap_frame *trap)
{
	if (trap->vector == VECTOR_NMI)
		panic("non-maskable interrupt", trap);
	if (trap->vector == VECTOR_MACHINE)
		panic("machine check: the hardware found a fault of its own", trap);
	if (stacks_is_guard(cr2_read()))
		panic("kernel stack overflow", trap);
	panic("double fault", trap);
}

void interrupt_enter(struct cpu *cpu, struct thread *self, uint64_t vector, uint64_t error)
{
	uint64_t address = vector == VECTOR_PAGE ? cr2_read() : 0;

	stop_if_asked(vector);
	kernel_enter(cpu);
	if (cpu->entry.current == self)
		self->vector_dead = false;
	if (cpu->entry.current == self && is_exception(vector))
		user_exception(cpu, self, vector, error, address);
	else if (!is_exception(vector))
		device_interrupt(cpu, vector);
	if (cpu->entry.current == self)
		upcall_interrupt(self);
	kernel_leave(cpu);
}

static bool copy_faulted(struct trap_frame *trap)
{
	uint64_t rip = trap->rip;

	if (trap->vector != VECTOR_PAGE && trap->vector != VECTOR_PROTECTION)
		return false;
	if (rip < (uint64_t)(uintptr_t)copy_access || rip >= (uint64_t)(uintptr_t)copy_access_end)
		return false;
	trap->rip = (uint64_t)(uintptr_t)copy_fault;
	return true;
}

void interrupt_in_kernel_enter(struct trap_frame *trap)
{
	struct cpu *cpu = cpu_self();

	stop_if_asked(trap->vector);
	if (is_exception(trap->vector)) {
		if (copy_faulted(trap))
			return;
		panic("fault in the kernel", trap);
	}
	if (!cpu->idle)
		panic("interrupt in the kernel", trap);
	__atomic_store_n(&cpu->entry.in_kernel, 1, __ATOMIC_RELEASE);
	kernel_enter(cpu);
	device_interrupt(cpu, trap->vector);
	entry_leave();
}

void arch_idle(struct cpu *cpu)
{
	kernel_unlock(cpu);
	for (;;)
		__asm__ volatile("sti; hlt; cli" ::: "memory");
}

void arch_print_trap(const struct trap_frame *t)
{
	console_print("vector {d} error {x} cr2 {x} rflags {x}\n", t->vector, t->error, cr2_read(),
		t->rflags);
	console_print("rip {x} rsp {x} rbp {x} rax {x}\n", t->rip, t->rsp, t->rbp, t->rax);
	console_print("rbx {x} rcx {x} rdx {x} rsi {x}\n", t->rbx, t->rcx, t->rdx, t->rsi);
	console_print("rdi {x} r8 {x} r9 {x} r10 {x}\n", t->rdi, t->r8, t->r9, t->r10);
	console_print("r11 {x} r12 {x} r13 {x} r14 {x}\n", t->r11, t->r12, t->r13, t->r14);
}
