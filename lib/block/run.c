// SPDX-License-Identifier: MIT OR Apache-2.0
/* The program of a driver of disks: see craton/block_server.h. */
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/storm.h>

#define ESTATE_VERSION 3u
#define SESSIONS       32u

static const struct block_driver *driver;
static bool is_claimed[DRIVER_DEVICES];
static uint64_t next_age; /* when what does not answer is looked for; 0: nothing is under way */
static struct storm storms[DRIVER_DEVICES];

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
	storms[nth] = (struct storm){0};
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

/* --- devices that do not answer -----------------------------------------------------------------
 */

/* The claim sees to it that it reaches no memory any more, whatever becomes of its requests. */
static void reset_device(unsigned nth)
{
	bool is_second;

	if (!is_claimed[nth])
		return;
	driver->close(nth);
	is_claimed[nth] = false;
	open_device(nth);
	is_second = !block_begin_again(nth);
	if (is_second)
		block_end_silent(nth);
	debug_print("%s: device %u did not answer and was reset: its requests %s\n", driver->name,
		nth, is_second ? "have failed" : "are begun again");
}

static uint64_t age_deadline(void)
{
	if (driver->waits_for_ever || !block_is_busy())
		next_age = 0;
	else if (next_age == 0)
		next_age = time_now() + BLOCK_LOOK_NS;
	return next_age != 0 ? next_age : ABI_DEADLINE_NEVER;
}

static void reset_silent(uint64_t now)
{
	uint64_t late;

	if (next_age == 0 || now < next_age)
		return;
	next_age = now + BLOCK_LOOK_NS;
	late = block_late();
	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		if ((late >> nth & 1) != 0)
			reset_device(nth);
	}
}

/* --- interrupts ---------------------------------------------------------------------------------
 */

static void begin_quiet(unsigned nth)
{
	const struct storm *s = &storms[nth];
	status_t status = driver_quiet(nth);

	if (s->quiet_until == UINT64_MAX)
		debug_print("%s: device %u interrupts without end, again and again: from now on it "
			    "is not heard, but looked at\n",
			driver->name, nth);
	else
		debug_print("%s: device %u interrupts without end: it is not heard for %lu ms\n",
			driver->name, nth, (s->quiet_until - time_now()) / 1000000 + 1);
	if (status != OK)
		debug_print("%s: device %u cannot be made quiet: %ld\n", driver->name, nth, status);
}

static void take_interrupt(unsigned nth)
{
	uint64_t before = block_end_count();

	driver_interrupt_seen(nth);
	driver->take_ends(nth);
	if (storm_interrupt(&storms[nth], time_now(), block_end_count() != before))
		begin_quiet(nth);
}

static uint64_t next_look(void)
{
	uint64_t next = age_deadline();

	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		uint64_t own = is_claimed[nth] ? storm_deadline(&storms[nth]) : next;

		next = own < next ? own : next;
	}
	return next;
}

/* What a device that is not heard has done, ends here. */
static void expired(uint64_t now)
{
	reset_silent(now);
	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		if (!is_claimed[nth] || storm_deadline(&storms[nth]) > now)
			continue;
		if (storm_looked(&storms[nth], now) && driver_enable(nth) != OK)
			debug_print("%s: device %u cannot be heard again\n", driver->name, nth);
		driver->take_ends(nth);
	}
	block_work();
	driver->kick();
}

static void notified(uint64_t bits)
{
	for (unsigned nth = 0; nth < DRIVER_DEVICES; nth++) {
		if ((bits >> nth & 1) != 0 && is_claimed[nth])
			take_interrupt(nth);
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
		.deadline = next_look,
		.expired = expired,
	});
}
