// SPDX-License-Identifier: MIT OR Apache-2.0
/* Makes the toy service hang and crash: it comes back, keeps its state, and the request that did it
 * is answered with an error after two deaths. A service that works long, or is starved by others,
 * is left alone. Ends the emulator: 0 if all of that was so. */
#include <abi/protocol/echo.h>
#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/print.h>
#include <craton/service.h>

#define EXIT_PORT     0xf4u
#define SECOND        1000000000u
#define ECHO_PRIORITY 150u /* its manifest */

enum { HOW_WORK, HOW_COMPUTE, HOW_WAIT };

static struct client echo;
static struct client supervisor;
static unsigned failures;
static uint64_t added;

static void check(bool good, const char *what, status_t status)
{
	debug_print("%s %s (%ld)\n", good ? "ok" : "FAIL", what, status);
	failures += !good;
}

static status_t hang(uint64_t how, uint64_t nanoseconds, uint64_t *epoch)
{
	struct call call = {.words = {how, nanoseconds}};
	status_t status = client_call(&echo, ECHO_HANG, &call);

	*epoch = call.words[0];
	return status;
}

static struct service_status echo_status(void)
{
	struct service_status record = {0};
	struct call call = {.words = {0}, .out = &record, .out_size = sizeof(record)};

	if (client_call(&supervisor, SUPERVISOR_STATUS, &call) != OK)
		record.restarts = UINT32_MAX;
	return record;
}

static void check_alive(const char *what)
{
	struct call call = {.words = {3}};
	status_t status = client_call(&echo, ECHO_ADD, &call);

	added++;
	check(status == OK && call.words[0] == added && call.words[1] == 3 * added, what, status);
}

static void test_death(
	uint32_t method, uint64_t how, uint32_t restarts, uint32_t hangs, const char *what)
{
	struct call call = {.words = {how}};
	status_t status = client_call(&echo, method, &call);
	struct service_status record = echo_status();

	check(status == ERR_CRASHED, what, status);
	check(record.restarts == restarts && record.hangs == hangs, "two deaths, no third",
		record.restarts);
	check_alive("it is back with its state");
}

/* Computes above the toy service's priority, so that it cannot answer the heartbeat. */
static void test_starved(const struct process_start *start)
{
	handle_t self = start->handles[PROCESS_SLOT_THREAD];
	uint64_t until = time_now() + 8ull * SECOND;
	status_t status = thread_set_priority(self, ECHO_PRIORITY + 10, self);

	while (time_now() < until)
		;
	check(status == OK && echo_status().restarts == 6,
		"a service that others starve is left alone", status);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	uint64_t epoch = 0;
	status_t status;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	echo = (struct client){
		.endpoint = start->handles[(unsigned)PROCESS_SLOT_SERVICE + SERVICE_NUMBER_ECHO],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
	supervisor = (struct client){
		.endpoint = start->handles[PROCESS_SLOT_SERVICE],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
	check_alive("it answers");
	for (unsigned i = 0; i < 3; i++) {
		status = hang(HOW_WORK, 2ull * SECOND, &epoch);
		check(status == OK && epoch == 0, "two seconds of work are no hang", status);
	}
	test_death(ECHO_CRASH, 0, 2, 0, "a request that crashes the service ends with an error");
	test_death(ECHO_HANG, HOW_COMPUTE, 4, 2, "an endless loop is ended, with an error");
	test_death(ECHO_HANG, HOW_WAIT, 6, 4, "an endless wait is ended, with an error");
	test_starved(start);
	check_alive("it answers");
	(void)!platform_power(start->handles[PROCESS_SLOT_PLATFORM], 2, EXIT_PORT, failures != 0);
	for (;;)
		;
}
