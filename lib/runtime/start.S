// SPDX-License-Identifier: MIT OR Apache-2.0
// First instructions of a native program. In: rdi = the program's argument (the first task:
// address of struct root_info; others: of struct process_start), rsp = top of the stack.

	.text
	.globl _start
_start:
	xor %ebp, %ebp
	and $-16, %rsp
	call runtime_start
	ud2

	.section .note.GNU-stack, "", @progbits
