// SPDX-License-Identifier: MIT OR Apache-2.0
// The kernel's entry: the loader has set up the final tables and passes the physical address of
// struct boot_info in rdi (see boot/README.md). Moves to the kernel's own stack.

	.text
	.globl kernel_entry
kernel_entry:
	lea boot_stack_top(%rip), %rsp
	xor %ebp, %ebp
	push %rbp
	call kernel_main
	ud2

	.section .bss
	.balign 4096
	.globl boot_stack
boot_stack:
	.skip 16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
