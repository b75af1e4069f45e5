// SPDX-License-Identifier: MIT OR Apache-2.0
// The life cycle of calls, contexts, replies and waits, step by step on the fake machine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/user.h"

#include <kernel/cspace.h>
#include <kernel/delete.h>
#include <kernel/endpoint.h>

#define MS 1000000u

static handle_t endpoint;
static handle_t reply;
static struct worker server; /* on CPU 1 */
static struct worker client; /* on CPU 2 */
static struct worker other;  /* on CPU 3 */

static int boot(void **state)
{
	(void)state;
	user_boot(4);
	endpoint = user_make(OBJECT_ENDPOINT, 0);
	reply = user_make(OBJECT_REPLY, 0);
	server = user_worker(100, 1);
	client = user_worker(90, 2);
	other = user_worker(80, 3);
	user_start(&server);
	user_start(&client);
	user_start(&other);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

static void settle(void)
{
	fake_settle();
	invariants_check();
}

static uint64_t info(uint32_t label, unsigned words, unsigned handles)
{
	return (uint64_t)label << 32 | handles << 8 | words;
}

/* The server receives, the client calls: the server runs with the client's context. */
static void connect(time_ns deadline)
{
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(7, 2, 0), deadline), STILL_BLOCKED);
	settle();
	assert_ptr_equal(server.thread->sc, client.thread->home);
	assert_int_equal(client.thread->state, THREAD_STATE_CALLING);
}

static void test_call(void **state)
{
	(void)state;
	user_become(&client);
	client.thread->frame.words[0] = 41;
	connect(NEVER);
	assert_int_equal(server.thread->frame.words[0], 41);
	assert_int_equal(server.thread->frame.args[1], info(7, 2, 0));
	assert_int_equal(server.thread->priority, 100);
	user_become(&server);
	server.thread->frame.words[0] = 42;
	assert_int_equal(user_reply_recv(reply, info(0, 1, 0), endpoint, NEVER), STILL_BLOCKED);
	settle();
	assert_int_equal(user_status(client.thread), OK);
	assert_int_equal(client.thread->frame.words[0], 42);
	assert_ptr_equal(client.thread->sc, client.thread->home);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(7, 2, 0), NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), OK);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
}

static void test_queued_call(void **state)
{
	(void)state;
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 0, 0), 0), ERR_WOULD_BLOCK);
	assert_int_equal(user_call(endpoint, info(1, 0, 0), fake_now), ERR_DEADLINE);
	assert_int_equal(user_call(endpoint, info(1, 0, 0), NEVER), STILL_BLOCKED);
	user_become(&other);
	assert_int_equal(user_send(endpoint, info(2, 0, 0), NEVER), STILL_BLOCKED);
	settle();
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), OK);
	assert_int_equal(server.thread->frame.args[1], info(1, 0, 0));
	settle();
	user_become(&server);
	assert_int_equal(user_reply_recv(reply, 0, endpoint, NEVER), OK);
	assert_int_equal(server.thread->frame.args[1], info(2, 0, 0));
	settle();
	assert_int_equal(user_status(other.thread), OK);
	assert_int_equal(user_status(client.thread), OK);
}

static void test_deadline_of_call(void **state)
{
	(void)state;
	connect(fake_now + MS);
	fake_pass(2 * MS);
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
	assert_ptr_equal(server.thread->sc, server.thread->home);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
}

static void test_deadline_of_send(void **state)
{
	(void)state;
	user_become(&client);
	assert_int_equal(user_send(endpoint, info(1, 0, 0), fake_now + MS), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_wait(user_handle(0), 1, NEVER), ERR_INVALID_HANDLE);
	settle();
	fake_pass(2 * MS);
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
}

/* A server parks one call and waits for the next with a deadline of its own. */
static void test_deadline_of_receive_after_park(void **state)
{
	handle_t second;

	(void)state;
	user_become_root();
	second = user_make(OBJECT_REPLY, 0);
	connect(NEVER);
	user_become(&server);
	assert_int_equal(user_recv(second, endpoint, fake_now + MS), STILL_BLOCKED);
	settle();
	fake_pass(2 * MS);
	settle();
	assert_int_equal(user_status(server.thread), ERR_DEADLINE);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), OK);
	settle();
	assert_int_equal(user_status(client.thread), OK);
}

