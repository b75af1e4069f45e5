// SPDX-License-Identifier: MIT OR Apache-2.0
/* Per-CPU state. The offsets of the first fields are known to the entry code. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <arch/cpu_state.h>
#include <kernel/object.h>

#define CPU_MAX 64u /* bits in masks of CPUs */

struct run_queue {
	uint64_t levels[ABI_PRIORITIES / 64]; /* bit set: list not empty */
	struct thread *heads[ABI_PRIORITIES]; /* circular lists */
	struct tree deadline;                 /* deadline class: earliest first */
	int32_t top;                          /* highest level with a thread; -1: none, or: */
#define RUN_QUEUE_DEADLINE ABI_PRIORITIES     /* the deadline class has one */
};

#define TRACE_RECORDS 1024u

/* Records go to the CPU's own few, or to a frame that user space lent (trace.h). */
struct trace_ring {
	uint64_t sequence; /* records written so far */
	uint64_t first;    /* the oldest that the present memory has ever held */
	uint64_t mask;     /* records in a turn, less one */
	struct trace_record *records;
	struct slot lent; /* the frame, if there is one */
	struct trace_record own[TRACE_RECORDS];
};

struct cpu {
	struct arch_entry entry;     /* first: entry code reaches these two by offset */
	struct address_space *space; /* whose tables are loaded */
	struct arch_cpu arch;
	struct sched_context *running; /* the context that is charged; current's, save in transit */
	uint32_t id;
	bool reschedule;
	bool online;
	bool idle;
	bool general_calls; /* no system call goes the short way, for the trace */
	time_ns run_start;  /* since when the running context is charged */
	time_ns timer_next; /* what the hardware timer is set to */
	struct run_queue ready;
	struct tree timers; /* of contexts that are not running here */
	time_ns idle_time;
	time_ns idle_start;
	uint64_t interrupts;
	uint64_t spurious;
	uint64_t switches;
	uint64_t entry_tsc;
	uint64_t longest_irq_off;
	bool flush_request; /* set by others, under the kernel lock; honoured on taking it */
	bool drop_space;    /* the same: the loaded space is gone */
	struct trace_ring trace;
};

extern struct cpu *cpus[CPU_MAX];
extern uint32_t cpu_count;

#endif
