// SPDX-License-Identifier: MIT OR Apache-2.0
// What a call stands on changes or goes in the middle of it: contexts, homes, threads, pages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/user.h"
#include "ipc_fixture.h"

#include <kernel/cspace.h>
#include <kernel/delete.h>

#define MS 1000000u

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_passive_server, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_entry_after_stop, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(
			test_yield_after_reconfiguration, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_fault_after_stop, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_new_home_while_serving, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_revoked_parts, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_message_page_of_sender, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_short_way, boot_one_cpu, ipc_end),
		cmocka_unit_test_setup_teardown(test_context_destroyed_in_call, ipc_boot, ipc_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