/* A server that waits with a deadline gets a call, parks it and takes a plain message: it goes on
 * on its own context, which has forgotten that deadline. Else the timer came back to it for ever
 * once a call of its own had lent the context away. */
static void test_deadline_of_ended_wait(void **state)
{
	handle_t second = user_make(OBJECT_REPLY, 0);
	handle_t inner = user_make(OBJECT_ENDPOINT, 0);
	handle_t inner_reply = user_make(OBJECT_REPLY, 0);
	struct worker helper;

	(void)state;
	helper = user_worker(110, 1);
	user_start(&helper);
	user_become(&helper);
	assert_int_equal(user_recv(inner_reply, inner, NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, fake_now + MS), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(7, 0, 0), NEVER), STILL_BLOCKED);
	user_become(&other);
	assert_int_equal(user_send(endpoint, info(8, 0, 0), NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_recv(second, endpoint, NEVER), OK);
	assert_int_equal(server.thread->frame.args[1], info(8, 0, 0));
	settle();
	assert_ptr_equal(server.thread->sc, server.thread->home);
	assert_int_equal(server.thread->home->deadline, TIME_NEVER);
	user_become(&server);
	assert_int_equal(user_call(inner, 0, NEVER), STILL_BLOCKED);
	settle();
	assert_ptr_equal(helper.thread->sc, server.thread->home);
	assert_int_equal(server.thread->home->deadline, TIME_NEVER);
	fake_pass(10 * MS); /* does not end if the timer is set to what has passed */
	settle();
	user_become(&helper);
	assert_int_equal(user_reply_recv(inner_reply, 0, inner, NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), OK);
	settle();
	assert_int_equal(user_status(client.thread), OK);
}

/* A deadline of a parked call: nobody holds the context. */
static void test_deadline_while_parked(void **state)
{
	handle_t second;

	(void)state;
	user_become_root();
	second = user_make(OBJECT_REPLY, 0);
	connect(fake_now + MS);
	user_become(&server);
	assert_int_equal(user_recv(second, endpoint, NEVER), STILL_BLOCKED);
	settle();
	fake_pass(2 * MS);
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
	assert_int_equal(server.thread->state, THREAD_STATE_RECEIVING);
}

static void test_nested_calls(void **state)
{
	handle_t inner = user_make(OBJECT_ENDPOINT, 0);
	handle_t inner_reply = user_make(OBJECT_REPLY, 0);

	(void)state;
	user_become(&other);
	assert_int_equal(user_recv(inner_reply, inner, NEVER), STILL_BLOCKED);
	connect(fake_now + MS);
	user_become(&server);
	assert_int_equal(user_call(inner, 0, NEVER), STILL_BLOCKED);
	settle();
	assert_ptr_equal(other.thread->sc, client.thread->home);
	assert_int_equal(other.thread->sc->chain_depth, 2);
	fake_pass(2 * MS); /* the outer call ends; the inner one goes on, on other's context */
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
	assert_int_equal(server.thread->state, THREAD_STATE_CALLING);
	user_become(&other);
	assert_int_equal(user_reply(inner_reply, 0), OK);
	settle();
	assert_int_equal(user_status(server.thread), OK);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
}

static void test_cancel_stop_and_death(void **state)
{
	(void)state;
	connect(NEVER);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_CANCEL, 0), OK);
	settle();
	assert_int_equal(user_status(client.thread), ERR_CANCELLED);
	user_become(&server);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
	connect(NEVER);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
	user_start(&client);
	assert_int_equal(user_status(client.thread), ERR_CANCELLED);
	connect(NEVER);
	user_become_root();
	assert_int_equal(user_delete(server.handle), OK);
	settle();
	assert_int_equal(user_status(client.thread), ERR_PEER_DEAD);
}

