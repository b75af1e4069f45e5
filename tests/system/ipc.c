// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls, replies, deadlines, cancellation, death; notifications; futexes. */
#include "framework.h"

#define PATH(handle) ((handle) & 0xffffff)
#define NEVER        ABI_DEADLINE_NEVER
#define LOW          50u
#define MIDDLE       90u
#define HIGH         150u

static handle_t endpoint;
static handle_t reply;

static void make_channel(void)
{
	endpoint = make(OBJECT_ENDPOINT, 0);
	reply = make(OBJECT_REPLY, 0);
}

/* Answers calls with each word increased, until the label is 99. */
static void adder(struct worker *self)
{
	struct message m;
	status_t status = sys_recv(reply, endpoint, &m, 0, NEVER);

	while (status == OK) {
		uint32_t label = (uint32_t)message_info_label(m.info);

		for (unsigned i = 0; i < 6; i++)
			m.words[i]++;
		for (unsigned i = 6; i < message_info_words(m.info); i++)
			self->page->words[i]++;
		self->words[0] = m.badge;
		m.info = message_info(label + 1, (unsigned)message_info_words(m.info), 0);
		if (label == 99) {
			status = sys_reply(reply, &m);
			break;
		}
		status = sys_reply_recv(reply, endpoint, &m, NEVER);
	}
	self->status = status;
}

static void test_call(void)
{
	struct message m = {.info = message_info(7, 6, 0), .words = {1, 2, 3, 4, 5, 6}};
	handle_t badged;

	make_channel();
	badged = mint(endpoint, RIGHT_WRITE, 42);
	worker_start(&workers[0], adder, nullptr, HIGH, 0, 0);
	for (unsigned round = 0; round < 1000; round++) {
		m.info = message_info(7, 6, 0);
		CHECK_STATUS(sys_call(badged, &m, NEVER), OK);
		CHECK(m.words[0] == 2 + round && m.words[5] == 7 + round);
		CHECK(message_info_label(m.info) == 8);
	}
	CHECK(workers[0].words[0] == 42);
	m.info = message_info(99, 0, 0);
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), OK);
	worker_join(&workers[0]);
}

static void test_call_low_priority_server(void)
{
	struct message m = {.info = message_info(99, 6, 0), .words = {1}};

	make_channel();
	worker_start(&workers[0], adder, nullptr, LOW, 0, 0);
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), OK); /* queued until the server receives */
	CHECK(m.words[0] == 2);
	worker_join(&workers[0]);
}

static struct message_page *own_page(void)
{
	return (struct message_page *)ROOT_MESSAGE_ADDRESS;
}

static void test_long_message(void)
{
	struct message m = {.info = message_info(99, 64, 0)};
	bool right = true;

	make_channel();
	worker_start(&workers[0], adder, nullptr, HIGH, 0, 0);
	for (unsigned i = 6; i < 64; i++)
		own_page()->words[i] = i;
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), OK);
	for (unsigned i = 6; i < 64; i++)
		right = right && own_page()->words[i] == i + 1;
	CHECK(right);
	m.info = 65;
	CHECK_STATUS(sys_call(endpoint, &m, 0), ERR_TOO_LONG);
	m.info = (uint64_t)1 << 16;
	CHECK_STATUS(sys_call(endpoint, &m, 0), ERR_INVALID_ARGUMENT);
	m.info = (uint64_t)5 << 8;
	CHECK_STATUS(sys_call(endpoint, &m, 0), ERR_TOO_LONG);
	worker_join(&workers[0]);
}

static void capability_receiver(struct worker *self)
{
	struct message m;

	self->page->receive_cnode = root->cnode;
	self->page->receive_index = (uint64_t)self->argument;
	self->page->receive_count = 2;
	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	self->words[0] = message_info_handles(m.info);
	self->words[1] = self->page->received_tags[0];
	m.info = 0;
	(void)!sys_reply(reply, &m);
}

