// SPDX-License-Identifier: MIT OR Apache-2.0
/* A toy service for tests of the restart contract: a counter in the estate, increased once by each
 * call. Whoever counts along sees a lost or doubled call at once. */
#include <abi/protocol/echo.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define UNSIGNALLED ((uint64_t)1 << 40) /* a bit that nobody has */

struct state {
	uint64_t counter;
	uint64_t sum;
};

static struct state *state;

static status_t add_handler(struct request *request)
{
	estate_save(state, sizeof(*state));
	state->counter++;
	state->sum += request->words[0];
	request->words[0] = state->counter;
	request->words[1] = state->sum;
	return OK;
}

static status_t crash_handler(struct request *request)
{
	(void)request;
	runtime_abort("asked to crash");
}

static uint64_t own_cpu_time(void)
{
	uint64_t thread_state, priority, faults, id;
	uint64_t time = 0;

	(void)!thread_info(service_start()->handles[PROCESS_SLOT_THREAD], &thread_state, &priority,
		&time, &faults, &id);
	return time;
}

static status_t hang_handler(struct request *request)
{
	uint64_t begin = own_cpu_time();
	uint64_t bits;

	if (request->words[0] == 2)
		return sys_wait(service_start()->handles[PROCESS_SLOT_NOTIFICATION], UNSIGNALLED,
			ABI_DEADLINE_NEVER, &bits);
	while (request->words[0] == 1 || own_cpu_time() - begin < request->words[1])
		;
	request->words[0] = service_start()->epoch;
	return OK;
}

static const struct service_method methods[] = {
	[ECHO_ADD] = {add_handler, RESTART_ONCE},
	[ECHO_CRASH] = {crash_handler, RESTART_PURE},
	[ECHO_HANG] = {hang_handler, RESTART_PURE},
};

void program_main(const void *argument)
{
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, 1);
	state = estate_allocate(sizeof(*state), 64);
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = 64,
	});
}
