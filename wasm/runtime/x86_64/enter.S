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
	// C left words in the registers that are saved when compiled code calls the runtime; the
	// search for references to exceptions must not find old ones there.
	xorl %ebx, %ebx
	xorl %r8d, %r8d
	xorl %r9d, %r9d
	xorl %r10d, %r10d
	xorl %r11d, %r11d
	xorl %r12d, %r12d
	xorl %r13d, %r13d
	pxor %xmm8, %xmm8
	pxor %xmm9, %xmm9
	pxor %xmm10, %xmm10
	pxor %xmm11, %xmm11
	pxor %xmm12, %xmm12
	pxor %xmm13, %xmm13
	pxor %xmm14, %xmm14
	pxor %xmm15, %xmm15
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

	// Where bridged tail calls return to: TAIL_CALL_AREA above rsp is where to go on.
	.globl wasm_tail_return
	.type wasm_tail_return, @function
	.balign 16
wasm_tail_return:
	jmpq *16000(%rsp)
	.size wasm_tail_return, . - wasm_tail_return

	// void wasm_land(state): continues at state->pc with the state's registers. Of rsi and rdi,
	// rdx nothing is expected.
	.globl wasm_land
	.type wasm_land, @function
	.balign 16
wasm_land:
	cld
	movups 128+16*8(%rdi), %xmm8
	movups 128+16*9(%rdi), %xmm9
	movups 128+16*10(%rdi), %xmm10
	movups 128+16*11(%rdi), %xmm11
	movups 128+16*12(%rdi), %xmm12
	movups 128+16*13(%rdi), %xmm13
	movups 128+16*14(%rdi), %xmm14
	movups 128+16*15(%rdi), %xmm15
	movq 8*0(%rdi), %rax
	movq 8*1(%rdi), %rcx
	movq 8*3(%rdi), %rbx
	movq 8*5(%rdi), %rbp
	movq 8*8(%rdi), %r8
	movq 8*9(%rdi), %r9
	movq 8*10(%rdi), %r10
	movq 8*11(%rdi), %r11
	movq 8*12(%rdi), %r12
	movq 8*13(%rdi), %r13
	movq 8*14(%rdi), %r14
	movq 8*15(%rdi), %r15
	movq 384(%rdi), %rdx
	movq 8*4(%rdi), %rsp
	jmpq *%rdx
	.size wasm_land, . - wasm_land

	.section .note.GNU-stack, "", @progbits