static void test_capability_transfer(void)
{
	struct message m = {.info = message_info(0, 0, 1)};
	uint64_t slot = next_slot();
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	handle_t no_grant;

	make_channel();
	no_grant = copy(endpoint, RIGHT_WRITE);
	worker_start(&workers[0], capability_receiver, (void *)slot, HIGH, 0, 0);
	own_page()->send_handles[0] = notification;
	CHECK_STATUS(sys_call(no_grant, &m, NEVER), ERR_RIGHTS);
	own_page()->send_handles[0] = notification + ((uint64_t)1 << 24);
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), ERR_STALE);
	own_page()->send_handles[0] = test_memory;
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), ERR_WRONG_TYPE);
	own_page()->send_handles[0] = notification;
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == 1);
	CHECK_STATUS(sys_signal(handle_of(slot, workers[0].words[1])), OK);
}

static void test_nobody_there(void)
{
	struct message m = {.info = message_info(1, 0, 0)};
	handle_t readable;

	make_channel();
	readable = copy(endpoint, RIGHT_READ);
	CHECK_STATUS(sys_call(endpoint, &m, 0), ERR_WOULD_BLOCK);
	CHECK_STATUS(sys_send(endpoint, &m, 0), ERR_WOULD_BLOCK);
	CHECK_STATUS(sys_call(readable, &m, 0), ERR_RIGHTS);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, 0), ERR_WOULD_BLOCK);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, 1), ERR_DEADLINE);
	m.info = message_info(1, 0, 0);
	CHECK_STATUS(sys_call(endpoint, &m, soon(2)), ERR_DEADLINE);
	CHECK_STATUS(sys_send(endpoint, &m, soon(2)), ERR_DEADLINE);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, soon(2)), ERR_DEADLINE);
	CHECK_STATUS(sys_reply(reply, &m), ERR_GONE);
	CHECK_STATUS(sys_recv(root->thread, endpoint, &m, 0, 0), ERR_WRONG_TYPE);
}

static void slow_server(struct worker *self)
{
	handle_t pause = (handle_t)self->argument;
	struct message m;
	uint64_t bits;

	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	(void)!sys_wait(pause, 1, soon(20), &bits);
	self->words[0] = (uint64_t)sys_reply(reply, &m);
}

static void test_deadline_in_service(void)
{
	struct message m = {.info = message_info(1, 0, 0)};

	make_channel();
	worker_start(&workers[0], slow_server, (void *)make(OBJECT_NOTIFICATION, 0), HIGH, 0, 0);
	CHECK_STATUS(sys_call(endpoint, &m, soon(3)), ERR_DEADLINE);
	worker_join(&workers[0]);
	CHECK((status_t)workers[0].words[0] == ERR_GONE);
}

static void spinning_server(struct worker *self)
{
	struct message m;

	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	for (uint64_t end = soon(30); time_now() < end;)
		;
	self->words[0] = (uint64_t)sys_reply(reply, &m);
}

static void test_deadline_of_spinning_server(void)
{
	struct message m = {.info = message_info(1, 0, 0)};

	make_channel();
	worker_start(&workers[0], spinning_server, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_call(endpoint, &m, soon(3)), ERR_DEADLINE);
	worker_join(&workers[0]);
	CHECK((status_t)workers[0].words[0] == ERR_GONE);
}

static void caller(struct worker *self)
{
	struct message m = {.info = message_info(3, 1, 0), .words = {77}};

	self->status = sys_call(endpoint, &m, NEVER);
	self->words[0] = m.words[0];
}

static void test_cancel(void)
{
	make_channel();
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0); /* runs at once and waits */
	CHECK_STATUS(thread_cancel(workers[0].thread), OK);
	worker_join(&workers[0]);
	CHECK_STATUS(workers[0].status, ERR_CANCELLED);
}

static void test_cancel_badge(void)
{
	handle_t one;

	make_channel();
	one = mint(endpoint, RIGHT_ALL, 1);
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(cnode_cancel_badge(root->cnode, one, 1), OK);
	CHECK(workers[0].done == 0);
	CHECK_STATUS(cnode_cancel_badge(root->cnode, one, 0), OK);
	worker_join(&workers[0]);
	CHECK_STATUS(workers[0].status, ERR_CANCELLED);
}

static void test_endpoint_dies(void)
{
	make_channel();
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(endpoint)), OK);
	worker_join(&workers[0]);
	CHECK_STATUS(workers[0].status, ERR_PEER_DEAD);
}

static void test_reply_dies(void)
{
	struct message m;

	make_channel();
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, NEVER), OK);
	CHECK(m.words[0] == 77);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(reply)), OK);
	worker_join(&workers[0]);
	CHECK_STATUS(workers[0].status, ERR_PEER_DEAD);
}

