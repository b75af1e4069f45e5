// SPDX-License-Identifier: MIT OR Apache-2.0
/* The user registers of a thread, in the order of the system-call convention (abi/kernel.toml).
 * The offsets are known to entry.S. */
#ifndef ARCH_FRAME_H
#define ARCH_FRAME_H

#include <kernel/types.h>

struct thread;

struct frame {
	uint64_t words[6]; /* r8, r9, r10, r12, r13, r14 */
	uint64_t args[4];  /* rdi, rsi, rdx, rbx */
	uint64_t number;   /* rax: call number in, status out */
	uint64_t rbp;
	uint64_t r15;
	uint64_t rcx;
	uint64_t r11;
	uint64_t rip;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t full; /* 1: return by IRETQ with all registers, 0: by SYSRETQ */
};

_Static_assert(offsetof(struct frame, full) == 0x90, "entry.S knows the offsets");

#define ARCH_VECTOR_SIZE   832u /* x87, SSE and AVX in standard XSAVE form */
#define ARCH_MXCSR_INITIAL 0x1f80u
#define ARCH_FCW_INITIAL   0x037fu

void arch_frame_init(struct frame *frame);

/* Makes the thread continue at `entry` with `stack`, in a state fit for a C function. */
void arch_frame_enter(struct frame *frame, uint64_t entry, uint64_t stack);

/* The ABI's form of a thread's registers. */
void arch_frame_to_registers(const struct thread *thread, struct thread_registers *registers);

/* Takes registers that arch_registers_valid accepted. */
void arch_frame_from_registers(struct thread *thread, const struct thread_registers *registers);

/* Addresses canonical and in user space, flags that user mode may set. */
NODISCARD bool arch_registers_valid(const struct thread_registers *registers);

/* Goes back to the system-call instruction, so that it runs again. */
ALWAYS_INLINE void arch_frame_rewind(struct frame *frame)
{
	frame->rip -= 2; /* SYSCALL is two bytes long */
}

#endif
