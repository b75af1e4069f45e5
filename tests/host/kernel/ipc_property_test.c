// SPDX-License-Identifier: MIT OR Apache-2.0
// Random interleavings of threads that call, serve, wait, lock, time out, die and are cancelled, on
// several CPUs with time that passes; the whole kernel state is checked after each step. At the end
// of a run everything is destroyed, and nobody with a deadline may still wait. Some calls are done
// on twins of the machine, the short way and the general way, which must do the same.
#include "fake/invariants.h"
#include "fake/twin.h"
#include "fake/user.h"

#include <kernel/endpoint.h>

#include <stdio.h>
#include <stdlib.h>

#define WORKERS       8
#define SERVERS       4
#define ENDPOINTS     3
#define REPLIES       10
#define NOTIFICATIONS 3
#define RUN_LENGTH    2500
#define WORD_ADDRESS  0x10000000u
#define US            1000u

static struct worker workers[WORKERS];
static uint64_t endpoints[ENDPOINTS]; /* slots */
static uint64_t replies[REPLIES];
static uint64_t notifications[NOTIFICATIONS];
static uint64_t message_slots; /* where received capabilities arrive */
static uint32_t *word;

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static handle_t any(const uint64_t *slots, uint64_t count)
{
	return user_handle(slots[user_below(count)]);
}

static time_ns any_deadline(void)
{
	switch (user_below(12)) {
	case 0:
		return user_below(2) == 0 ? 0 : fake_now;
	case 1:
	case 2:
		return NEVER;
	default:
		return fake_now + user_below(600) * US;
	}
}

static uint64_t any_info(void)
{
	uint64_t label = user_below(8) == 0 ? user_below(3) : 7;
	uint64_t words = user_below(6) == 0 ? user_below(80) : user_below(7);
	uint64_t handles = user_below(6) == 0 ? user_below(3) : 0;

	return label << 32 | handles << 8 | words;
}

/* --- what threads do themselves --------------------------------------------------------------- */

static void set_call(
	struct thread *t, uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	t->frame.number = number;
	t->frame.args[0] = a;
	t->frame.args[1] = b;
	t->frame.args[2] = c;
	t->frame.args[3] = d;
	t->frame.rip = 0x400100;
}

static unsigned number_of(const struct thread *t)
{
	unsigned i = 0;

	while (i < WORKERS - 1 && workers[i].thread != t)
		i++;
	return i;
}

/* Mostly each thread has its role: some serve with a reply object of their own, which may call on
 * behalf of their callers, the others call. */
static bool play_role(struct thread *t)
{
	unsigned i = number_of(t);
	handle_t own = user_handle(replies[i]);
	handle_t served = user_handle(endpoints[i % ENDPOINTS]);
	handle_t called = user_handle(endpoints[(i + 1) % ENDPOINTS]);

	if (user_below(4) == 0)
		return false;
	if (i >= SERVERS || user_below(4) == 0)
		set_call(t, SYSCALL_CALL, called, any_info(), any_deadline(), 0);
	else if (user_below(5) == 0)
		set_call(t, SYSCALL_RECV, user_handle(replies[i + WORKERS / 2]), 0, any_deadline(),
			served);
	else
		set_call(t, SYSCALL_REPLY_RECV, own, any_info(), any_deadline(), served);
	return true;
}

