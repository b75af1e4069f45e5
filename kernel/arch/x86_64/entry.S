// SPDX-License-Identifier: MIT OR Apache-2.0
// Entries to the kernel and the way back. User registers are saved directly into the current
// thread, so there is one kernel stack per CPU, empty at each entry.
// Offsets: struct arch_entry (GS) and struct frame (the start of struct thread).

#include <abi/asm.h>
#include <arch/entry_macros.h>

	.text

// SYSCALL: Intel SDM volume 2. Interrupts are off (IA32_FMASK). r15 is free by the convention and
// holds the current thread.
.macro ENTER_KERNEL
	swapgs
	mov CPU_CURRENT, %r15
	mov %rsp, FRAME_RSP(%r15)
	mov %rcx, FRAME_RIP(%r15)
	mov %r11, FRAME_RFLAGS(%r15)
	mov %rbp, FRAME_RBP(%r15)
	mov CPU_STACK, %rsp
.endm

// One CPU: the short ways first.
	.globl entry_syscall_plain
	.balign 64
entry_syscall_plain:
	ENTER_KERNEL
	SHORT_CALLS fastpath_
	SHORT_WAKES fastpath_
	cmp $SYSCALL_ABI, %rax
	jne general_call
	cmpq $0, FIRST_NATIVE(%r15)
	jne general_call
	mov abi_hash(%rip), %rdx        // abi(): nothing of the kernel's state is touched
	mov FRAME_RIP(%r15), %rcx
	mov FRAME_RFLAGS(%r15), %r11
	mov FRAME_RSP(%r15), %rsp
	xor %eax, %eax
	xor %r15d, %r15d
	swapgs
	sysretq

	.globl fastpath_locked_exit
fastpath_locked_exit:
	movl $0, kernel_lock_taken(%rip)
	.globl fastpath_exit
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

	SHORT_CALLS_FAIL fastpath_
	SHORT_WAKES_FAIL fastpath_
	SHORT_CALLS_FAIL fastpath_locked_, 1
	SHORT_WAKES_FAIL fastpath_locked_, 1

// Several CPUs.
	.globl entry_syscall_locked
	.balign 64
entry_syscall_locked:
	ENTER_KERNEL
	LOCK_FOR SHORT_CALLS_MASK | SHORT_WAKES_MASK
	SHORT_CALLS fastpath_locked_
	SHORT_WAKES fastpath_locked_
unlock_general_call:
	movl $0, kernel_lock_taken(%rip)
	jmp general_call

// Without short ways: what they need is missing.
	.globl entry_syscall
	.balign 64
entry_syscall:
	ENTER_KERNEL
general_call:
	SAVE_CALL
	call syscall_enter
	jmp entry_return                // a thread is current, the kernel lock is released

	.globl fastpath_locked_resume
	.globl fastpath_resume
fastpath_locked_resume:
	movl $0, kernel_lock_taken(%rip)
fastpath_resume:
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

// Exceptions: the stubs have pushed an error code (or 0) and the vector.
	.balign 64
entry_exception:
	cld
	testb $3, 24(%rsp)
	jz interrupt_in_kernel
	swapgs
	push %rax
	SAVE_INTERRUPTED 1
	call interrupt_enter
	jmp entry_return

// Interrupts: the stubs have pushed the vector less 128.
	.balign 64
entry_interrupt:
	cld
	testb $3, 16(%rsp)
	jz idle_interrupt
	swapgs
	push %rax
	SAVE_INTERRUPTED 0
	call interrupt_enter
	jmp entry_return

	.globl idle_interrupt
idle_interrupt:
	pushq (%rsp)                    // in the place of an error code is anything
	subq $-128, (%rsp)
// In the kernel only an idle CPU takes interrupts; other vectors are faults of the kernel.
	.globl interrupt_in_kernel
interrupt_in_kernel:
	PUSH_TRAP
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
	cmpq $0, arch_isolation_root(%rip)
	jne entry_return_isolated
	jmp entry_return

	.globl entry_stubs
	.balign 16
entry_stubs:
	STUBS entry_exception, entry_interrupt


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
