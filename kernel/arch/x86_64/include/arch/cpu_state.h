// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a CPU has of its own on x86-64. */
#ifndef ARCH_CPU_STATE_H
#define ARCH_CPU_STATE_H

#include <kernel/irq.h>
#include <kernel/types.h>

struct cpu;
struct thread;

/* Task state segment: Intel SDM volume 3, section 8.7. */
struct task_state {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
} __attribute__((packed));

#define GDT_ENTRIES       7u
#define ENTRY_STACK_WORDS 32u /* 8 are used */

/* One page, the only one of a CPU's that user mode's tables have under isolation: nothing secret.
 * Reached through GS; the entry code knows the offsets. */
struct arch_entry {
	struct cpu *self;       /* 0 */
	uint64_t kernel_stack;  /* 8: top */
	uint64_t user_root;     /* 16: the exit's, under isolation: CR3 for user mode */
	struct thread *current; /* 24: NULL: idle */
	uint32_t in_kernel;     /* 32: 1 from entry (registers saved) until just before the exit */
	uint32_t apic_id;
	uint64_t kernel_root; /* 40: CR3 without any user space */
	uint64_t space_root;  /* 48: CR3 to load at the next entry, under isolation */
	uint64_t entry_stack; /* 56: top of `stack`: interrupts begin there, under isolation */
	uint64_t gdt[GDT_ENTRIES];
	struct task_state tss;
	uint64_t stack[ENTRY_STACK_WORDS] __attribute__((aligned(16)));
} __attribute__((aligned(4096)));

_Static_assert(offsetof(struct arch_entry, entry_stack) == 56, "entry_macros.h knows the offsets");
_Static_assert(sizeof(struct arch_entry) == 4096, "entry_macros.h knows what follows");

/* Interrupt vectors that the kernel gives to drivers: VECTOR_FIRST_IRQ and up. */
#define ARCH_IRQ_COUNT 176u

struct arch_cpu {
	uint64_t tls_key; /* of the FS and GS base that are loaded */
	struct irq irqs[ARCH_IRQ_COUNT];
};

#endif
