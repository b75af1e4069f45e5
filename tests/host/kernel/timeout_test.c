// SPDX-License-Identifier: MIT OR Apache-2.0
// Time-outs: a thread whose budget ends in a call.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/user.h"
#include "ipc_fixture.h"

#include <kernel/delete.h>

#define MS 1000000u

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
		cmocka_unit_test_setup_teardown(test_timeout, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_timeout_stop, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_timeout_handler_dies, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_timeout_queued, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_timeout_of_lent_context, ipc_boot, ipc_end),
		cmocka_unit_test_setup_teardown(test_timeout_not_after_yield, ipc_boot, ipc_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
