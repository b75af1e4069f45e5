// SPDX-License-Identifier: MIT OR Apache-2.0
// Entries to the kernel and the way back. User registers are saved directly into the current
// thread, so there is one kernel stack per CPU, empty at each entry.
// Offsets: struct arch_entry (GS) and struct frame (the start of struct thread).

#include <abi/asm.h>

#define CPU_STACK     %gs:8
#define CPU_CURRENT   %gs:24
#define CPU_IN_KERNEL %gs:32

#define FRAME_WORDS  0x00
#define FRAME_ARGS   0x30
#define FRAME_NUMBER 0x50
#define FRAME_RBP    0x58
#define FRAME_R15    0x60
#define FRAME_RCX    0x68
#define FRAME_R11    0x70
#define FRAME_RIP    0x78
#define FRAME_RFLAGS 0x80
#define FRAME_RSP    0x88
#define FRAME_FULL   0x90

#define USER_CODE 0x33
#define USER_DATA 0x2b

.macro SAVE_WORDS base
	mov %r8, FRAME_WORDS+0(\base)
	mov %r9, FRAME_WORDS+8(\base)
	mov %r10, FRAME_WORDS+16(\base)
	mov %r12, FRAME_WORDS+24(\base)
	mov %r13, FRAME_WORDS+32(\base)
	mov %r14, FRAME_WORDS+40(\base)
	mov %rdi, FRAME_ARGS+0(\base)
	mov %rsi, FRAME_ARGS+8(\base)
	mov %rdx, FRAME_ARGS+16(\base)
	mov %rbx, FRAME_ARGS+24(\base)
.endm

.macro SAVE_COMMON base
	SAVE_WORDS \base
	mov %rbp, FRAME_RBP(\base)
	mov %r15, FRAME_R15(\base)
.endm

.macro LOAD_COMMON base
	mov FRAME_WORDS+0(\base), %r8
	mov FRAME_WORDS+8(\base), %r9
	mov FRAME_WORDS+16(\base), %r10
	mov FRAME_WORDS+24(\base), %r12
	mov FRAME_WORDS+32(\base), %r13
	mov FRAME_WORDS+40(\base), %r14
	mov FRAME_ARGS+0(\base), %rdi
	mov FRAME_ARGS+8(\base), %rsi
	mov FRAME_ARGS+16(\base), %rdx
	mov FRAME_ARGS+24(\base), %rbx
	mov FRAME_RBP(\base), %rbp
	mov FRAME_R15(\base), %r15
.endm

	.text

// SYSCALL: Intel SDM volume 2. Interrupts are off (IA32_FMASK). r15 is free by the convention and
// holds the current thread. This entry is for one CPU without kernel isolation: it tries the short
// way of call and reply_recv first (kernel/core/fastpath.c).
	.globl entry_syscall_plain
	.balign 64
entry_syscall_plain:
	swapgs
	mov CPU_CURRENT, %r15
	mov %rsp, FRAME_RSP(%r15)
	mov %rcx, FRAME_RIP(%r15)
	mov %r11, FRAME_RFLAGS(%r15)
	mov %rbp, FRAME_RBP(%r15)
	mov CPU_STACK, %rsp
	mov %r10, %r11
	cmp $SYSCALL_REPLY_RECV, %eax
	jb fastpath_call
	mov %rbx, %rcx
	je fastpath_reply_recv
	cmp $SYSCALL_ABI, %eax
	jne general_call
	mov abi_hash(%rip), %rdx        // abi(): nothing of the kernel's state is touched
	mov FRAME_RIP(%r15), %rcx
	mov FRAME_RFLAGS(%r15), %r11
	mov FRAME_RSP(%r15), %rsp
	xor %eax, %eax
	xor %r15d, %r15d
	swapgs
	sysretq

	.globl fastpath_exit
	.balign 16
fastpath_exit:
	mov %r11, %r10
	mov FRAME_RFLAGS(%r15), %r11
	mov FRAME_RBP(%r15), %rbp
	mov FRAME_RSP(%r15), %rsp
	xor %eax, %eax
	xor %ebx, %ebx
	xor %r15d, %r15d
	swapgs
	sysretq

	.globl fastpath_call_fail
fastpath_call_fail:
	mov %r11, %r10
	mov $SYSCALL_CALL, %eax
	xor %ebx, %ebx
	jmp general_call

	.globl fastpath_reply_recv_fail
fastpath_reply_recv_fail:
	mov %r11, %r10
	mov $SYSCALL_REPLY_RECV, %eax
	mov %rcx, %rbx
	jmp general_call

// The entry with several CPUs: everything goes the general way.
	.globl entry_syscall
	.balign 64
