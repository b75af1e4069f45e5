// SPDX-License-Identifier: MIT OR Apache-2.0
// The short ways of calls, on one CPU and under the kernel lock. Each does what the general way
// does (on twins of the machine); each of its conditions, when it does not hold, leaves everything
// unchanged and the call to the general way.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/twin.h"
#include "fake/user.h"
#include "run_queue.h"

#include <kernel/endpoint.h>
#include <kernel/fault.h>

#define MS      1000000u
#define WORKERS 5

static struct worker client; /* current */
static struct worker server; /* more urgent, waits */
static struct worker equal;  /* as urgent as the client, ready */
static struct worker spare;  /* most urgent, stopped */
static struct worker parked; /* stopped */
static handle_t endpoint;
static handle_t reply;
static handle_t notification;
static struct cpu *cpu; /* all but the first task's on a machine with several */

/* The client's call. */
static uint64_t number;
static uint64_t args[4];

static void all_threads(struct thread *list[WORKERS + 1])
{
	const struct worker *workers[WORKERS] = {&client, &server, &equal, &spare, &parked};

	for (int i = 0; i < WORKERS; i++)
		list[i] = workers[i]->thread;
	list[WORKERS] = fake_root;
}

static void set_call(uint64_t n, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	number = n;
	args[0] = a;
	args[1] = b;
	args[2] = c;
	args[3] = d;
}

/* Whether the short way did it. */
static bool is_short(void)
{
	struct thread *list[WORKERS + 1];
	struct thread *self = cpu->entry.current;
	uint64_t before = twin_short[number];

	all_threads(list);
	self->frame.number = number;
	memcpy(self->frame.args, args, sizeof(args));
	self->frame.rip = 0x400100;
	for (uint64_t i = 0; i < 6; i++)
		self->frame.words[i] = 100 + i;
	twin_syscall(cpu, list, WORKERS + 1);
	return twin_short[number] != before;
}

/* The server's last call before it waits. */
enum server_waits { IN_RECEIVE, IN_RECEIVE_WITHOUT_REPLY, IN_WAIT };

static void arrange(uint32_t cpu_total, enum server_waits how)
{
	uint32_t id = cpu_total > 1 ? 1 : 0;
	handle_t pause;

	user_boot(cpu_total);
	cpu = cpus[id];
	endpoint = user_make(OBJECT_ENDPOINT, 0);
	reply = user_make(OBJECT_REPLY, 0);
	notification = user_make(OBJECT_NOTIFICATION, 0);
	pause = user_make(OBJECT_NOTIFICATION, 0);
	client = user_worker(50, id);
	equal = user_worker(50, id);
	server = user_worker(100, id);
	spare = user_worker(200, id);
	parked = user_worker(60, id);
	user_start(&server);
	user_start(&client);
	user_start(&equal);
	if (cpu_total == 1)
		assert_int_equal(user_wait(pause, 1, NEVER), STILL_BLOCKED);
	user_become(&server);
	if (how == IN_WAIT)
		assert_int_equal(user_wait(notification, 6, NEVER), STILL_BLOCKED);
	else
		assert_int_equal(
			user_recv(how == IN_RECEIVE ? reply : 0, endpoint, NEVER), STILL_BLOCKED);
	fake_settle();
	assert_ptr_equal(cpu->entry.current, client.thread);
	/* The timer that is set for the client's slice comes before the others' end. */
	equal.thread->sc->budget *= 2;
	equal.thread->sc->remaining = equal.thread->sc->budget;
	server.thread->sc->budget *= 2;
	server.thread->sc->remaining = server.thread->sc->budget;
	set_call(SYSCALL_YIELD, 0, 0, 0, 0);
}

static void finish(void)
{
	fake_settle();
	fake_end();
}

/* --- what spoils a short way ------------------------------------------------------------------ */

static void spoil_reschedule(void)
{
	cpu->reschedule = true;
}

static void spoil_flush(void)
{
	cpu->flush_request = true;
}

static void spoil_drop(void)
{
	cpu->drop_space = true;
}

static void spoil_state(void)
{
	client.thread->state = THREAD_STATE_STOPPED; /* by another CPU */
}

static void spoil_running(void)
{
	cpu->running = NULL; /* configured by another CPU */
	cpu->reschedule = true;
	cpu->reschedule = false;
}

