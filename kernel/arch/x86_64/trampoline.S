// SPDX-License-Identifier: MIT OR Apache-2.0
// Where another CPU starts: real mode, at a page below 1 MiB, which the kernel's tables map at its
// own address. struct trampoline_data (smp.c) is at the page's end.

#define DATA_ROOT  (4096 - 32)
#define DATA_STACK (4096 - 24)
#define DATA_ENTRY (4096 - 16)
#define DATA_CPU   (4096 - 8)

	.section .rodata
	.globl trampoline_start
	.globl trampoline_end
	.balign 16
	.code16
trampoline_start:
	cli
	cld
	mov %cs, %ax
	mov %ax, %ds
	// The page's linear address, for the far jumps.
	movzwl %ax, %ebx
	shl $4, %ebx
	lea gdt_pointer - trampoline_start, %si
	lea gdt - trampoline_start(%ebx), %eax
	mov %eax, 2(%si)
	lgdtl (%si)
	lea long_mode - trampoline_start(%ebx), %eax
	mov %eax, far_target - trampoline_start
	// Long mode directly: PAE and tables, EFER.LME and NXE, paging with protection.
	mov $0x20, %eax
	mov %eax, %cr4
	mov DATA_ROOT, %eax
	mov %eax, %cr3
	mov $0xc0000080, %ecx
	rdmsr
	or $0x901, %eax
	wrmsr
	mov $0x80010033, %eax
	mov %eax, %cr0
	ljmpl *(far_target - trampoline_start)

	.code64
long_mode:
	mov %ebx, %ebx
	mov $0x10, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	mov DATA_STACK(%rbx), %rsp
	mov DATA_CPU(%rbx), %rdi
	xor %ebp, %ebp
	push %rbp
	jmp *DATA_ENTRY(%rbx)

	.balign 8
gdt:
	.quad 0
	.quad 0x00209b0000000000 // accessed already: the page is read-only
	.quad 0x0000930000000000
gdt_pointer:
	.word 23
	.long 0
	.balign 8
far_target:
	.long 0
	.word 0x08
	.balign 8
trampoline_end:

	.section .note.GNU-stack, "", @progbits