static void test_death_of_reply_and_endpoint(void **state)
{
	(void)state;
	connect(NEVER);
	user_become_root();
	assert_int_equal(user_delete(reply), OK);
	settle();
	assert_int_equal(user_status(client.thread), ERR_PEER_DEAD);
	reply = user_make(OBJECT_REPLY, 0);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	assert_int_equal(user_delete(reply), OK);
	settle();
	assert_int_equal(user_status(server.thread), ERR_CANCELLED);
	user_become(&server);
	assert_int_equal(user_recv(0, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, 0, NEVER), ERR_UNFUNDED);
	user_become_root();
	assert_int_equal(user_delete(endpoint), OK);
	settle();
	assert_int_equal(user_status(server.thread), ERR_PEER_DEAD);
}

/* --- servers without a context of their own --------------------------------------------------- */

static void drop_home(void)
{
	assert_int_equal(user_delete(server.context), OK);
	assert_null(server.thread->home);
}

static void test_passive_server(void **state)
{
	(void)state;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	drop_home();
	settle();
	user_become(&client);
	assert_int_equal(user_send(endpoint, 0, NEVER), ERR_UNFUNDED);
	assert_int_equal(user_call(endpoint, 0, NEVER), STILL_BLOCKED);
	settle();
	user_become(&other); /* the next call waits while the first is served */
	assert_int_equal(user_call(endpoint, info(5, 0, 0), NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_reply_recv(reply, 0, endpoint, NEVER), OK);
	settle();
	assert_int_equal(server.thread->frame.args[1], info(5, 0, 0));
	assert_int_equal(server.thread->state, THREAD_STATE_READY);
	user_become(&client);
	assert_int_equal(user_send(endpoint, 0, NEVER), STILL_BLOCKED);
	user_become(&server); /* a plain send brings no context */
	assert_int_equal(user_reply_recv(reply, 0, endpoint, NEVER), STILL_BLOCKED);
	settle();
	assert_int_equal(user_status(client.thread), ERR_UNFUNDED);
	assert_int_equal(user_status(other.thread), OK);
}

/* --- entries of threads that others stopped --------------------------------------------------- */

/* Another CPU stopped the thread; its interrupt has not come yet when the thread enters. */
static void test_entry_after_stop(void **state)
{
	(void)state;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	user_self = client.thread;
	(void)user_call(endpoint, 0, NEVER);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
	assert_int_equal(server.thread->state, THREAD_STATE_RECEIVING);
}

static void test_yield_after_reconfiguration(void **state)
{
	(void)state;
	user_become_root();
	assert_int_equal(
		user_invoke(client.context, METHOD_SCHED_CONTEXT_CONFIGURE, 3, MS, 0, 0), OK);
	user_self = client.thread;
	(void)user_syscall(SYSCALL_YIELD, 0, 0, 0, 0);
	settle();
	assert_ptr_equal(fake_cpu_of(client.thread), cpus[3]);
}

static void test_fault_after_stop(void **state)
{
	(void)state;
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	fake_fault(cpus[2], FAULT_PAGE, 0x1234, 0);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
}

/* --- homes ------------------------------------------------------------------------------------ */

/* A server that is stopped while it holds a client's context, and gets a new home. */
static void test_new_home_while_serving(void **state)
{
	handle_t inner = user_make(OBJECT_ENDPOINT, 0);
	handle_t inner_reply = user_make(OBJECT_REPLY, 0);

	(void)state;
	user_become(&other);
	assert_int_equal(user_recv(inner_reply, inner, NEVER), STILL_BLOCKED);
	connect(fake_now + MS);
	user_become_root();
	assert_int_equal(user_invoke(server.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	assert_int_equal(
		user_invoke(server.handle, METHOD_THREAD_CONFIGURE, 0, 0, 0, server.context), OK);
	user_start(&server);
	settle();
	user_become(&server);
	assert_int_equal(user_call(inner, 0, NEVER), STILL_BLOCKED);
	settle();
	fake_pass(2 * MS); /* the client leaves */
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
	assert_ptr_equal(other.thread->sc, server.thread->home);
}

/* --- what a thread uses goes away ------------------------------------------------------------- */

static void test_revoked_parts(void **state)
{
	handle_t cnode = user_make(OBJECT_CNODE, 4);
	handle_t space = user_make(OBJECT_ADDRESS_SPACE, 0);

	(void)state;
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_CONFIGURE, cnode, space), OK);
	user_start(&client);
	settle();
	user_become_root();
	assert_int_equal(user_delete(client.page_frame), OK); /* the thread keeps its own */
	assert_non_null(client.thread->message);
	fake_cpu = cpus[0];
	for (uint32_t part = 0; part < THREAD_SLOT_HOME; part++) {
		struct slice slice = {.left = SLICE_STEPS};

		if (client.thread->slots[part].type != OBJECT_NULL)
			assert_int_equal(
				slot_delete(fake_root, &client.thread->slots[part], &slice), OK);
	}
	settle();
	assert_ptr_equal(client.thread->cspace, &cspace_empty);
	assert_null(client.thread->space);
	assert_null(client.thread->message);
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_RESUME, 0), ERR_UNFUNDED);
}

