// SPDX-License-Identifier: MIT OR Apache-2.0
/* A machine in ordinary memory, on which the real kernel core and page-table code run. Nothing
 * happens by itself: the test moves time, takes interrupts, and makes the system calls of
 * whichever thread is current on a CPU. Given the same steps it behaves the same. */
#ifndef TESTS_KERNEL_FAKE_H
#define TESTS_KERNEL_FAKE_H

#include <arch/clock.h>
#include <arch/machine.h>
#include <kernel/space.h>
#include <kernel/thread.h>

#define FAKE_CPUS      4u
#define FAKE_ECAM      0x1000000u /* configuration space, below the memory */
#define FAKE_ECAM_SIZE 0x300000u

struct fake_counts {
	uint64_t flushes;     /* reloads of all translations */
	uint64_t invalidated; /* single pages */
	uint64_t interrupts;  /* sent to other CPUs */
	uint64_t pulls;       /* of other CPUs into the kernel */
	uint64_t console;     /* bytes */
	uint64_t port_writes;
	uint64_t halts;
};

extern struct fake_counts fake_counts;
extern struct thread *fake_root;
extern const struct root_info *fake_info;
extern bool fake_lines_masked[24];
extern char fake_console[4096];

/* Boots the kernel on `count` CPUs with `bytes` (a power of two) of memory. The first task runs on
 * CPU 0. What a boot before left behind must have been ended with fake_end. */
void fake_boot(uint32_t count, uint64_t bytes);

/* Destroys everything that was made, through the kernel, and checks that it is gone. */
void fake_end(void);

/* Where the untyped memory of the test begins and ends (kernel addresses). */
extern uint64_t fake_memory_start;
extern uint64_t fake_memory_end;

/* One entry by system call of the CPU's current thread, whose registers are set. */
void fake_syscall(struct cpu *cpu);

/* Its parts. fake_short_way: false if the general way is to do it. */
bool fake_short_way(struct cpu *cpu);
void fake_general_way(struct cpu *cpu);

/* One interrupt: the timer, a request to reschedule, or a driver's interrupt. */
void fake_timer(struct cpu *cpu);
void fake_reschedule(struct cpu *cpu);
void fake_interrupt(struct cpu *cpu, struct irq *irq);

/* A fault of the CPU's current thread. */
void fake_fault(struct cpu *cpu, uint64_t kind, uint64_t address, uint64_t access);

/* Takes all interrupts that other CPUs sent. */
void fake_settle(void);

/* Lets time pass; timers that expire meanwhile interrupt in order. */
void fake_pass(time_ns duration);

/* The CPU that runs `thread`, or NULL. */
struct cpu *fake_cpu_of(const struct thread *thread);

/* The whole machine: kernel objects, all memory, CPUs and what they were sent; not the trees and
 * counters that are variables of the core. Each of the copies is made at its first use. */
#define FAKE_COPIES 2u
void fake_save(uint32_t copy);
void fake_restore(uint32_t copy);

/* Calls `differs` for each word that is not as in the copy; `now` is where it lies. */
void fake_compare(uint32_t copy, void (*differs)(const uint64_t *now, uint64_t then));

/* Ends the test program. */
NORETURN void fake_fail(const char *file, unsigned line, const char *text);

#define FAKE_CHECK(condition)                                      \
	do {                                                       \
		if (!(condition))                                  \
			fake_fail(__FILE__, __LINE__, #condition); \
	} while (0)

#endif