static void spoil_context(void)
{
	client.thread->sc = NULL;
	client.thread->home->holder = NULL;
}

static void spoil_path(void)
{
	args[0] |= (1u << ABI_HANDLE_PATH_BITS) - 1;
}

static void spoil_tag(void)
{
	args[0] += (uint64_t)1 << ABI_HANDLE_PATH_BITS;
}

static void spoil_rights(void)
{
	user_slot_at(user_index(args[0]))->rights = 0;
}

static void spoil_type(void)
{
	args[0] = fake_info->thread;
}

static void spoil_words(void)
{
	args[1] = 200;
}

static void spoil_handles(void)
{
	args[1] = 1u << 8;
}

static void spoil_pages(void)
{
	args[1] = 20;
	client.thread->message = NULL;
}

static void spoil_other_page(void)
{
	args[1] = 20;
	server.thread->message = NULL;
}

static void spoil_vector(void)
{
	server.thread->vector_saved = true;
}

static void spoil_depth(void)
{
	client.thread->sc->chain_depth = ABI_CALL_CHAIN;
}

static void spoil_deadline(void)
{
	args[2] = fake_now + 1;
}

static void spoil_context_deadline(void)
{
	client.thread->sc->deadline = fake_now + 1;
}

/* Somebody more urgent is ready. */
static void spoil_top(void)
{
	spare.thread->state = THREAD_STATE_READY;
	run_queue_insert(&cpu->ready, spare.thread, false);
}

static void spoil_deadline_class(void)
{
	spare.thread->sc->class = SCHED_CLASS_DEADLINE;
	spoil_top();
}

static void spoil_idle(void)
{
	args[0] = user_handle(user_index(endpoint) + 0);
	((struct endpoint *)user_object(endpoint))->state = ENDPOINT_IDLE;
}

/* A second receiver, before or behind the first in the tree. */
static void add_receiver(uint64_t major)
{
	struct endpoint *e = user_object(endpoint);
	struct tree_node *node = &parked.thread->wait_node;

	node->major = major;
	node->minor = e->arrivals++;
	parked.thread->state = THREAD_STATE_RECEIVING;
	parked.thread->waiting_on = e;
	parked.thread->wait_deadline = TIME_NEVER;
	tree_insert(&e->waiting, node);
}

static void spoil_receivers_before(void)
{
	add_receiver(0);
}

static void spoil_receivers_behind(void)
{
	add_receiver(255);
}

static void spoil_priority(void)
{
	server.thread->priority = 10;
	server.thread->base_priority = 10;
}

static void spoil_equal_priority(void)
{
	server.thread->priority = 50;
	server.thread->base_priority = 50;
}

static void spoil_plain(void)
{
	client.thread->sc->plain = false;
}

static void spoil_server_plain(void)
{
	server.thread->sc->plain = false;
}

static void spoil_server_deadline(void)
{
	server.thread->sc->deadline = fake_now + MS;
}

static void spoil_server_passive(void)
{
	server.thread->sc = NULL;
}

static void spoil_server_cpu(void)
{
	server.thread->sc->cpu = 0;
}

static void spoil_slice(void)
{
	fake_now += client.thread->sc->remaining;
}

static void spoil_timer(void)
{
	server.thread->sc->remaining = 1000;
	equal.thread->sc->remaining = 1000;
}

static void spoil_bound(void)
{
	((struct notification *)user_object(notification))->bound = spare.thread;
}

static void spoil_mask(void)
{
	server.thread->wait_info = 8;
}

static void spoil_foreign(void)
{
	client.thread->first_native = 100;
}

static void spoil_equal_plain(void)
{
	equal.thread->sc->plain = false;
}

struct spoil {
	const char *name;
	void (*spoil)(void);
	bool locked_only;
};

#define SPOIL(name)  {#name, spoil_##name, false}
#define LOCKED(name) {#name, spoil_##name, true}
#define OF_ALL                                                                           \
	LOCKED(reschedule), LOCKED(flush), LOCKED(drop), LOCKED(state), LOCKED(running), \
		LOCKED(context)
#define OF_HANDLES SPOIL(path), SPOIL(tag), SPOIL(rights), SPOIL(type)

