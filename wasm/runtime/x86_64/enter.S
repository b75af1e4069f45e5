// SPDX-License-Identifier: MIT OR Apache-2.0
// Entering compiled code and leaving it by a trap. Compiled code preserves none of the System V ABI's
// callee-saved registers for us, so they are saved here.
	.text

	// uint32_t wasm_enter(activation, entry, context, code, values)
	.globl wasm_enter
	.type wasm_enter, @function
	.balign 16
wasm_enter:
	pushq %rbp
	movq %rsp, %rbp
	pushq %rbx
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	subq $8, %rsp
	movq %rsp, (%rdi)
	movq %rsi, %rax
	movq %rdx, %rdi
	movq %rcx, %rsi
	movq %r8, %rdx
	callq *%rax
	xorl %eax, %eax
.Lleave:
	addq $8, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbx
	popq %rbp
	retq
	.size wasm_enter, . - wasm_enter

	// void wasm_unwind_to(sp, trap)
	.globl wasm_unwind_to
	.type wasm_unwind_to, @function
	.balign 16
wasm_unwind_to:
	movq %rdi, %rsp
	movl %esi, %edi
	.globl wasm_unwind
	.type wasm_unwind, @function
wasm_unwind:
	cld
	movl %edi, %eax
	jmp .Lleave
	.size wasm_unwind_to, . - wasm_unwind_to

	.section .note.GNU-stack, "", @progbits