static void choose_call(struct thread *t)
{
	handle_t endpoint = any(endpoints, ENDPOINTS);
	handle_t reply = any(replies, REPLIES);
	handle_t notification = any(notifications, NOTIFICATIONS);
	handle_t owner = user_below(2) == 0 ? 0 : workers[user_below(WORKERS)].handle;
	uint64_t address = WORD_ADDRESS + 4 * user_below(2);

	if (t->message != NULL)
		t->message->send_handles[0] = notification;
	if (play_role(t))
		return;
	switch (user_below(14)) {
	case 0 ... 2:
		set_call(t, SYSCALL_CALL, endpoint, any_info(), any_deadline(), 0);
		break;
	case 3 ... 5:
		set_call(t, SYSCALL_REPLY_RECV, reply, any_info(), any_deadline(), endpoint);
		break;
	case 6:
		set_call(t, SYSCALL_RECV, user_below(4) == 0 ? 0 : reply, 0, any_deadline(),
			endpoint);
		break;
	case 7:
		set_call(t, SYSCALL_SEND, endpoint, any_info(), any_deadline(), 0);
		break;
	case 8:
		set_call(t, SYSCALL_REPLY, reply, any_info(), 0, 0);
		break;
	case 9:
		set_call(t, SYSCALL_SIGNAL, notification, 0, 0, 0);
		break;
	case 10:
		set_call(t, SYSCALL_WAIT, notification, user_random(), any_deadline(), 0);
		break;
	case 11:
		set_call(t, SYSCALL_FUTEX_WAIT, address, *word, any_deadline(), owner);
		break;
	case 12:
		set_call(t, user_below(2) == 0 ? SYSCALL_FUTEX_WAKE : SYSCALL_FUTEX_REQUEUE,
			address, user_below(3), WORD_ADDRESS, user_below(3));
		break;
	default:
		set_call(t, SYSCALL_YIELD, 0, 0, 0, 0);
		break;
	}
}

/* One call in so many is done on twins. */
#define TWIN_OF 8u

static void make_call(struct cpu *cpu)
{
	struct thread *threads[WORKERS + 1];

	if (user_below(TWIN_OF) != 0) {
		fake_syscall(cpu);
		return;
	}
	for (int i = 0; i < WORKERS; i++)
		threads[i] = workers[i].thread;
	threads[WORKERS] = fake_root;
	twin_syscall(cpu, threads, WORKERS + 1);
}

/* Some thread that runs makes a call or faults, whether or not interrupts are on their way. */
static void thread_step(void)
{
	uint64_t first = user_below(cpu_count);
	struct cpu *cpu = cpus[first];
	struct thread *t = cpu->entry.current;

	for (uint32_t i = 1; i < cpu_count && (t == NULL || t == fake_root); i++) {
		cpu = cpus[(first + i) % cpu_count];
		t = cpu->entry.current;
	}
	if (t == NULL || t == fake_root)
		return;
	if (user_below(60) == 0) {
		fake_fault(cpu, user_below(5), user_random() & 0xffff000, 0);
		return;
	}
	if (t->frame.rip != 0x400100 - 2) /* else the kernel wants the call again */
		choose_call(t);
	t->frame.rip = 0x400100;
	make_call(cpu);
}

/* --- what is done to them --------------------------------------------------------------------- */

static void remake(uint64_t *slots, uint64_t count, uint64_t type)
{
	uint64_t index = slots[user_below(count)];

	(void)user_invoke(fake_info->cnode, METHOD_CNODE_DELETE, index);
	FAKE_CHECK(user_invoke(user_memory(), METHOD_UNTYPED_RETYPE, type, 0, 1, fake_info->cnode,
			   index) == OK);
}

static void destroy_something(void)
{
	switch (user_below(3)) {
	case 0:
		remake(endpoints, ENDPOINTS, OBJECT_ENDPOINT);
		break;
	case 1:
		remake(replies, REPLIES, OBJECT_REPLY);
		break;
	default:
		remake(notifications, NOTIFICATIONS, OBJECT_NOTIFICATION);
		break;
	}
}

static void give_part(struct worker *w)
{
	bool gone = user_handle(user_index(w->context)) != w->context;
	handle_t context =
		gone || user_below(4) == 0 ? user_make(OBJECT_SCHED_CONTEXT, 0) : w->context;
	uint64_t fault = user_below(2) == 0 ? 0 : any(endpoints, ENDPOINTS);
	uint64_t timeout = user_below(2) == 0 ? 0 : any(endpoints, ENDPOINTS);

	(void)user_invoke(context, METHOD_SCHED_CONTEXT_CONFIGURE, user_below(cpu_count),
		(10 + user_below(500)) * US, user_below(2) * 1000 * US, 0);
	(void)user_invoke(w->handle, METHOD_THREAD_CONFIGURE, fake_info->cnode, fake_info->space,
		w->page_frame, context, fault, timeout);
}

