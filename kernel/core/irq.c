// SPDX-License-Identifier: MIT OR Apache-2.0
/* Interrupts as notifications: see irq.h. */
#include "invoke.h"

#include <arch/machine.h>
#include <kernel/cspace.h>
#include <kernel/endpoint.h>
#include <kernel/irq.h>
#include <kernel/trace.h>

void irq_deliver(struct cpu *cpu, struct irq *irq)
{
	if (!irq->used || irq->notification == NULL) {
		cpu->spurious++;
		return;
	}
	irq->count++;
	irq->pending = true;
	if (irq->line != IRQ_MSI)
		arch_irq_mask(irq, true);
	trace_record(cpu, TRACE_EVENT_IRQ, irq->vector, irq->line);
	notification_signal(irq->notification, irq->bits);
}

void irq_destroy(struct irq *irq)
{
	arch_iommu_forget_irq(irq);
	arch_irq_free(irq);
}

void irq_forget_notification(struct notification *notification)
{
	for (uint32_t c = 0; c < cpu_count; c++) {
		for (uint32_t i = 0; i < ARCH_IRQ_COUNT; i++) {
			struct irq *irq = &cpus[c]->arch.irqs[i];

			if (irq->notification != notification)
				continue;
			irq->notification = NULL;
			if (irq->line != IRQ_MSI)
				arch_irq_mask(irq, true);
		}
	}
}

static status_t make_capability(
	struct invocation *in, status_t status, struct irq *irq, struct slot *to)
{
	if (status != OK)
		return status;
	slot_fill(to, OBJECT_IRQ, (uint64_t)(uintptr_t)irq, RIGHT_ALL);
	to->depth = (uint64_t)(in->target->depth + 1) & 0xffffu;
	slot_link_after(in->target, to);
	set_result(in, 0, to->tag);
	return OK;
}

status_t irq_control_allocate_line_method(struct invocation *in)
{
	struct irq *irq = NULL;
	struct slot *to;
	status_t status = invoke_destination(in, ARGUMENT(in, 2), ARGUMENT(in, 3), &to);

	if (status == OK && ARGUMENT(in, 1) > 3)
		status = ERR_INVALID_ARGUMENT;
	if (status == OK)
		status = arch_irq_allocate_line(ARGUMENT(in, 0), ARGUMENT(in, 1), &irq);
	return make_capability(in, status, irq, to);
}

status_t irq_control_allocate_msi_method(struct invocation *in)
{
	struct irq *irq = NULL;
	uint64_t address = 0;
	uint64_t data = 0;
	struct slot *to;
	status_t status = invoke_destination(in, ARGUMENT(in, 1), ARGUMENT(in, 2), &to);

	if (status == OK)
		status = arch_irq_allocate_msi(ARGUMENT(in, 0), &irq, &address, &data);
	status = make_capability(in, status, irq, to);
	set_result(in, 1, address);
	set_result(in, 2, data);
	return status;
}

status_t irq_bind_method(struct invocation *in)
{
	struct irq *irq = (struct irq *)in->target->object;
	struct slot *cap = NULL;

	if (ARGUMENT(in, 0) != 0) {
		status_t status = cspace_lookup_object(
			in->self, ARGUMENT(in, 0), OBJECT_NOTIFICATION, RIGHT_WRITE, &cap);

		if (status != OK)
			return status;
	}
	irq->notification = cap == NULL ? NULL : (struct notification *)cap->object;
	if (irq->notification != NULL)
		irq->notification->has_irq = true;
	irq->bits = ARGUMENT(in, 1);
	irq->pending = false;
	if (irq->line != IRQ_MSI)
		arch_irq_mask(irq, cap == NULL);
	return OK;
}

status_t irq_acknowledge_method(struct invocation *in)
{
	struct irq *irq = (struct irq *)in->target->object;

	if (!irq->pending)
		return OK;
	irq->pending = false;
	if (irq->line != IRQ_MSI && irq->notification != NULL)
		arch_irq_mask(irq, false);
	return OK;
}
