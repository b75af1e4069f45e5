// SPDX-License-Identifier: MIT OR Apache-2.0
// See ipc_fixture.h.
#include "ipc_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake/invariants.h"

handle_t endpoint;
handle_t reply;
struct worker server;
struct worker client;
struct worker other;

int ipc_boot(void **state)
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

int ipc_end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

void settle(void)
{
	fake_settle();
	invariants_check();
}

uint64_t info(uint32_t label, unsigned words, unsigned handles)
{
	return (uint64_t)label << 32 | handles << 8 | words;
}

void connect(time_ns deadline)
{
	user_become(&server);
	assert_int_equal(user_recv(reply, endpoint, NEVER), STILL_BLOCKED);
	user_become(&client);
	assert_int_equal(user_call(endpoint, info(7, 2, 0), deadline), STILL_BLOCKED);
	settle();
	assert_ptr_equal(server.thread->sc, client.thread->home);
	assert_int_equal(client.thread->state, THREAD_STATE_CALLING);
}
