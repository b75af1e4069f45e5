// SPDX-License-Identifier: MIT OR Apache-2.0
// The life cycle of calls and waits, step by step on the fake machine: messages, deadlines, faults.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/user.h"
#include "ipc_fixture.h"

#include <kernel/delete.h>

#define MS 1000000u

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_queued_call, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_deadline_of_call, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_deadline_of_send, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(
			test_deadline_of_receive_after_park, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_deadline_of_ended_wait, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_deadline_while_parked, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_nested_calls, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_cancel_stop_and_death, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(
			test_death_of_reply_and_endpoint, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_circle_of_locks, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_cancel_badge, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_waiter_and_bound, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_capabilities_in_messages, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_faults, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_lent_priority_follows, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_interrupt_in_fault, ipc_boot, ipc_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