static void hang_server(struct worker *self)
{
	struct message m;

	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	for (;;)
		;
}

static void test_server_dies(void)
{
	struct message m = {.info = message_info(1, 0, 0)};
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t bits;

	make_channel();
	worker_start(&workers[0], hang_server, nullptr, LOW, 0, 0);
	worker_start(&workers[1], caller, nullptr, LOW, 0, 0);
	CHECK_STATUS(sys_wait(pause, 1, soon(20), &bits), ERR_DEADLINE);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(workers[0].thread)), OK);
	worker_join(&workers[1]);
	CHECK_STATUS(workers[1].status, ERR_PEER_DEAD);
	(void)m;
}

static void test_caller_dies(void)
{
	struct message m;

	make_channel();
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, NEVER), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(workers[0].thread)), OK);
	m.info = 0;
	CHECK_STATUS(sys_reply(reply, &m), ERR_GONE);
}

static void test_parked_replies(void)
{
	handle_t second = 0;
	struct message m;

	make_channel();
	second = make(OBJECT_REPLY, 0);
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	worker_start(&workers[1], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_recv(reply, endpoint, &m, 0, NEVER), OK);
	CHECK_STATUS(sys_recv(second, endpoint, &m, 0, NEVER), OK);
	m.info = message_info(0, 1, 0);
	m.words[0] = 2;
	CHECK_STATUS(sys_reply(second, &m), OK);
	m.words[0] = 1;
	CHECK_STATUS(sys_reply(reply, &m), OK);
	worker_join(&workers[0]);
	worker_join(&workers[1]);
	CHECK(workers[0].words[0] == 1 && workers[1].words[0] == 2);
}

/* A chain: each server calls the next. */
struct link {
	handle_t endpoint;
	handle_t reply;
	struct link *next;
};

static void relay(struct worker *self)
{
	struct link *link = self->argument;
	struct message m;

	self->status = sys_recv(link->reply, link->endpoint, &m, 0, NEVER);
	m.words[0]++;
	if (link->next != nullptr)
		self->status = sys_call(link->next->endpoint, &m, NEVER);
	m.info = message_info(0, 1, 0);
	(void)!sys_reply(link->reply, &m);
}

static void test_chain(void)
{
	struct link links[6];
	struct message m = {.info = message_info(0, 1, 0)};

	for (unsigned i = 0; i < 6; i++) {
		links[i] = (struct link){make(OBJECT_ENDPOINT, 0), make(OBJECT_REPLY, 0),
			i < 5 ? &links[i + 1] : nullptr};
		worker_start(&workers[i], relay, &links[i], HIGH, 0, 0);
	}
	CHECK_STATUS(sys_call(links[0].endpoint, &m, soon(5000)), OK);
	CHECK(m.words[0] == 6);
	for (unsigned i = 0; i < 6; i++)
		worker_join(&workers[i]);
}

static void sender(struct worker *self)
{
	struct message m = {.info = message_info(5, 2, 0), .words = {(uint64_t)self->argument, 9}};

	self->status = sys_send(endpoint, &m, NEVER);
}

static void test_priority_order(void)
{
	struct message m;

	make_channel();
	worker_start(&workers[0], sender, (void *)1, 110, 0, 0);
	worker_start(&workers[1], sender, (void *)3, 130, 0, 0);
	worker_start(&workers[2], sender, (void *)2, 120, 0, 0);
	for (uint64_t expected = 3; expected > 0; expected--) {
		CHECK_STATUS(sys_recv(0, endpoint, &m, 0, NEVER), OK);
		CHECK(m.words[0] == expected && m.words[1] == 9);
	}
	for (unsigned i = 0; i < 3; i++)
		worker_join(&workers[i]);
}

static void test_unfunded(void)
{
	struct message m = {0};

	make_channel();
	worker_start(&workers[0], caller, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_recv(0, endpoint, &m, 0, soon(1)), ERR_DEADLINE);
	worker_join(&workers[0]);
	CHECK_STATUS(workers[0].status, ERR_UNFUNDED);
}

/* --- notifications ------------------------------------------------------------------------------
 */

