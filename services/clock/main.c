// SPDX-License-Identifier: MIT OR Apache-2.0
/* The clock service: reads the real-time clock once, at its first start, and tells from then on how
 * far the monotonic time is behind it. */
#include "rtc.h"

#include <abi/protocol/clock.h>
#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define ESTATE_VERSION 1u
#define SESSIONS       256u
#define PORT_INDEX     0x70u
#define PORT_DATA      0x71u
#define NMI_DISABLED   0x80u
#define UPDATING       0x80u    /* of register A */
#define UPDATE_NS      3000000u /* an update takes 2 ms (MC146818 data sheet) */
#define TRIES          16u
#define SECOND_NS      1000000000u

enum {
	REGISTER_SECOND = 0x00,
	REGISTER_MINUTE = 0x02,
	REGISTER_HOUR = 0x04,
	REGISTER_DAY = 0x07,
	REGISTER_MONTH = 0x08,
	REGISTER_YEAR = 0x09,
	REGISTER_A = 0x0a,
	REGISTER_B = 0x0b,
	REGISTER_CENTURY = 0x32, /* where every PC has it; the ACPI table may say otherwise */
};

struct state {
	uint64_t known;
	uint64_t offset;
};

static struct state *state;

static uint8_t get(uint8_t index)
{
	handle_t port = service_start()->handles[PROCESS_SLOT_IO_PORT];
	uint64_t value = 0xff;

	if (io_port_out(port, PORT_INDEX, 1, NMI_DISABLED | index) != OK ||
		io_port_in(port, PORT_DATA, 1, &value) != OK)
		return 0xff;
	(void)!io_port_out(port, PORT_INDEX, 1, REGISTER_A);
	return (uint8_t)value;
}

/* Waits while the clock updates itself; a clock that always says so does not hold us up. */
static void await_update(void)
{
	uint64_t end = time_now() + UPDATE_NS;

	while ((get(REGISTER_A) & UPDATING) != 0 && time_now() < end)
		;
}

static void read_registers(struct rtc_registers *r)
{
	await_update();
	*r = (struct rtc_registers){
		.second = get(REGISTER_SECOND),
		.minute = get(REGISTER_MINUTE),
		.hour = get(REGISTER_HOUR),
		.day = get(REGISTER_DAY),
		.month = get(REGISTER_MONTH),
		.year = get(REGISTER_YEAR),
		.century = get(REGISTER_CENTURY),
		.format = get(REGISTER_B),
	};
}

/* Two equal readings in a row: no update came between the registers. */
static bool read_clock(uint64_t *seconds)
{
	struct rtc_registers before;
	struct rtc_registers now;

	read_registers(&now);
	for (unsigned i = 0; i < TRIES; i++) {
		before = now;
		read_registers(&now);
		if (memcmp(&before, &now, sizeof(now)) == 0)
			return rtc_decode(&now, seconds);
	}
	return false;
}

static void learn_offset(void)
{
	uint64_t seconds;

	if (!read_clock(&seconds)) {
		debug_print("clock: the real-time clock shows no valid date\n");
		return;
	}
	estate_save(state, sizeof(*state));
	state->offset = seconds * SECOND_NS - time_now();
	state->known = 1;
	estate_commit();
}

static status_t offset_handler(struct request *request)
{
	if (state->known == 0)
		return ERR_IO;
	request->words[0] = state->offset;
	return OK;
}

static const struct service_method methods[] = {
	[CLOCK_OFFSET] = {offset_handler, RESTART_PURE},
};

void program_main(const void *argument)
{
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	state = estate_allocate(sizeof(*state), 64);
	if (state == nullptr)
		runtime_abort("the estate is too small");
	if (state->known == 0)
		learn_offset();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
	});
}