entry_syscall:
	swapgs
	mov CPU_CURRENT, %r15
	mov %rsp, FRAME_RSP(%r15)
	mov %rcx, FRAME_RIP(%r15)
	mov %r11, FRAME_RFLAGS(%r15)
	mov %rbp, FRAME_RBP(%r15)
	mov CPU_STACK, %rsp
general_call:
	SAVE_WORDS %r15
	mov %rax, FRAME_NUMBER(%r15)
	movq $0, FRAME_R15(%r15)
	movl $1, CPU_IN_KERNEL
	mov %gs:0, %rdi
	mov %r15, %rsi
	xor %ebp, %ebp
	call syscall_enter
	// Falls through: a thread is current and the kernel lock is released.

	.globl entry_return
entry_return:
	mov CPU_CURRENT, %rsp
	cmpq $0, FRAME_FULL(%rsp)
	jne return_full
	mov FRAME_RIP(%rsp), %rcx
	mov FRAME_RFLAGS(%rsp), %r11
	LOAD_COMMON %rsp
	mov FRAME_NUMBER(%rsp), %rax
	mov FRAME_RSP(%rsp), %rsp
	swapgs
	sysretq

// All registers. A frame is full from an interrupt to here; system calls find it cleared.
return_full:
	mov %rsp, %rax
	movq $0, FRAME_FULL(%rax)
	mov CPU_STACK, %rsp
	pushq $USER_DATA
	pushq FRAME_RSP(%rax)
	pushq FRAME_RFLAGS(%rax)
	pushq $USER_CODE
	pushq FRAME_RIP(%rax)
	LOAD_COMMON %rax
	mov FRAME_RCX(%rax), %rcx
	mov FRAME_R11(%rax), %r11
	mov FRAME_NUMBER(%rax), %rax
	swapgs
	iretq

// Exceptions and interrupts. The stubs have pushed an error code (or 0) and the vector.
	.balign 64
entry_interrupt:
	cld
	testb $3, 24(%rsp)
	jz interrupt_in_kernel
	swapgs
	push %rax
	mov CPU_CURRENT, %rax
	SAVE_COMMON %rax
	mov %rcx, FRAME_RCX(%rax)
	mov %r11, FRAME_R11(%rax)
	pop %rcx
	mov %rcx, FRAME_NUMBER(%rax)
	pop %rdx                        // vector
	pop %rcx                        // error code
	pop FRAME_RIP(%rax)
	pop %r8                         // code segment
	pop FRAME_RFLAGS(%rax)
	pop FRAME_RSP(%rax)
	movq $1, FRAME_FULL(%rax)
	movl $1, CPU_IN_KERNEL
	mov %gs:0, %rdi
	mov %rax, %rsi
	mov CPU_STACK, %rsp
	xor %ebp, %ebp
	call interrupt_enter
	jmp entry_return

// In the kernel only an idle CPU takes interrupts; other vectors are faults of the kernel.
interrupt_in_kernel:
	push %r15
	push %r14
	push %r13
	push %r12
	push %r11
	push %r10
	push %r9
	push %r8
	push %rbp
	push %rdi
	push %rsi
	push %rdx
	push %rcx
	push %rbx
	push %rax
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $-16, %rsp
	call interrupt_in_kernel_enter
	mov %rbx, %rsp
	pop %rax
	pop %rbx
	pop %rcx
	pop %rdx
	pop %rsi
	pop %rdi
	pop %rbp
	pop %r8
	pop %r9
	pop %r10
	pop %r11
	pop %r12
	pop %r13
	pop %r14
	pop %r15
	add $16, %rsp
	iretq

// void entry_leave(void): from the boot code or an idle CPU's interrupt to user mode. The stack
// starts again from its top.
	.globl entry_leave
entry_leave:
	mov CPU_STACK, %rsp
	xor %ebp, %ebp
	mov %gs:0, %rdi
	call kernel_leave
	jmp entry_return

	.macro STUB vector
	.balign 16
	.if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21)
	.else
	pushq $0
	.endif
	pushq $\vector
	jmp entry_interrupt
	.endm

	.globl entry_stubs
	.balign 16
entry_stubs:
	.set vector_number, 0
	.rept 256
	STUB vector_number
	.set vector_number, vector_number + 1
	.endr

// bool arch_copy_bytes(void *to, const void *from, size_t size): 0 if a page was not accessible.
// The page-fault handler continues at copy_fault for a fault at copy_access.
	.globl arch_copy_bytes
	.globl copy_access
	.globl copy_access_end
	.globl copy_fault
arch_copy_bytes:
	mov %rdx, %rcx
copy_access:
	rep movsb
copy_access_end:
	mov $1, %eax
	ret
copy_fault:
	xor %eax, %eax
	ret

	.section .note.GNU-stack, "", @progbits