static void waiter(struct worker *self)
{
	uint64_t bits = 0;

	self->status = sys_wait((handle_t)self->argument, 0xf0, NEVER, &bits);
	self->words[0] = bits;
}

static void test_notification(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	handle_t low = mint(notification, RIGHT_WRITE, 1);
	handle_t high = mint(notification, RIGHT_WRITE, 0x30);
	uint64_t bits = 0;

	CHECK_STATUS(sys_wait(notification, 1, 0, &bits), ERR_WOULD_BLOCK);
	CHECK_STATUS(sys_wait(notification, 1, soon(2), &bits), ERR_DEADLINE);
	worker_start(&workers[0], waiter, (void *)notification, HIGH, 0, 0);
	CHECK_STATUS(sys_wait(notification, 1, NEVER, &bits), ERR_BUSY);
	CHECK_STATUS(sys_signal(low), OK);
	CHECK(workers[0].done == 0);
	CHECK_STATUS(sys_signal(high), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == 0x30);
	CHECK_STATUS(sys_wait(notification, ~(uint64_t)0, 0, &bits), OK);
	CHECK(bits == 1);
	worker_start(&workers[1], waiter, (void *)notification, HIGH, 0, 0);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(notification)), OK);
	worker_join(&workers[1]);
	CHECK_STATUS(workers[1].status, ERR_PEER_DEAD);
}

static void bound_receiver(struct worker *self)
{
	struct message m;

	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	self->words[0] = m.extra;
	self->status = sys_recv(reply, endpoint, &m, 0, NEVER);
	self->words[1] = m.extra;
	self->words[2] = m.words[0];
	(void)!sys_reply(reply, &m);
}

static void test_bound(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	struct message m = {.info = message_info(1, 1, 0), .words = {8}};

	make_channel();
	worker_prepare(&workers[0], bound_receiver, nullptr, HIGH, 0, 0);
	CHECK_STATUS(thread_bind(workers[0].thread, notification), OK);
	CHECK_STATUS(thread_bind(root->thread, notification), ERR_BUSY);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	CHECK_STATUS(sys_signal(notification), OK);
	CHECK_STATUS(sys_call(endpoint, &m, NEVER), OK);
	worker_join(&workers[0]);
	CHECK(workers[0].words[0] == 1 && workers[0].words[1] == 0 && workers[0].words[2] == 8);
}

/* --- futexes
 * --------------------------------------------------------------------------------------- */

static uint32_t word;
static uint32_t other_word;

static void futex_sleeper(struct worker *self)
{
	self->status = sys_futex_wait((uint64_t)&word, 1, NEVER, (handle_t)self->argument);
}

static void test_futex(void)
{
	uint64_t woken = 0;

	word = 1;
	other_word = 1;
	CHECK_STATUS(sys_futex_wait((uint64_t)&word, 2, NEVER, 0), ERR_WOULD_BLOCK);
	CHECK_STATUS(sys_futex_wait((uint64_t)&word + 1, 2, NEVER, 0), ERR_ALIGNMENT);
	CHECK_STATUS(sys_futex_wait(ABI_USER_ADDRESS_END, 2, NEVER, 0), ERR_RANGE);
	CHECK_STATUS(sys_futex_wait(0x1000, 2, NEVER, 0), ERR_BAD_ADDRESS);
	CHECK_STATUS(sys_futex_wait((uint64_t)&word, 1, soon(2), 0), ERR_DEADLINE);
	for (unsigned i = 0; i < 4; i++)
		worker_start(&workers[i], futex_sleeper, nullptr, HIGH + i, 0, 0);
	CHECK_STATUS(sys_futex_wake((uint64_t)&word, 1, &woken), OK);
	CHECK(woken == 1);
	worker_join(&workers[3]); /* the most urgent first */
	CHECK_STATUS(sys_futex_requeue((uint64_t)&word, 1, (uint64_t)&other_word, 10, &woken), OK);
	CHECK(woken == 3);
	worker_join(&workers[2]);
	CHECK_STATUS(sys_futex_wake((uint64_t)&word, 10, &woken), OK);
	CHECK(woken == 0);
	CHECK_STATUS(sys_futex_wake((uint64_t)&other_word, 10, &woken), OK);
	CHECK(woken == 2);
	worker_join(&workers[0]);
	worker_join(&workers[1]);
}