/* A long message waits to be sent when its page goes. */
static void test_message_page_of_sender(void **state)
{
	struct slice slice = {.left = SLICE_STEPS};

	(void)state;
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 20, 0), NEVER), STILL_BLOCKED);
	fake_cpu = cpus[0];
	assert_int_equal(
		slot_delete(fake_root, &client.thread->slots[THREAD_SLOT_MESSAGE], &slice), OK);
	settle();
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, fake_now + MS), STILL_BLOCKED);
	assert_int_equal(user_status(client.thread), ERR_BAD_ADDRESS);
	settle();
}

/* --- the short way of calls ------------------------------------------------------------------- */

static int boot_one_cpu(void **state)
{
	(void)state;
	user_boot(1);
	endpoint = user_make(OBJECT_ENDPOINT, 0);
	reply = user_make(OBJECT_REPLY, 0);
	server = user_worker(220, 0);
	user_start(&server);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	return 0;
}

static void round_trip(unsigned words, time_ns deadline)
{
	user_self = fake_root;
	fake_root->frame.words[5] = 5;
	assert_int_equal(user_call(endpoint, info(3, words, 0), deadline), STILL_BLOCKED);
	invariants_check();
	assert_ptr_equal(cpus[0]->entry.current, server.thread);
	assert_ptr_equal(server.thread->sc, fake_root->home);
	assert_int_equal(server.thread->frame.args[1], info(3, words, 0));
	assert_int_equal(server.thread->frame.words[5], 5);
	user_self = server.thread;
	server.thread->frame.words[5] = 6;
	assert_int_equal(user_reply_recv(reply, info(4, words, 0), endpoint, NEVER), STILL_BLOCKED);
	invariants_check();
	assert_ptr_equal(cpus[0]->entry.current, fake_root);
	assert_int_equal(user_status(fake_root), OK);
	assert_int_equal(fake_root->frame.args[1], info(4, words, 0));
	assert_int_equal(fake_root->frame.words[5], 6);
	assert_int_equal(server.thread->state, THREAD_STATE_RECEIVING);
}

/* Short and long messages, with and without deadlines: whichever way, the same happens. */
static void test_short_way(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		round_trip(6, NEVER);
		round_trip(40, NEVER);
		round_trip(6, fake_now + 100 * MS);
		round_trip(6, fake_now + 1);
	}
	user_become_root();
	assert_int_equal(user_call(endpoint + ((uint64_t)1 << 24), 0, NEVER), ERR_STALE);
	assert_int_equal(user_call(1u << 20, 0, NEVER), ERR_INVALID_HANDLE);
	assert_int_equal(user_call(reply, 0, NEVER), ERR_WRONG_TYPE);
	assert_int_equal(user_call(user_copy(endpoint, RIGHT_READ), 0, NEVER), ERR_RIGHTS);
	assert_int_equal(user_call(endpoint, 200, NEVER), ERR_TOO_LONG);
	assert_int_equal(user_reply_recv(reply, 0, endpoint, NEVER), ERR_BUSY);
}

/* A caller that destroys its context in a call does not take the server along. */
static void test_context_destroyed_in_call(void **state)
{
	(void)state;
	connect(NEVER);
	user_become_root();
	assert_int_equal(user_delete(client.context), OK);
	settle();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	user_become(&server);
	assert_ptr_equal(server.thread->sc, server.thread->home);
	assert_int_equal(user_reply(reply, 0), ERR_GONE);
}

/* Two threads that wait for each other's lock; one is cancelled and its priority changes. */
static void test_circle_of_locks(void **state)
{
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	struct worker *all[] = {&server, &client, &other};

	(void)state;
	assert_int_equal(user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_MAP, frame, 0,
				 0x10000000, 1, RIGHT_READ | RIGHT_WRITE),
		OK);
	for (int i = 0; i < 3; i++) {
		handle_t owner = i == 0 ? client.handle : i == 1 ? other.handle : client.handle;

		user_become(all[i]);
		assert_int_equal(user_syscall(SYSCALL_FUTEX_WAIT, 0x10000000 + 4u * (uint64_t)i, 0,
					 NEVER, owner),
			STILL_BLOCKED);
		settle();
	}
	assert_int_equal(other.thread->priority, 100); /* through client from server */
	user_become_root();
	assert_int_equal(user_invoke(server.handle, METHOD_THREAD_CANCEL, 0), OK);
	settle();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_CANCEL, 0), OK);
	settle();
	assert_int_equal(user_syscall(SYSCALL_FUTEX_WAKE, 0x10000008, 9, 0, 0), OK);
	assert_int_equal(user_self->frame.args[2], 1); /* it was still found */
	settle();
	assert_int_equal(other.thread->priority, 80);
	assert_int_equal(client.thread->priority, 90);
}

/* More waiters than one slice looks at, under the wrong badge. */
static void test_cancel_badge(void **state)
{
	handle_t wrong = user_mint(endpoint, RIGHT_WRITE, 1);
	handle_t right = user_mint(endpoint, RIGHT_WRITE, 2);

	(void)state;
	for (int i = 0; i < 60; i++) {
		struct worker w = user_worker((uint8_t)(i == 59 ? 1 : 50), 3);

		user_start(&w);
		assert_int_equal(user_invoke(other.handle, METHOD_THREAD_STOP, 0), OK);
		user_become(&w);
		assert_int_equal(user_send(i == 59 ? right : wrong, 0, NEVER), STILL_BLOCKED);
		user_become_root();
		if (i == 59) {
			assert_int_equal(user_invoke(fake_info->cnode, METHOD_CNODE_CANCEL_BADGE,
						 endpoint, 2),
				OK);
			settle();
			assert_int_equal(user_status(w.thread), ERR_CANCELLED);
		}
	}
}

/* Bits that the waiter did not want go to the thread that is bound. */
static void test_waiter_and_bound(void **state)
{
	handle_t n = user_make(OBJECT_NOTIFICATION, 0);
	handle_t badged = user_mint(n, RIGHT_WRITE, 6);

	(void)state;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_wait(n, 2, NEVER), STILL_BLOCKED);
	user_become(&other);
	assert_int_equal(user_signal(user_handle(user_index(n))), OK); /* bit 0: before it binds */
	user_become_root();
	assert_int_equal(user_invoke(server.handle, METHOD_THREAD_BIND, n), OK);
	settle();
	assert_int_equal(server.thread->frame.args[2], 1);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&other);
	assert_int_equal(user_signal(badged), OK);
	settle();
	assert_int_equal(client.thread->frame.args[2], 2);
	assert_int_equal(server.thread->frame.args[2], 4);
}

/* Capabilities in messages: page tables and untyped memory have one capability each. */
static void test_capabilities_in_messages(void **state)
{
	handle_t table = user_make(OBJECT_PAGE_TABLE, 0);
	handle_t n = user_make(OBJECT_NOTIFICATION, 0);
	uint64_t window = user_slot();

	(void)state;
	server.page->receive_cnode = fake_info->cnode;
	server.page->receive_index = window;
	server.page->receive_count = 1;
	client.page->send_handles[0] = table;
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 0, 1), NEVER), ERR_WRONG_TYPE);
	client.page->send_handles[0] = n;
	client.page->send_handles[1] = n;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 20, 2), NEVER), STILL_BLOCKED);
	settle();
	assert_int_equal(server.thread->frame.args[1], info(1, 20, 1)); /* room for one */
	assert_int_equal(user_slot_at(window)->type, OBJECT_NOTIFICATION);
	assert_int_equal(server.page->received_tags[0], user_slot_at(window)->tag);
}

