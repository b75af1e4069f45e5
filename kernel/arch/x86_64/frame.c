// SPDX-License-Identifier: MIT OR Apache-2.0
/* User registers: see frame.h. */
#include <arch/frame.h>
#include <kernel/object.h>
#include <kernel/thread.h>

#define RFLAGS_FIXED      0x2u
#define RFLAGS_INTERRUPTS 0x200u
#define RFLAGS_USER       0x250dd5u /* CF PF AF ZF SF TF DF OF RF AC ID: user mode's own */

void arch_frame_init(struct frame *frame)
{
	frame->rflags = RFLAGS_FIXED | RFLAGS_INTERRUPTS;
	frame->full = 1;
}

void arch_frame_enter(struct frame *frame, uint64_t entry, uint64_t stack)
{
	frame->rip = entry;
	frame->rsp = (stack & ~(uint64_t)15) - 8; /* as after a call */
	frame->rflags = RFLAGS_FIXED | RFLAGS_INTERRUPTS;
	frame->rbp = 0;
	frame->full = 1;
}

void arch_frame_to_registers(const struct thread *thread, struct thread_registers *registers)
{
	const struct frame *f = &thread->frame;

	*registers = (struct thread_registers){
		.rax = f->number,
		.rbx = f->args[3],
		.rcx = f->full != 0 ? f->rcx : f->rip,
		.rdx = f->args[2],
		.rsi = f->args[1],
		.rdi = f->args[0],
		.rbp = f->rbp,
		.rsp = f->rsp,
		.r8 = f->words[0],
		.r9 = f->words[1],
		.r10 = f->words[2],
		.r11 = f->full != 0 ? f->r11 : f->rflags,
		.r12 = f->words[3],
		.r13 = f->words[4],
		.r14 = f->words[5],
		.r15 = f->r15,
		.rip = f->rip,
		.rflags = f->rflags,
		.fs_base = thread->fs_base,
		.gs_base = thread->gs_base,
	};
}

bool arch_registers_valid(const struct thread_registers *registers)
{
	return registers->rip < ABI_USER_ADDRESS_END && registers->rsp <= ABI_USER_ADDRESS_END &&
	       registers->fs_base < ABI_USER_ADDRESS_END &&
	       registers->gs_base < ABI_USER_ADDRESS_END;
}

void arch_frame_from_registers(struct thread *thread, const struct thread_registers *r)
{
	struct frame *f = &thread->frame;

	f->number = r->rax;
	f->args[3] = r->rbx;
	f->rcx = r->rcx;
	f->args[2] = r->rdx;
	f->args[1] = r->rsi;
	f->args[0] = r->rdi;
	f->rbp = r->rbp;
	f->rsp = r->rsp;
	f->words[0] = r->r8;
	f->words[1] = r->r9;
	f->words[2] = r->r10;
	f->r11 = r->r11;
	f->words[3] = r->r12;
	f->words[4] = r->r13;
	f->words[5] = r->r14;
	f->r15 = r->r15;
	f->rip = r->rip;
	f->rflags = (r->rflags & RFLAGS_USER) | RFLAGS_FIXED | RFLAGS_INTERRUPTS;
	f->full = 1;
	thread_set_tls(thread, r->fs_base, r->gs_base);
}
