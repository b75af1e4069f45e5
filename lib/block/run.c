// SPDX-License-Identifier: MIT OR Apache-2.0
/* The program of a driver of disks: see craton/block_server.h. */
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>

#define ESTATE_VERSION 1u
#define SESSIONS       32u

static const struct block_driver *driver;
static unsigned device_count;

/* A device that cannot be used is passed over. */
static bool open_device(unsigned nth)
{
	status_t status = driver_claim(nth, (uint64_t)1 << nth);

	if (status == ERR_NOT_FOUND)
		return false;
	device_count++;
	if (status == OK)
		status = driver->open(nth);
	if (status != OK)
		debug_print("%s: device %u cannot be used: %ld\n", driver->name, nth, status);
	return true;
}

static void notified(uint64_t bits)
{
	for (unsigned nth = 0; nth < device_count; nth++) {
		if ((bits >> nth & 1) == 0)
			continue;
		driver_interrupt_seen(nth);
		driver->take_ends(nth);
	}
	block_work();
	driver->kick();
}

void block_run(const struct process_start *start, const struct block_driver *definition)
{
	driver = definition;
	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	if (!block_open(driver))
		runtime_abort("the estate is too small");
	if (driver_open() != OK)
		runtime_abort("no memory to share");
	for (unsigned nth = 0; nth < DRIVER_DEVICES && open_device(nth); nth++)
		;
	block_start();
	driver->kick();
	service_run(&(struct service){
		.start = start,
		.methods = block_methods,
		.method_count = block_method_count,
		.session_count = SESSIONS,
		.notified = notified,
	});
}