static void change_part(const struct worker *w)
{
	switch (user_below(3)) {
	case 0:
		(void)user_invoke(w->handle, METHOD_THREAD_BIND,
			user_below(2) == 0 ? 0 : any(notifications, NOTIFICATIONS));
		break;
	case 1:
		(void)user_delete(w->context); /* the thread's own goes with it, if it was minted */
		break;
	default:
		(void)user_invoke(w->context, METHOD_SCHED_CONTEXT_CONFIGURE, user_below(cpu_count),
			(10 + user_below(500)) * US, user_below(2) * 1000 * US, 0);
		break;
	}
}

/* A worker's thread dies, and another one takes its place. */
static void replace_worker(struct worker *w)
{
	uint8_t priority = (uint8_t)(1 + user_below(150));
	uint32_t cpu = (uint32_t)user_below(cpu_count);

	FAKE_CHECK(user_delete(w->handle) == OK);
	(void)user_delete(w->context);
	(void)user_delete(w->page_frame);
	*w = user_worker(priority, cpu);
	(void)user_invoke(w->handle, METHOD_THREAD_RESUME, 0);
}

static void root_step(void)
{
	struct worker *w = &workers[user_below(WORKERS)];

	if (fake_cpu_of(fake_root) == NULL)
		return;
	switch (user_below(16)) {
	case 0 ... 1:
		(void)user_invoke(w->handle, METHOD_THREAD_CANCEL, 0);
		break;
	case 2 ... 3:
		(void)user_invoke(w->handle, METHOD_THREAD_STOP, 0);
		break;
	case 4 ... 8:
		(void)user_invoke(w->handle, METHOD_THREAD_RESUME, 0);
		break;
	case 9:
		(void)user_invoke(w->handle, METHOD_THREAD_SET_PRIORITY, 1 + user_below(150),
			fake_info->thread);
		break;
	case 10:
		(void)user_invoke(w->handle, METHOD_THREAD_INTERRUPT, 5);
		break;
	case 11:
		destroy_something();
		break;
	case 12:
		give_part(w);
		break;
	case 13:
		change_part(w);
		break;
	case 14:
		(void)user_invoke(
			fake_info->cnode, METHOD_CNODE_CANCEL_BADGE, any(endpoints, ENDPOINTS), 0);
		break;
	default:
		if (user_below(4) == 0)
			replace_worker(w);
		break;
	}
}

/* --- runs ------------------------------------------------------------------------------------- */

static void empty_window(void)
{
	for (uint64_t i = 0; i < 4; i++) {
		if (fake_cpu_of(fake_root) != NULL)
			(void)user_invoke(fake_info->cnode, METHOD_CNODE_DELETE, message_slots + i);
	}
}

static void prepare_word(void)
{
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);

	FAKE_CHECK(user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_MAP, frame, 0, WORD_ADDRESS,
			   1, RIGHT_READ | RIGHT_WRITE) == OK);
	word = user_object(frame);
}

/* A small budget, and somebody who is told when it is used up. */
static void limit(struct worker *w, uint32_t cpu)
{
	(void)user_invoke(w->context, METHOD_SCHED_CONTEXT_CONFIGURE, cpu, 30 * US, 200 * US, 0);
	(void)user_invoke(w->handle, METHOD_THREAD_CONFIGURE, fake_info->cnode, fake_info->space,
		w->page_frame, user_mint(w->context, RIGHT_ALL, 0), 0, any(endpoints, ENDPOINTS));
}

