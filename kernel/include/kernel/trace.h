// SPDX-License-Identifier: MIT OR Apache-2.0
/* The trace: a ring of records per CPU, always on, read by who holds the platform capability with
 * the debug right. */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <arch/clock.h>
#include <kernel/cpu.h>

ALWAYS_INLINE void trace_record(struct cpu *cpu, uint32_t event, uint64_t a, uint64_t b)
{
	struct trace_record *record =
		&cpu->trace.records[cpu->trace.sequence++ & (TRACE_RECORDS - 1)];

	record->tsc = arch_timestamp();
	record->event = event;
	record->thread = cpu->entry.current != NULL ? (uint32_t)cpu->entry.current->id : 0;
	record->a = a;
	record->b = b;
}

#endif