static void check(const char *what, const struct spoil *list, size_t count, enum server_waits how,
	void (*set)(void))
{
	for (uint32_t cpu_total = 1; cpu_total <= 2; cpu_total++) {
		arrange(cpu_total, how);
		set();
		if (!is_short())
			fail_msg("%s on %u CPUs is not short", what, cpu_total);
		fake_settle();
		invariants_check();
		finish();
		for (size_t i = 0; i < count; i++) {
			if (list[i].locked_only && cpu_total == 1)
				continue;
			arrange(cpu_total, how);
			set();
			list[i].spoil();
			if (is_short())
				fail_msg("%s on %u CPUs: %s is not seen", what, cpu_total,
					list[i].name);
		}
	}
}

#define CHECK(what, list, how, set) check(what, list, sizeof(list) / sizeof((list)[0]), how, set)

static void set_client_call(void)
{
	set_call(SYSCALL_CALL, endpoint, 3, NEVER, 0);
}

static void test_call(void **state)
{
	static const struct spoil list[] = {OF_ALL, OF_HANDLES, SPOIL(words), SPOIL(handles),
		SPOIL(pages), SPOIL(other_page), SPOIL(vector), SPOIL(depth), SPOIL(deadline),
		SPOIL(context_deadline), SPOIL(top), SPOIL(deadline_class), SPOIL(idle),
		SPOIL(receivers_before), SPOIL(receivers_behind)};

	(void)state;
	CHECK("call", list, IN_RECEIVE, set_client_call);
	for (uint32_t cpu_total = 1; cpu_total <= 2; cpu_total++) {
		arrange(cpu_total, IN_RECEIVE_WITHOUT_REPLY);
		set_client_call();
		assert_false(is_short());
		finish();
	}
}

static void set_send(void)
{
	set_call(SYSCALL_SEND, endpoint, 3, NEVER, 0);
}

static void test_send(void **state)
{
	static const struct spoil list[] = {OF_ALL, OF_HANDLES, SPOIL(words), SPOIL(handles),
		SPOIL(pages), SPOIL(other_page), SPOIL(vector), SPOIL(top), SPOIL(deadline_class),
		SPOIL(idle), SPOIL(receivers_before), SPOIL(receivers_behind), SPOIL(priority),
		SPOIL(equal_priority), SPOIL(plain), SPOIL(context_deadline), SPOIL(server_plain),
		SPOIL(server_deadline), SPOIL(server_passive), LOCKED(server_cpu), SPOIL(slice),
		SPOIL(timer)};

	(void)state;
	CHECK("send", list, IN_RECEIVE, set_send);
	CHECK("send", list, IN_RECEIVE_WITHOUT_REPLY, set_send);
}

static void set_signal(void)
{
	struct slot *slot = user_slot_at(user_index(notification));

	slot->badge = 2;
	set_call(SYSCALL_SIGNAL, notification, 0, 0, 0);
}

static void set_signal_to_nobody(void)
{
	set_call(SYSCALL_SIGNAL, notification, 0, 0, 0);
}

static void test_signal(void **state)
{
	static const struct spoil list[] = {OF_ALL, OF_HANDLES, SPOIL(top), SPOIL(deadline_class),
		SPOIL(priority), SPOIL(equal_priority), SPOIL(plain), SPOIL(server_plain),
		SPOIL(server_deadline), SPOIL(server_passive), LOCKED(server_cpu), SPOIL(slice),
		SPOIL(timer), SPOIL(bound), SPOIL(mask)};
	static const struct spoil of_nobody[] = {OF_ALL, OF_HANDLES, SPOIL(bound)};

	(void)state;
	CHECK("signal", list, IN_WAIT, set_signal);
	CHECK("signal to nobody", of_nobody, IN_RECEIVE, set_signal_to_nobody);
}

static void set_yield(void)
{
}

static void test_yield(void **state)
{
	static const struct spoil list[] = {OF_ALL, SPOIL(foreign), SPOIL(plain),
		SPOIL(context_deadline), SPOIL(top), SPOIL(deadline_class), SPOIL(equal_plain),
		SPOIL(slice), SPOIL(timer)};

	(void)state;
	CHECK("yield", list, IN_RECEIVE, set_yield);
}

