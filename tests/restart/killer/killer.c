// SPDX-License-Identifier: MIT OR Apache-2.0
/* Kills the toy service at irregular times, for ever. */
#include <abi/protocol/supervisor.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/print.h>
#include <craton/service.h>

#define PAUSE_SPREAD_NS 3000000u /* a start takes about half of that under emulation */

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	struct client supervisor = {
		.endpoint = start->handles[PROCESS_SLOT_SERVICE],
		.page = (struct message_page *)PROCESS_MESSAGE_ADDRESS,
	};
	uint64_t random = start->entropy[0] | 1;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	for (;;) {
		struct call call = {.words = {0, 4}, .in = "echo", .in_size = 4};
		uint64_t bits;
		status_t status;

		(void)!sys_wait(start->handles[PROCESS_SLOT_NOTIFICATION], 1,
			time_now() + random_next(&random) % PAUSE_SPREAD_NS, &bits);
		status = client_call(&supervisor, SUPERVISOR_CONTROL, &call);
		if (status != OK)
			debug_print("restart: killer: error %ld\n", status);
		(void)!sys_signal(start->signals[SERVICE_NUMBER_TEST_CLIENT]);
	}
}
