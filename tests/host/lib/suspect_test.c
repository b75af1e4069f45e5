// SPDX-License-Identifier: MIT OR Apache-2.0
// Requests that kill a service: blamed only after a failure, refused after the second death, once;
// other requests and other clients are not touched.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../../lib/service/suspect.h"

#define CLIENT 7u
#define METHOD 3u

static struct suspects suspects;

static int fresh(void **state)
{
	(void)state;
	memset(&suspects, 0, sizeof(suspects));
	return 0;
}

// An instance that ends while it handles the request.
static void die(uint64_t key, uint32_t sequence, bool failure)
{
	suspects_begin(&suspects, key, METHOD, sequence);
	suspects_open(&suspects, failure);
}

static void test_second_death_condemns(void **state)
{
	(void)state;
	die(CLIENT, 1, true);
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 1));
	die(CLIENT, 1, true);
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 2));
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD + 1, 1));
	assert_false(suspects_condemn(&suspects, CLIENT + 1, METHOD, 1));
	assert_true(suspects_condemn(&suspects, CLIENT, METHOD, 1));
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 1)); // forgotten by that
}

static void test_restart_on_demand_blames_nobody(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		die(CLIENT, 1, false);
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 1));
}

static void test_handled_request_is_no_suspect(void **state)
{
	(void)state;
	suspects_begin(&suspects, CLIENT, METHOD, 1);
	suspects_end(&suspects);
	for (unsigned i = 0; i < 5; i++)
		suspects_open(&suspects, true); // failures between requests
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 1));
}

// More suspects than there are places: the oldest is forgotten, the newest is still caught.
static void test_many_suspects(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < SUSPECTS + 1; i++)
		die(CLIENT, i + 1, true);
	die(CLIENT, 1, true);
	assert_false(suspects_condemn(&suspects, CLIENT, METHOD, 1));
	die(CLIENT, SUSPECTS + 1, true);
	assert_true(suspects_condemn(&suspects, CLIENT, METHOD, SUSPECTS + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_second_death_condemns, fresh),
		cmocka_unit_test_setup(test_restart_on_demand_blames_nobody, fresh),
		cmocka_unit_test_setup(test_handled_request_is_no_suspect, fresh),
		cmocka_unit_test_setup(test_many_suspects, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
