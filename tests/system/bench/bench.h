// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the kernel's benchmarks share: objects, a server in a space of its own, rounds and their
 * medians. Under instruction counting a tick of the time-stamp counter is an instruction; elsewhere
 * it is a cycle. What reading the counter costs is taken off. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

#define ROUNDS 101u
#define INNER  16u
#define NEVER  ABI_DEADLINE_NEVER
#define PAGE   4096u

extern const struct root_info *root;
extern uint64_t samples[ROUNDS];
extern handle_t memory;   /* untyped, for `make` */
extern handle_t endpoint; /* where bench_call calls */
extern handle_t reply;    /* the remote server's */

/* Prepares everything; `argument` is program_main's. */
void bench_begin(const void *argument);

/* Ends the machine. */
[[noreturn]] void finish(unsigned status);

/* Ends the machine with a message unless `status` is OK. */
void must(status_t status, const char *what);

/* An object of its own in the next slot. */
handle_t make(uint64_t type, uint64_t size);

/* Takes the next free slot of the root CNode. */
uint64_t next_slot(void);

/* A thread in another address space that answers each call to `endpoint` at once. */
void start_remote_server(unsigned priority);

/* A thread in another address space that only yields. */
handle_t start_remote_yielder(unsigned priority);

/* Prints the median of `samples`, each of `divisor` operations. */
void report(const char *name, uint64_t divisor);

/* The row `name`: a round trip to the server. `deadline`: nanoseconds from now, or NEVER. */
void bench_call(const char *name, unsigned words, uint64_t deadline);

static inline uint64_t ticks(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

#endif
