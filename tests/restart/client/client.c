// SPDX-License-Identifier: MIT OR Apache-2.0
/* Calls the toy service while another program kills it, and keeps an oracle: the service's counter
 * and sum must be what this client counted itself. Ends the emulator: 0 if nothing was lost or
 * done twice and no call failed. */
#include <abi/protocol/echo.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/print.h>
#include <craton/service.h>

#define KILLS_WANTED 10000u
#define EXIT_PORT    0xf4u
#define CALLS_A_LINE 100000u

static struct client echo;
static uint64_t kills;

[[noreturn]] static void finish(const struct process_start *start, unsigned status)
{
	(void)!platform_power(start->handles[PROCESS_SLOT_PLATFORM], 2, EXIT_PORT, status);
	for (;;)
		;
}

/* The killer signals each kill. */
static void count_kills(const struct process_start *start)
{
	uint64_t bits;

	if (sys_wait(start->handles[PROCESS_SLOT_NOTIFICATION], ~(uint64_t)0, 0, &bits) == OK)
		kills++;
}

static bool check_call(uint64_t number, uint64_t *sum)
{
	struct call call = {.words = {number}};
	status_t status = client_call(&echo, ECHO_ADD, &call);

	*sum += number;
	if (status == OK && call.words[0] == number && call.words[1] == *sum)
		return true;
	debug_print("restart: call %lu: status %ld, counter %lu, sum %lu instead of %lu\n", number,
		status, call.words[0], call.words[1], *sum);
	return false;
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	uint64_t sum = 0;
	uint64_t number = 0;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	echo = (struct client){
		.endpoint = start->handles[(unsigned)PROCESS_SLOT_SERVICE + SERVICE_NUMBER_ECHO],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
	while (kills < KILLS_WANTED) {
		if (!check_call(++number, &sum))
			finish(start, 1);
		count_kills(start);
		if (number % CALLS_A_LINE == 0)
			debug_print("restart: %lu calls, %lu kills\n", number, kills);
	}
	debug_print("restart: %lu calls, at least %lu kills, none lost, none done twice\n", number,
		kills);
	finish(start, 0);
}
