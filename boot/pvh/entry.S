// SPDX-License-Identifier: MIT OR Apache-2.0
// PVH entry: 32-bit, paging off, ebx = physical address of hvm_start_info (Xen's PVH boot ABI).
// Maps the first 4 GiB at their own addresses with 2 MiB pages and goes to 64-bit mode
// (Intel SDM volume 3, section 10.8.5).

#define STACK_SIZE 0x8000
#define TABLE_FLAGS 3          // present, writable
#define LARGE_FLAGS 0x83       // and 2 MiB
#define CR4_PAE 0x20
#define EFER 0xc0000080
#define EFER_LME 0x100
#define CR0_PG 0x80000000
#define CR0_MP_EM 6
#define LONG_MODE_BIT 29
#define COM1 0x3f8

// The note that tells the monitor where to start: XEN_ELFNOTE_PHYS32_ENTRY.
.section .note.pvh, "a", @note
	.balign 4
	.long 4
	.long 8
	.long 18
	.asciz "Xen"
	.quad pvh_entry

.section .text.entry, "ax"
.code32
.globl pvh_entry
pvh_entry:
	cli
	cld
	rdtsc
	mov %eax, pvh_tsc_entry
	mov %edx, pvh_tsc_entry + 4
	mov $stack_end, %esp
	mov $0x80000000, %eax
	push %ebx
	cpuid
	cmp $0x80000001, %eax
	jb no_long_mode
	mov $0x80000001, %eax
	cpuid
	pop %ebx
	bt $LONG_MODE_BIT, %edx
	jnc no_long_mode

	movl $(level3 + TABLE_FLAGS), level4
	mov $level3, %edi
	mov $(level2 + TABLE_FLAGS), %eax
	mov $4, %ecx
1:	mov %eax, (%edi)
	add $0x1000, %eax
	add $8, %edi
	loop 1b
	mov $level2, %edi
	mov $LARGE_FLAGS, %eax
	mov $2048, %ecx
2:	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 2b

	mov %cr4, %eax
	or $CR4_PAE, %eax
	mov %eax, %cr4
	mov $level4, %eax
	mov %eax, %cr3
	mov $EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov %cr0, %eax
	or $CR0_PG, %eax
	mov %eax, %cr0
	lgdt gdt_pointer
	ljmp $8, $long_mode

no_long_mode:
	mov $message, %esi
	mov $COM1, %dx
3:	lodsb
	test %al, %al
	jz 4f
	out %al, %dx
	jmp 3b
4:	hlt
	jmp 4b

.code64
long_mode:
	mov $16, %eax
	mov %eax, %ds
	mov %eax, %es
	mov %eax, %ss
	xor %eax, %eax
	mov %eax, %fs
	mov %eax, %gs
	mov $stack_end, %rsp
	mov %ebx, %edi
	xor %ebp, %ebp
	call pvh_main

.section .rodata
message:
	.asciz "Craton cannot start: this processor has no 64-bit mode.\n"
	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff // code, 64 bits
	.quad 0x00cf93000000ffff // data
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt

.section .bss
	.balign 4096
level4:
	.skip 4096
level3:
	.skip 4096
level2:
	.skip 4 * 4096
	.skip STACK_SIZE
stack_end:
.globl pvh_tsc_entry
pvh_tsc_entry:
	.skip 8
