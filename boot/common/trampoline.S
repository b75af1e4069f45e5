// SPDX-License-Identifier: MIT OR Apache-2.0
// The jump to the kernel. Copied to a page that both the loader's and the final page tables map
// at its physical address, so it must not depend on where it is.
// In (System V): rdi = boot_info, rsi = new CR3, rdx = stack, rcx = entry.

#define CR0_WP 16
#define CR4_PGE 7
#define CR4_PCIDE 17

.section .text
.globl handover_trampoline
.globl handover_trampoline_end
.balign 16
handover_trampoline:
	cli
	cld
	// Without PGE and PCIDE, loading CR3 forgets every translation (SDM 3, section 4.10.4.1).
	mov %cr4, %rax
	btr $CR4_PGE, %rax
	btr $CR4_PCIDE, %rax
	mov %rax, %cr4
	mov %rsi, %cr3
	bts $CR4_PGE, %rax
	mov %rax, %cr4
	mov %cr0, %rax
	bts $CR0_WP, %rax
	mov %rax, %cr0
	mov %rdx, %rsp
	xor %ebp, %ebp
	jmp *%rcx
handover_trampoline_end:
