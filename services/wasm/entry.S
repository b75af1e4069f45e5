// SPDX-License-Identifier: MIT OR Apache-2.0
// [[noreturn]] void stack_switch(uintptr_t top, void (*function)(void)): calls `function` on the
// stack that ends at `top`.

	.text
	.globl stack_switch
	.type stack_switch, @function
stack_switch:
	mov %rdi, %rsp
	xor %ebp, %ebp
	call *%rsi
	ud2

// The upcall handler's entry. In: rdi = address of struct upcall_frame, rsp = top of its stack.
	.globl upcall_entry
	.type upcall_entry, @function
upcall_entry:
	xor %ebp, %ebp
	and $-16, %rsp
	call upcall_handle
	ud2

	.section .note.GNU-stack, "", @progbits