static void test_faults(void **state)
{
	(void)state;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	assert_int_equal(
		user_invoke(client.handle, METHOD_THREAD_CONFIGURE, 0, 0, 0, 0, endpoint), OK);
	user_start(&client);
	fake_fault(cpus[2], FAULT_PAGE, 0x7000, 1);
	settle();
	assert_int_equal(server.thread->frame.words[1], 0x7000);
	user_become(&server);
	assert_int_equal(user_reply_recv(reply, info(FAULT_REPLY_RESUME, 0, 0), endpoint, NEVER),
		STILL_BLOCKED);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_READY);
	fake_fault(cpus[2], FAULT_PAGE, 0x7000, 1);
	user_become(&server);
	assert_int_equal(user_reply(reply, info(FAULT_REPLY_STOP, 0, 0)), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
	user_start(&client);
	fake_fault(cpus[2], FAULT_PAGE, 0x7000, 1); /* waits for the handler */
	settle();
	user_become_root();
	assert_int_equal(user_delete(reply), OK);
	settle();
}

/* A caller's priority changes while two servers work for it, one after the other. */
static void test_lent_priority_follows(void **state)
{
	handle_t back = user_make(OBJECT_ENDPOINT, 0);
	handle_t back_reply = user_make(OBJECT_REPLY, 0);

	(void)state;
	user_become(&other);
	assert_int_equal(user_recv(back_reply, back, NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 0, 0), NEVER), STILL_BLOCKED);
	user_become(&server);
	assert_int_equal(user_call(back, info(1, 0, 0), NEVER), STILL_BLOCKED);
	settle();
	assert_int_equal(other.thread->priority, 100); /* the server's */
	user_become_root();
	assert_int_equal(
		user_invoke(client.handle, METHOD_THREAD_SET_PRIORITY, 150, fake_info->thread), OK);
	settle();
	assert_int_equal(server.thread->priority, 150);
	assert_int_equal(other.thread->priority, 150);
	assert_int_equal(
		user_invoke(client.handle, METHOD_THREAD_SET_PRIORITY, 10, fake_info->thread), OK);
	settle();
	assert_int_equal(server.thread->priority, 100);
	assert_int_equal(other.thread->priority, 100);
	user_become(&other);
	assert_int_equal(user_reply(back_reply, 0), OK);
	settle();
	assert_int_equal(other.thread->priority, 80);
}

/* An interrupt that comes while a fault is handled is delivered as soon as the thread goes on. */
static void test_interrupt_in_fault(void **state)
{
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	struct upcall_frame *upcall = user_object(frame);

	(void)state;
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	assert_int_equal(
		user_invoke(client.handle, METHOD_THREAD_CONFIGURE, 0, 0, 0, 0, endpoint), OK);
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_SET_UPCALL, 0x400000, 0x500000,
				 frame, 0x600000, 0),
		OK);
	user_start(&client);
	for (int round = 0; round < 2; round++) {
		fake_fault(cpus[2], FAULT_PAGE, 0x7000, 1);
		settle();
		user_become_root();
		assert_int_equal(user_invoke(client.handle, METHOD_THREAD_INTERRUPT, 5), OK);
		settle();
		assert_int_equal(upcall->active, 0);
		if (round == 0) { /* answered */
			user_become(&server);
			assert_int_equal(user_reply_recv(reply, info(FAULT_REPLY_RESUME, 0, 0),
						 endpoint, NEVER),
				STILL_BLOCKED);
		} else { /* the handler dies */
			assert_int_equal(user_delete(reply), OK);
		}
		assert_int_equal(upcall->active, 1);
		assert_int_equal(upcall->kind, FAULT_INTERRUPT);
		assert_int_equal(upcall->address, 5);
		settle();
		upcall->active = 0;
	}
}

