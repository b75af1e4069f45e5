// SPDX-License-Identifier: MIT OR Apache-2.0
// Entries and exits under kernel isolation: user mode has tables of its own, in which of the kernel
// only this code, the descriptor tables and struct arch_entry are. Chosen at boot (cpu.c); the
// entries of entry.S do not know of it. Here are also the entries of vectors that can come anywhere.
//
// An entry loads the kernel's tables of the CPU's address space before it touches anything outside
// struct arch_entry; an exit touches nothing else after it loaded the user's.

#include <abi/asm.h>
#include <arch/entry_macros.h>

	.section .text.entry, "ax"

// r15 is free by the convention.
.macro ENTER_KERNEL
	swapgs
	mov CPU_SPACE_ROOT, %r15
	mov %r15, %cr3
	mov CPU_CURRENT, %r15
	mov %rsp, FRAME_RSP(%r15)
	mov %rcx, FRAME_RIP(%r15)
	mov %r11, FRAME_RFLAGS(%r15)
	mov %rbp, FRAME_RBP(%r15)
	mov CPU_STACK, %rsp
.endm

// Notes the tables of the next entry; \user: those for user mode.
.macro SPACE_TABLES user, scratch
	mov CPU_SPACE, \user
	mov SPACE_ROOT(\user), \scratch
	mov \scratch, CPU_SPACE_ROOT
	mov SPACE_USER_ROOT(\user), \user
.endm

// One CPU: the short ways first.
	.globl entry_syscall_isolated_plain
	.balign 64
entry_syscall_isolated_plain:
	ENTER_KERNEL
	SHORT_CALLS fastpath_isolated_
	jmp general_call

	.globl fastpath_isolated_locked_exit
fastpath_isolated_locked_exit:
	movl $0, kernel_lock_taken(%rip)
	.globl fastpath_isolated_exit
fastpath_isolated_exit:
	SPACE_TABLES %rax, %rbx
	mov %r11, %r10
	mov FRAME_RFLAGS(%r15), %r11
	mov FRAME_RBP(%r15), %rbp
	mov FRAME_RSP(%r15), %rsp
	mov %rax, %cr3
	xor %eax, %eax
	xor %ebx, %ebx
	xor %r15d, %r15d
	swapgs
	sysretq

	SHORT_CALLS_FAIL fastpath_isolated_
	SHORT_CALLS_FAIL fastpath_isolated_locked_, 1

// Several CPUs.
	.globl entry_syscall_isolated_locked
	.balign 64
entry_syscall_isolated_locked:
	ENTER_KERNEL
	LOCK_FOR SHORT_CALLS_MASK
	SHORT_CALLS fastpath_isolated_locked_
unlock_general_call:
	movl $0, kernel_lock_taken(%rip)
	jmp general_call

// Without short ways.
	.globl entry_syscall_isolated
	.balign 64
entry_syscall_isolated:
	ENTER_KERNEL
general_call:
	SAVE_CALL
	call syscall_enter
	jmp entry_return_isolated       // a thread is current, the kernel lock is released

	.globl fastpath_isolated_locked_resume
	.globl fastpath_isolated_resume
fastpath_isolated_locked_resume:
	movl $0, kernel_lock_taken(%rip)
fastpath_isolated_resume:
	.globl entry_return_isolated
entry_return_isolated:
	SPACE_TABLES %rax, %rcx
	mov %rax, CPU_USER_ROOT
	mov CPU_CURRENT, %rsp
	cmpq $0, FRAME_FULL(%rsp)
	jne return_full
	mov FRAME_RIP(%rsp), %rcx
	mov FRAME_RFLAGS(%rsp), %r11
	LOAD_COMMON %rsp
	mov FRAME_NUMBER(%rsp), %rax
	mov FRAME_RSP(%rsp), %rsp
	mov CPU_USER_ROOT, %r15
	mov %r15, %cr3
	xor %r15d, %r15d                // as SAVE_CALL left it in the frame
	swapgs
	sysretq

return_full:
	mov %rsp, %rax
	movq $0, FRAME_FULL(%rax)
	mov CPU_ENTRY_STACK, %rsp
	pushq $USER_DATA
	pushq FRAME_RSP(%rax)
	pushq FRAME_RFLAGS(%rax)
	pushq $USER_CODE
	pushq FRAME_RIP(%rax)
	pushq FRAME_NUMBER(%rax)
	LOAD_COMMON %rax
	mov FRAME_RCX(%rax), %rcx
	mov FRAME_R11(%rax), %r11
	mov CPU_USER_ROOT, %rax
	mov %rax, %cr3
	pop %rax
	swapgs
	iretq

// Exceptions and interrupts, on the stack in struct arch_entry. In the kernel's own code they find
// its tables loaded: the code here takes none.
.macro INTERRUPT_ISOLATED in_kernel, exception
	cld
	testb $3, 16+8*\exception(%rsp)
	jz \in_kernel
	swapgs
	push %rax
	mov CPU_SPACE_ROOT, %rax
	mov %rax, %cr3
	SAVE_INTERRUPTED \exception
	call interrupt_enter
	jmp entry_return_isolated
.endm

	.balign 64
entry_exception_isolated:
	INTERRUPT_ISOLATED interrupt_in_kernel, 1
	.balign 64
entry_interrupt_isolated:
	INTERRUPT_ISOLATED idle_interrupt, 0

	.globl entry_stubs_isolated
	.balign 16
entry_stubs_isolated:
	STUBS entry_exception_isolated, entry_interrupt_isolated


// Double faults, machine checks and non-maskable interrupts, with or without isolation: each on a
// stack of its own, one page, at whose end struct fatal_stack tells which CPU this is. Nothing is
// assumed of the tables or GS, and there is no way back.
	.globl entry_double_fault
	.balign 16
entry_double_fault:
	pushq $8
	jmp fatal
	.globl entry_nmi
	.balign 16
entry_nmi:
	pushq $0
	pushq $2
	jmp fatal
	.globl entry_machine_check
	.balign 16
entry_machine_check:
	pushq $0
	pushq $18
fatal:
	PUSH_TRAP
	mov %rsp, %rdi
	mov %rsp, %rbx
	or $0xfff, %rbx
	mov -7(%rbx), %rax              // fatal_stack.kernel_root
	mov %rax, %cr3
	mov -15(%rbx), %rax             // fatal_stack.cpu, the GS base
	mov %rax, %rdx
	shr $32, %rdx
	mov $0xc0000101, %ecx
	wrmsr
	cld
	xor %ebp, %ebp
	and $-16, %rsp
	call interrupt_fatal
	ud2

	.section .note.GNU-stack, "", @progbits