static void prepare(uint32_t cpu_total)
{
	user_boot(cpu_total);
	FAKE_CHECK(user_invoke(fake_info->sched_context, METHOD_SCHED_CONTEXT_CONFIGURE, 0,
			   1000000 * US, 0, 0) == OK);
	for (int i = 0; i < ENDPOINTS; i++)
		endpoints[i] = user_index(user_make(OBJECT_ENDPOINT, 0));
	for (int i = 0; i < REPLIES; i++)
		replies[i] = user_index(user_make(OBJECT_REPLY, 0));
	for (int i = 0; i < NOTIFICATIONS; i++)
		notifications[i] = user_index(user_make(OBJECT_NOTIFICATION, 0));
	prepare_word();
	message_slots = user_slot();
	for (int i = 0; i < 3; i++)
		(void)user_slot();
	for (uint32_t i = 0; i < WORKERS; i++) {
		uint32_t cpu = cpu_total == 1 ? 0 : 1 + i % (cpu_total - 1);

		workers[i] = user_worker((uint8_t)(10 * i + 10), cpu);
		workers[i].page->receive_cnode = fake_info->cnode;
		workers[i].page->receive_index = message_slots;
		workers[i].page->receive_count = 4;
		if (user_below(6) == 0)
			limit(&workers[i], cpu);
		(void)user_invoke(workers[i].handle, METHOD_THREAD_RESUME, 0);
	}
}

/* With one CPU the first task must give way now and then. */
static void rest(void)
{
	if (fake_cpu_of(fake_root) == NULL)
		return;
	(void)user_wait(user_handle(notifications[0]), 0, fake_now + 300 * US);
}

static uint64_t timeouts; /* steps after which a thread waited for the answer to one */

static void count_timeouts(void)
{
	for (int i = 0; i < WORKERS; i++) {
		const struct thread *t = workers[i].thread;

		timeouts += t->fault_pending && t->fault_words[0] == FAULT_TIMEOUT;
	}
}

static bool may_wait_for_ever(const struct thread *t)
{
	return t->wait_deadline == TIME_NEVER || t->state == THREAD_STATE_CALLING ||
	       t->sc == NULL; /* it could not run */
}

static void run(uint32_t cpu_total)
{
	prepare(cpu_total);
	for (int i = 0; i < RUN_LENGTH; i++) {
		uint64_t what = user_below(20);

		if (what < 12)
			thread_step();
		else if (what < 14)
			root_step();
		else if (what < 16)
			rest();
		else if (what < 17)
			fake_pass(user_below(300) * US);
		else if (what < 18)
			*word = (uint32_t)user_below(2);
		else
			fake_settle();
		if (i % 50 == 0)
			empty_window();
		if (user_below(3) == 0)
			continue; /* the next step comes before interrupts on their way */
		fake_settle();
		invariants_check();
		count_timeouts();
	}
	fake_pass(10000 * US);
	invariants_check();
	for (int i = 0; i < WORKERS; i++)
		FAKE_CHECK(!thread_is_blocked(workers[i].thread) ||
			   may_wait_for_ever(workers[i].thread));
	fake_end();
}

int main(void)
{
	uint64_t seed = setting("KERNEL_MODEL_SEED", 1);
	uint64_t steps = setting("KERNEL_MODEL_STEPS", 200000);

	printf("life cycle of calls: seed %llu, %llu steps\n", (unsigned long long)seed,
		(unsigned long long)steps);
	user_seed(seed);
	for (uint64_t done = 0; done < steps; done += RUN_LENGTH)
		run((uint32_t)(1 + user_below(FAKE_CPUS)));
	printf("%llu times a thread waited after a time-out\n", (unsigned long long)timeouts);
	FAKE_CHECK(timeouts > 0);
	for (uint32_t i = 0; i < 16; i++)
		printf("call %u on twins: %llu the short way, %llu the general way only\n", i,
			(unsigned long long)twin_short[i], (unsigned long long)twin_general[i]);
	return 0;
}