/* --- time-outs -------------------------------------------------------------------------------- */

#define BUDGET (MS / 10)

static handle_t timeouts;
static handle_t timeout_reply;

/* `w` tells `timeouts` when a tenth of each millisecond on its CPU is used up. */
static void limit(const struct worker *w, uint64_t cpu)
{
	timeouts = user_make(OBJECT_ENDPOINT, 0);
	timeout_reply = user_make(OBJECT_REPLY, 0);
	user_become_root();
	assert_int_equal(
		user_invoke(w->context, METHOD_SCHED_CONTEXT_CONFIGURE, cpu, BUDGET, MS, 0), OK);
	assert_int_equal(user_invoke(w->handle, METHOD_THREAD_STOP, 0), OK);
	fake_settle();
	assert_int_equal(
		user_invoke(w->handle, METHOD_THREAD_CONFIGURE, fake_info->cnode, fake_info->space,
			w->page_frame, user_mint(w->context, RIGHT_ALL, 0), 0,
			user_mint(timeouts, RIGHT_ALL, 7)),
		OK);
	user_start(w);
}

/* `other` waits for time-outs and gets one of `client`. */
static void receive_timeout(void)
{
	limit(&client, 2);
	user_become(&other);
	assert_int_equal(user_recv(timeout_reply, timeouts, NEVER), STILL_BLOCKED);
	fake_pass(2 * BUDGET);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_CALLING);
	assert_true(client.thread->sc == client.thread->home && client.thread->sc->throttled);
	assert_ptr_equal(fake_cpu_of(other.thread), cpus[3]);
	assert_true(other.thread->sc == other.thread->home);
	assert_int_equal(user_status(other.thread), OK);
	assert_int_equal(other.thread->frame.args[0], 7);
	assert_int_equal(other.thread->frame.words[0], FAULT_TIMEOUT);
	assert_in_range(other.thread->frame.words[1], BUDGET - 1000, 2 * BUDGET);
	assert_true(other.thread->frame.words[2] > fake_now);
}

static void test_timeout(void **state)
{
	(void)state;
	receive_timeout();
	assert_int_equal(user_reply(timeout_reply, info(FAULT_REPLY_RESUME, 0, 0)), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_READY);
	assert_null(fake_cpu_of(client.thread)); /* until its refill */
	assert_int_equal(user_recv(timeout_reply, timeouts, NEVER), STILL_BLOCKED);
	fake_pass(MS);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_CALLING); /* and again */
	fake_pass(2 * MS);
	assert_false(client.thread->sc->throttled);
	user_become(&other);
	assert_int_equal(user_reply(timeout_reply, info(FAULT_REPLY_RESUME, 0, 0)), OK);
	settle();
	assert_ptr_equal(fake_cpu_of(client.thread), cpus[2]); /* the refill has been */
}

static void test_timeout_stop(void **state)
{
	(void)state;
	receive_timeout();
	assert_int_equal(user_reply(timeout_reply, info(FAULT_REPLY_STOP, 0, 0)), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_STOPPED);
}

static void test_timeout_handler_dies(void **state)
{
	(void)state;
	receive_timeout();
	user_become_root();
	assert_int_equal(user_delete(timeout_reply), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_READY);
	fake_pass(MS);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_SENDING); /* nobody receives */
}

static void test_timeout_queued(void **state)
{
	(void)state;
	limit(&client, 2);
	fake_pass(2 * BUDGET);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_SENDING);
	fake_pass(3 * MS);
	user_become(&other);
	assert_int_equal(user_recv(0, timeouts, 0), ERR_WOULD_BLOCK); /* nothing to answer with */
	settle();
	assert_ptr_equal(fake_cpu_of(client.thread), cpus[2]);
	fake_pass(2 * BUDGET);
	assert_int_equal(client.thread->state, THREAD_STATE_SENDING);
	user_become(&other);
	assert_int_equal(user_recv(timeout_reply, timeouts, 0), OK);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_CALLING);
	assert_true(client.thread->sc == client.thread->home);
	assert_true(other.thread->sc == other.thread->home);
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_CANCEL, 0), OK);
	user_become_root();
	assert_int_equal(user_invoke(client.handle, METHOD_THREAD_STOP, 0), OK);
	settle();
	user_become(&other);
	assert_int_equal(user_reply(timeout_reply, info(FAULT_REPLY_RESUME, 0, 0)), ERR_GONE);
}

