// SPDX-License-Identifier: MIT OR Apache-2.0
// What the entries of entry.S and entry_isolated.S share: offsets in struct arch_entry (through
// GS), struct frame (the start of struct thread) and struct address_space, and saving registers.
#ifndef ARCH_ENTRY_MACROS_H
#define ARCH_ENTRY_MACROS_H
// clang-format off: this is assembly

#define CPU_STACK       %gs:8
#define CPU_USER_ROOT   %gs:16
#define CPU_CURRENT     %gs:24
#define CPU_IN_KERNEL   %gs:32
#define CPU_SPACE_ROOT  %gs:48
#define CPU_ENTRY_STACK %gs:56
#define CPU_SPACE       %gs:4096

#define SPACE_ROOT      0
#define SPACE_USER_ROOT 8

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
#define FIRST_NATIVE 0x98 // of struct thread, behind the frame

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

// The rest of a system call's registers, and the arguments of syscall_enter.
.macro SAVE_CALL
	SAVE_WORDS %r15
	mov %rax, FRAME_NUMBER(%r15)
	movq $0, FRAME_R15(%r15)
	movl $1, CPU_IN_KERNEL
	mov %gs:0, %rdi
	mov %r15, %rsi
	xor %ebp, %ebp
.endm

// At an interrupt from user mode, on the stack: rax, vector, error code (exceptions), what the CPU
// pushed. Other vectors were pushed less 128.
// Leaves the stack for the kernel's, with the arguments of interrupt_enter.
.macro SAVE_INTERRUPTED exception
	mov CPU_CURRENT, %rax
	SAVE_COMMON %rax
	mov %rcx, FRAME_RCX(%rax)
	mov %r11, FRAME_R11(%rax)
	pop %rcx
	mov %rcx, FRAME_NUMBER(%rax)
	pop %rdx                        // vector
	.if \exception
	pop %rcx                        // error code
	.else
	sub $-128, %rdx
	.endif
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
.endm

// The registers of struct trap_frame.
.macro PUSH_TRAP
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
.endm

// Try the short way of the call in eax (kernel/core/fastpath_calls.h, fastpath_wakes.h); go on behind
// if it has none.
.macro SHORT_CALLS prefix
	mov %r10, %r11
	cmp $SYSCALL_REPLY_RECV, %rax
	jb \prefix\()call
	mov %rbx, %rcx
	je \prefix\()reply_recv
.endm

.macro SHORT_WAKES prefix
	cmp $SYSCALL_SIGNAL, %rax
	je \prefix\()signal
	cmp $SYSCALL_SEND, %rax
	je \prefix\()send
	cmp $SYSCALL_YIELD, %rax
	je \prefix\()yield
.endm

.macro SHORT_WAY_FAILS prefix, way, number, locked
	.globl \prefix\()\way\()_fail
\prefix\()\way\()_fail:
	.if \locked
	movl $0, kernel_lock_taken(%rip)
	.endif
	mov %r11, %r10
	mov %rcx, %rbx
	mov $\number, %eax
	jmp general_call
.endm

// What a short way does not do: the general way, with the registers of the system call.
.macro SHORT_CALLS_FAIL prefix, locked=0
	SHORT_WAY_FAILS \prefix, call, SYSCALL_CALL, \locked
	SHORT_WAY_FAILS \prefix, reply_recv, SYSCALL_REPLY_RECV, \locked
.endm

.macro SHORT_WAKES_FAIL prefix, locked=0
	SHORT_WAY_FAILS \prefix, send, SYSCALL_SEND, \locked
	SHORT_WAY_FAILS \prefix, signal, SYSCALL_SIGNAL, \locked
	SHORT_WAY_FAILS \prefix, yield, SYSCALL_YIELD, \locked
.endm

#define SHORT_CALLS_MASK (1 << SYSCALL_CALL | 1 << SYSCALL_REPLY_RECV)
#define SHORT_WAKES_MASK (1 << SYSCALL_SEND | 1 << SYSCALL_SIGNAL | 1 << SYSCALL_YIELD)

// With several CPUs: takes the kernel lock for the short ways in `mask`, if nobody holds it. The
// general way waits.
.macro LOCK_FOR mask
	mov $(\mask), %ecx
	bt %eax, %ecx
	jnc general_call
	mov $1, %ecx
	xchg %ecx, kernel_lock_taken(%rip)
	test %ecx, %ecx
	jnz general_call
	cmp CPU_CURRENT, %r15
	jne unlock_general_call         // it was destroyed meanwhile
.endm

// Where the CPU goes at a vector: 16 bytes for each exception, 8 for each interrupt, whose vector
// less 128 fits a byte.
.macro STUBS exceptions, interrupts
	.balign 16
	.set vector_number, 0
	.rept 32
	.balign 16
	.if (vector_number == 8) || (vector_number >= 10 && vector_number <= 14) || (vector_number == 17) || (vector_number == 21)
	.else
	pushq $0
	.endif
	pushq $vector_number
	jmp \exceptions
	.set vector_number, vector_number + 1
	.endr
	.balign 16
	.rept 224
	.balign 8
	pushq $(vector_number - 128)
	jmp \interrupts
	.set vector_number, vector_number + 1
	.endr
.endm

#endif
