// SPDX-License-Identifier: MIT OR Apache-2.0
/* Device interrupts as notifications. The (CPU, vector) pairs of the machine are the resource; an
 * Irq capability stands for one pair. An interrupt signals its bits and stays masked (lines) until
 * it is acknowledged. */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <kernel/types.h>

struct cpu;
struct notification;

struct irq {
	struct notification *notification;
	uint64_t bits;
	uint64_t count;
	uint32_t line; /* global interrupt line, or IRQ_MSI */
	uint8_t cpu;
	uint8_t vector;
	bool used;
	bool pending; /* signalled, not yet acknowledged */
};

#define IRQ_MSI 0xffffffffu

/* An interrupt of a driver came in on this CPU. */
void irq_deliver(struct cpu *cpu, struct irq *irq);

void irq_destroy(struct irq *irq);

/* The notification goes away: interrupts that signal it are unbound. */
void irq_forget_notification(struct notification *notification);

#endif
