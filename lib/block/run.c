// SPDX-License-Identifier: MIT OR Apache-2.0
/* The program of a driver of disks: see craton/block_server.h. */
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>

#define ESTATE_VERSION 3u
#define SESSIONS       32u

static const struct block_driver *driver;
static bool is_claimed[DRIVER_DEVICES];

/* Its disks are marked first: an instance that is killed in between does the rest, and none begins
 * a request again. */
static void give_up(unsigned nth)
{
	status_t status;

	block_remove_disks(nth);
	if (is_claimed[nth])
		driver->close(nth);
	is_claimed[nth] = false;
	status = driver_release(nth);
	if (status != OK && status != ERR_NOT_FOUND)
		debug_print("%s: device %u cannot be released: %ld\n", driver->name, nth, status);
	block_end_all(nth);
}

/* A device that cannot be used is passed over. */
static void open_device(unsigned nth)
{
	status_t status = driver_claim(nth, (uint64_t)1 << nth);

	if (status == ERR_NOT_FOUND) {
		block_remove_disks(nth);
		return;
	}
	if (status == ERR_GONE) {
		give_up(nth);
		return;
	}
	is_claimed[nth] = true;
	if (status == OK)
		status = driver->open(nth);
	if (status != OK)
		debug_print("%s: device %u cannot be used: %ld\n", driver->name, nth, status);
}

/* A device has come, or goes; or nothing has happened. */
static void look_at_devices(void)
{
	uint32_t value;

	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		status_t status = OK;

		if (!is_claimed[nth])
			open_device(nth);
		else
			status = driver_config(nth, 0, &value);
		if (status == ERR_GONE || status == ERR_NOT_FOUND)
			give_up(nth);
	}
}

static void notified(uint64_t bits)
{
	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		if ((bits >> nth & 1) == 0 || !is_claimed[nth])
			continue;
		driver_interrupt_seen(nth);
		driver->take_ends(nth);
	}
	if ((bits & DRIVER_CHANGED) != 0)
		look_at_devices();
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
	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++)
		open_device(nth);
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