/* A lock that its owner still has when it is destroyed. */
static struct {
	uint64_t next;
	uint32_t word;
} held;
static struct robust_list locks;

static void lock_holder(struct worker *self)
{
	held.word = 5 | ROBUST_WAITERS;
	locks.first = (uint64_t)&held;
	*(volatile uint64_t *)&self->words[0] = 1;
	while (self->argument == nullptr)
		;
}

static void lock_waiter(struct worker *self)
{
	self->status = sys_futex_wait((uint64_t)&held.word, 5 | ROBUST_WAITERS, soon(10000), 0);
	self->words[0] = held.word;
}

static void test_robust_list(void)
{
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	unsigned last = (unsigned)root->cpu_count - 1;
	uint64_t bits;

	held.next = (uint64_t)&locks;
	locks = (struct robust_list){
		.first = (uint64_t)&locks, .offset = (uint64_t)&held.word - (uint64_t)&held};
	worker_prepare(&workers[0], lock_holder, nullptr, LOW, last, 0);
	CHECK_STATUS(thread_set_robust(workers[0].thread, (uint64_t)&locks, 5), OK);
	CHECK_STATUS(thread_resume(workers[0].thread), OK);
	while (*(volatile uint64_t *)&workers[0].words[0] == 0)
		(void)!sys_wait(pause, 1, soon(1), &bits);
	worker_start(&workers[1], lock_waiter, nullptr, HIGH, 0, 0);
	CHECK_STATUS(sys_wait(pause, 1, soon(5), &bits), ERR_DEADLINE);
	CHECK(workers[1].done == 0);
	CHECK_STATUS(cnode_delete(root->cnode, workers[0].thread & 0xffffff), OK);
	worker_join(&workers[1]);
	CHECK_STATUS(workers[1].status, OK);
	CHECK(workers[1].words[0] == (ROBUST_OWNER_DIED | ROBUST_WAITERS));
}

static void spinner(struct worker *self)
{
	while (self->argument == nullptr)
		;
}

static void test_futex_inheritance(void)
{
	handle_t pause = make(OBJECT_NOTIFICATION, 0);
	uint64_t state, priority, time, faults, id, woken, bits;

	word = 1;
	worker_start(&workers[0], spinner, nullptr, LOW, 0, 0);
	worker_start(&workers[1], futex_sleeper, (void *)workers[0].thread, MIDDLE, 0, 0);
	CHECK_STATUS(sys_wait(pause, 1, soon(5), &bits), ERR_DEADLINE);
	CHECK_STATUS(thread_info(workers[0].thread, &state, &priority, &time, &faults, &id), OK);
	CHECK(priority == MIDDLE);
	CHECK_STATUS(sys_futex_wake((uint64_t)&word, 1, &woken), OK);
	CHECK_STATUS(thread_info(workers[0].thread, &state, &priority, &time, &faults, &id), OK);
	CHECK(priority == LOW);
	worker_join(&workers[1]);
	CHECK_STATUS(thread_stop(workers[0].thread), OK);
}

const struct test ipc_tests[] = {
	{"ipc/call", test_call},
	{"ipc/call_low_priority_server", test_call_low_priority_server},
	{"ipc/long_message", test_long_message},
	{"ipc/capability_transfer", test_capability_transfer},
	{"ipc/nobody_there", test_nobody_there},
	{"ipc/deadline_in_service", test_deadline_in_service},
	{"ipc/deadline_of_spinning_server", test_deadline_of_spinning_server},
	{"ipc/cancel", test_cancel},
	{"ipc/cancel_badge", test_cancel_badge},
	{"ipc/endpoint_dies", test_endpoint_dies},
	{"ipc/reply_dies", test_reply_dies},
	{"ipc/server_dies", test_server_dies},
	{"ipc/caller_dies", test_caller_dies},
	{"ipc/parked_replies", test_parked_replies},
	{"ipc/chain", test_chain},
	{"ipc/priority_order", test_priority_order},
	{"ipc/unfunded", test_unfunded},
	{"notification/signal_wait", test_notification},
	{"notification/bound", test_bound},
	{"futex/wait_wake_requeue", test_futex},
	{"futex/robust_list", test_robust_list},
	{"futex/inheritance", test_futex_inheritance},
	{nullptr, nullptr},
};
