// SPDX-License-Identifier: MIT OR Apache-2.0
// From one stack to another: what System V's calls preserve stays on the one that is left.
	.text

	// void wasm_fiber_switch(void **save, void *sp)
	.globl wasm_fiber_switch
	.type wasm_fiber_switch, @function
	.balign 16
wasm_fiber_switch:
	pushq %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	movq %rsp, (%rdi)
	movq %rsi, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	retq
	.size wasm_fiber_switch, . - wasm_fiber_switch

	.globl wasm_fiber_entry
	.type wasm_fiber_entry, @function
	.balign 16
wasm_fiber_entry:
	movq %r12, %rdi
	xorl %ebp, %ebp
	callq wasm_fiber_main
	ud2
	.size wasm_fiber_entry, . - wasm_fiber_entry

	.section .note.GNU-stack, "", @progbits