/* Among three equals, and alone. */
static void test_yield_order(void **state)
{
	(void)state;
	for (uint32_t cpu_total = 1; cpu_total <= 2; cpu_total++) {
		arrange(cpu_total, IN_RECEIVE);
		for (int i = 0; i < 6; i++) {
			struct thread *expected = i % 2 == 0 ? equal.thread : client.thread;

			client.thread->sc->budget = 2 * MS;
			client.thread->sc->remaining = 2 * MS;
			equal.thread->sc->remaining = 2 * MS;
			assert_true(is_short());
			assert_ptr_equal(cpu->entry.current, expected);
		}
		set_call(SYSCALL_FUTEX_WAIT, 0, 0, 0, 0);
		assert_false(is_short());
		finish();
	}
}

/* --- answers ---------------------------------------------------------------------------------- */

/* The client has called; the server answers and would wait again. */
static void set_answer(void)
{
	set_client_call();
	assert_true(is_short());
	assert_ptr_equal(cpu->entry.current, server.thread);
	set_call(SYSCALL_REPLY_RECV, reply, 3, NEVER, endpoint);
}

static void spoil_reply_state(void)
{
	((struct reply *)user_object(reply))->state = REPLY_FREE;
}

static void spoil_caller(void)
{
	((struct reply *)user_object(reply))->caller = NULL;
}

static void spoil_lent(void)
{
	((struct reply *)user_object(reply))->lent = NULL;
}

/* A newer call on the same context. */
static void spoil_chain(void)
{
	static struct reply newer;
	struct sched_context *sc = server.thread->sc;

	newer = (struct reply){.state = REPLY_OWED,
		.caller = parked.thread,
		.lent = sc,
		.next = sc->chain,
		.deadline = TIME_NEVER};
	sc->chain = &newer;
	sc->chain_depth++;
}

static void spoil_other_handle(void)
{
	args[3] = reply;
}

static void spoil_other_rights(void)
{
	user_slot_at(user_index(endpoint))->rights = RIGHT_WRITE;
}

static void spoil_senders(void)
{
	struct endpoint *e = user_object(endpoint);

	add_receiver(0);
	parked.thread->state = THREAD_STATE_SENDING;
	parked.thread->wait_info = 0;
	parked.thread->wait_is_call = false;
	e->state = ENDPOINT_SENDERS;
}

static void spoil_boosters(void)
{
	tree_insert(&server.thread->boosters, &parked.thread->boost_node);
}

static void spoil_bits(void)
{
	struct notification *n = user_object(notification);

	n->bits = 1;
	n->bound = server.thread;
	server.thread->bound = n;
}

static void spoil_keep_vector(void)
{
	client.thread->vector_saved = true;
}

static void spoil_fault_answer(void)
{
	client.thread->fault_pending = true;
	args[1] = MESSAGE_INFO(FAULT_REPLY_STOP, 0);
}

static void spoil_interrupted(void)
{
	client.thread->fault_pending = true;
	client.thread->interrupt_pending = true;
	args[1] = MESSAGE_INFO(FAULT_REPLY_RESUME, 0);
}

static void spoil_server_state(void)
{
	server.thread->state = THREAD_STATE_STOPPED;
}

static void test_answer(void **state)
{
	static const struct spoil list[] = {LOCKED(reschedule), LOCKED(flush), LOCKED(drop),
		LOCKED(server_state), SPOIL(deadline), SPOIL(path), SPOIL(tag), SPOIL(type),
		SPOIL(reply_state), SPOIL(caller), SPOIL(lent), SPOIL(chain), SPOIL(other_handle),
		SPOIL(other_rights), SPOIL(senders), SPOIL(boosters), SPOIL(bits), SPOIL(top),
		SPOIL(deadline_class), SPOIL(keep_vector), SPOIL(fault_answer), SPOIL(interrupted),
		SPOIL(words), SPOIL(handles), SPOIL(pages)};

	(void)state;
	CHECK("reply_recv", list, IN_RECEIVE, set_answer);
	for (uint32_t cpu_total = 1; cpu_total <= 2; cpu_total++) {
		arrange(cpu_total, IN_RECEIVE);
		set_answer();
		client.thread->fault_pending = true; /* as if it had faulted: its registers stay */
		client.thread->frame.words[0] = 7;
		args[1] = MESSAGE_INFO(FAULT_REPLY_RESUME, 0);
		assert_true(is_short());
		assert_ptr_equal(cpu->entry.current, client.thread);
		assert_int_equal(client.thread->frame.words[0], 7);
		finish();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_send),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_yield),
		cmocka_unit_test(test_yield_order),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
