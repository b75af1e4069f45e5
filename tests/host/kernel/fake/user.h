// SPDX-License-Identifier: MIT OR Apache-2.0
/* What a user program would do, for tests: system calls of a thread that is current somewhere. */
#ifndef TESTS_KERNEL_USER_H
#define TESTS_KERNEL_USER_H

#include "fake.h"

#define NEVER TIME_NEVER

/* The system calls act as this thread; it must be current on a CPU. fake_root after user_boot. */
extern struct thread *user_self;

/* Boots and prepares a free slot counter and a cleared untyped. */
void user_boot(uint32_t cpu_total);

/* A system call of user_self, again while the kernel asks for that. The status register
 * afterwards; STILL_BLOCKED if the thread waits now. */
#define STILL_BLOCKED ((status_t)1000)
status_t user_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d);
status_t user_status(const struct thread *thread);

status_t user_invoke_words(handle_t object, uint64_t method, const uint64_t words[6]);
#define user_invoke(object, method, ...) \
	user_invoke_words(object, method, (const uint64_t[6]){__VA_ARGS__})

/* Calls; the message's words are those in user_self's frame. */
status_t user_call(handle_t endpoint, uint64_t info, time_ns deadline);
status_t user_send(handle_t endpoint, uint64_t info, time_ns deadline);
status_t user_recv(handle_t reply, handle_t endpoint, time_ns deadline);
status_t user_reply_recv(handle_t reply, uint64_t info, handle_t endpoint, time_ns deadline);
status_t user_reply(handle_t reply, uint64_t info);
status_t user_signal(handle_t notification);
status_t user_wait(handle_t notification, uint64_t mask, time_ns deadline);

/* Slots of the first task's CNode. */
uint64_t user_slot(void);
struct slot *user_slot_at(uint64_t index);
handle_t user_handle(uint64_t index);
uint64_t user_index(handle_t handle);

/* An object from the test's memory. */
handle_t user_make(uint64_t type, uint64_t size);
handle_t user_copy(handle_t source, uint64_t rights);
handle_t user_mint(handle_t source, uint64_t rights, uint64_t badge);
status_t user_delete(handle_t handle);
status_t user_revoke(handle_t handle);
void *user_object(handle_t handle);
handle_t user_memory(void);

/* A thread with the first task's CNode and space, a message page, and a context of its own on
 * `cpu`; not started. */
struct worker {
	handle_t handle;
	handle_t context;
	handle_t page_frame;
	struct thread *thread;
	struct message_page *page;
};

struct worker user_worker(uint8_t priority, uint32_t cpu);
void user_start(const struct worker *worker);

/* Acts as the worker from now on: it must be current. */
void user_become(const struct worker *worker);
void user_become_root(void);

/* The deterministic source of the property tests. */
uint64_t user_random(void);
void user_seed(uint64_t seed);
uint64_t user_below(uint64_t limit);

#endif
