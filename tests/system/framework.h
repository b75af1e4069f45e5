// SPDX-License-Identifier: MIT OR Apache-2.0
/* In-system tests of the kernel: a first task of their own, which has all rights. */
#pragma once

#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

extern const struct root_info *root;
extern unsigned checks_failed;

#define CHECK(condition)                                                                      \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			debug_print("  %s:%u: not so: %s\n", __FILE__, __LINE__, #condition); \
			checks_failed++;                                                      \
		}                                                                             \
	} while (0)

#define CHECK_STATUS(expression, expected)                                               \
	do {                                                                             \
		status_t check_status = (expression);                                    \
		if (check_status != (expected)) {                                        \
			debug_print("  %s:%u: %s is %ld, not %ld\n", __FILE__, __LINE__, \
				#expression, check_status, (status_t)(expected));        \
			checks_failed++;                                                 \
		}                                                                        \
	} while (0)

struct test {
	const char *name;
	void (*run)(void);
};

extern const struct test capability_tests[];
extern const struct test ipc_tests[];
extern const struct test irq_tests[];
extern const struct test memory_tests[];
extern const struct test sched_tests[];
extern const struct test trace_tests[];

/* The memory of one test: a cleared untyped of 4 MiB, revoked and reset afterwards. */
extern handle_t test_memory;

/* The next free slot of the root CNode; all are emptied after each test. */
uint64_t next_slot(void);

/* An object from the test's memory. Ends the test program if there is no memory. */
handle_t make(uint64_t type, uint64_t size);
handle_t mint(handle_t source, uint64_t rights, uint64_t badge);
handle_t copy(handle_t source, uint64_t rights);

#define THREAD_STACK 16384u

/* A thread of this address space with a stack, a context on `cpu` and a message page. */
struct worker {
	handle_t thread;
	handle_t context;
	struct message_page *page;
	void (*entry)(struct worker *self);
	void *argument;
	volatile uint64_t done;
	volatile status_t status;
	uint64_t words[8];
	struct worker *next;
	uint8_t stack[THREAD_STACK] __attribute__((aligned(16)));
};

/* Starts `entry` on a worker; it ends by returning. */
void worker_start(struct worker *worker, void (*entry)(struct worker *self), void *argument,
	unsigned priority, unsigned cpu, handle_t fault_endpoint);

/* Prepares without starting. */
void worker_prepare(struct worker *worker, void (*entry)(struct worker *self), void *argument,
	unsigned priority, unsigned cpu, handle_t fault_endpoint);

/* Waits until the worker has returned (at most 10 s). */
void worker_join(struct worker *worker);

/* Workers for the tests' use; their memory is cleared between tests. */
extern struct worker workers[8];

/* A page mapped at a free address, from the test's memory. */
void *map_page(handle_t *frame);

/* Addresses that no test uses otherwise. */
uint64_t free_address(uint64_t size);

static inline uint64_t soon(uint64_t milliseconds)
{
	return time_now() + milliseconds * 1000000;
}