/* A server uses up its client's budget, and the client does not wait for ever. */
static void test_timeout_of_lent_context(void **state)
{
	handle_t endpoints;

	(void)state;
	limit(&server, 1);
	endpoints = timeouts;
	limit(&client, 2);
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(1, 0, 0), fake_now + 4 * MS), STILL_BLOCKED);
	settle();
	assert_ptr_equal(server.thread->sc, client.thread->home);
	fake_pass(2 * BUDGET);
	settle();
	assert_int_equal(server.thread->state, THREAD_STATE_SENDING);
	assert_ptr_equal(server.thread->sc, client.thread->home);
	user_become(&other);
	assert_int_equal(user_recv(timeout_reply, endpoints, 0), OK);
	assert_int_equal(user_reply(timeout_reply, info(FAULT_REPLY_RESUME, 0, 0)), OK);
	settle();
	assert_int_equal(server.thread->state, THREAD_STATE_READY);
	assert_ptr_equal(server.thread->sc, client.thread->home);
	fake_pass(5 * MS);
	settle();
	assert_int_equal(user_status(client.thread), ERR_DEADLINE);
	assert_ptr_equal(client.thread->sc, client.thread->home);
	assert_ptr_equal(server.thread->sc, server.thread->home);
}

/* Who gives up the rest of its budget has not used it up. */
static void test_timeout_not_after_yield(void **state)
{
	(void)state;
	limit(&client, 2);
	user_become(&client);
	(void)user_syscall(SYSCALL_YIELD, 0, 0, 0, 0);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_READY);
	assert_true(client.thread->sc->throttled);
	fake_pass(MS + 2 * BUDGET);
	settle();
	assert_int_equal(client.thread->state, THREAD_STATE_SENDING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call, boot, end),
		cmocka_unit_test_setup_teardown(test_queued_call, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_of_call, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_of_send, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_of_receive_after_park, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_of_ended_wait, boot, end),
		cmocka_unit_test_setup_teardown(test_deadline_while_parked, boot, end),
		cmocka_unit_test_setup_teardown(test_nested_calls, boot, end),
		cmocka_unit_test_setup_teardown(test_cancel_stop_and_death, boot, end),
		cmocka_unit_test_setup_teardown(test_death_of_reply_and_endpoint, boot, end),
		cmocka_unit_test_setup_teardown(test_passive_server, boot, end),
		cmocka_unit_test_setup_teardown(test_entry_after_stop, boot, end),
		cmocka_unit_test_setup_teardown(test_yield_after_reconfiguration, boot, end),
		cmocka_unit_test_setup_teardown(test_fault_after_stop, boot, end),
		cmocka_unit_test_setup_teardown(test_new_home_while_serving, boot, end),
		cmocka_unit_test_setup_teardown(test_revoked_parts, boot, end),
		cmocka_unit_test_setup_teardown(test_message_page_of_sender, boot, end),
		cmocka_unit_test_setup_teardown(test_short_way, boot_one_cpu, end),
		cmocka_unit_test_setup_teardown(test_context_destroyed_in_call, boot, end),
		cmocka_unit_test_setup_teardown(test_circle_of_locks, boot, end),
		cmocka_unit_test_setup_teardown(test_cancel_badge, boot, end),
		cmocka_unit_test_setup_teardown(test_waiter_and_bound, boot, end),
		cmocka_unit_test_setup_teardown(test_capabilities_in_messages, boot, end),
		cmocka_unit_test_setup_teardown(test_faults, boot, end),
		cmocka_unit_test_setup_teardown(test_interrupt_in_fault, boot, end),
		cmocka_unit_test_setup_teardown(test_lent_priority_follows, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout_stop, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout_handler_dies, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout_queued, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout_of_lent_context, boot, end),
		cmocka_unit_test_setup_teardown(test_timeout_not_after_yield, boot, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
