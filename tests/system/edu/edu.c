// SPDX-License-Identifier: MIT OR Apache-2.0
/* The driver of a device that copies to and from any place in memory (QEMU's `edu`), and tries
 * what it must not: iommu_test.py reads what it says. Where it is stopped for that, its next
 * instance goes on, from what its estate says. */
#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define COPY_SOURCE  0x80u
#define COPY_TARGET  0x88u
#define COPY_SIZE    0x90u
#define COPY_COMMAND 0x98u
#define BUFFER       0x40000u /* the device's own */
#define START        1u
#define TO_MEMORY    2u
#define BYTES        64u
#define COPY_NS      3000000000u
#define STOPPED_NS   2000000000u

#define KEY_OWN   0u
#define KEY_OTHER 1u

/* What is filled with what. */
enum { NEW = 0x5a, OLD = 0x11, SECRET = 0x77 };

enum step { STEP_GRANTED, STEP_WRITTEN, STEP_READ, STEP_AGAIN };

static uint64_t *step;
static volatile uint8_t *registers;
static uint8_t *own;
static uint64_t own_place;
static uint8_t *other;
static uint64_t other_place;

static void go_to(uint64_t next)
{
	ESTATE_SET(*step, next);
	estate_commit();
}

[[noreturn]] static void end(const char *text, status_t status)
{
	debug_print("edu: %s: %ld\n", text, status);
	for (;;)
		driver_pause(STOPPED_NS);
}

static void must(const char *what, status_t status)
{
	if (status != OK)
		end(what, status);
}

/* Returns when the device says that it is done, whatever came of it. */
static void copy(uint64_t place, bool is_to_memory)
{
	uint64_t deadline = time_now() + COPY_NS;

	driver_write32(registers, COPY_SOURCE, is_to_memory ? BUFFER : (uint32_t)place);
	driver_write32(registers, COPY_TARGET, is_to_memory ? (uint32_t)place : BUFFER);
	driver_write32(registers, COPY_SIZE, BYTES);
	driver_write32(registers, COPY_COMMAND, START | (is_to_memory ? TO_MEMORY : 0));
	while ((driver_read32(registers, COPY_COMMAND) & START) != 0 && time_now() < deadline)
		driver_pause(1000000);
}

static bool is_filled(const uint8_t *bytes, uint8_t value)
{
	for (unsigned i = 0; i < BYTES; i++) {
		if (((const volatile uint8_t *)bytes)[i] != value)
			return false;
	}
	return true;
}

/* Memory of this driver that is pinned, and some that was. */
static void open_memory(void)
{
	void *unit;
	uint64_t object;
	uint64_t size;

	must("own memory", driver_memory(KEY_OWN, &own, &own_place));
	must("other memory", driver_share(KEY_OTHER, SERVICE_NUMBER_LOG, &unit, &object));
	other = unit;
	must("a place", driver_pin(object, &other_place, &size));
	if (*step != STEP_GRANTED)
		driver_unpin(object);
}

static void forget_other(void)
{
	void *unit;
	uint64_t object;

	must("other memory", driver_share(KEY_OTHER, SERVICE_NUMBER_LOG, &unit, &object));
	driver_unpin(object);
}

/* Both ways, to both; then one of them is not the device's any more. */
static void try_granted(void)
{
	memset(own, NEW, BYTES);
	memset(other, OLD, BYTES);
	copy(own_place, false);
	copy(other_place, true);
	debug_print(
		"edu: what is granted: %s\n", is_filled(other, NEW) ? "written" : "not written");
	forget_other();
	memset(other, OLD, BYTES);
	go_to(STEP_WRITTEN);
	copy(other_place, true);
	driver_pause(STOPPED_NS); /* in which it is started again */
}

static void try_read(void)
{
	debug_print("edu: what is not granted: %s\n",
		is_filled(other, OLD) ? "not written" : "written");
	memset(own, NEW, BYTES);
	memset(other, SECRET, BYTES);
	copy(own_place, false);
	go_to(STEP_READ);
	copy(other_place, false);
	driver_pause(STOPPED_NS);
}

static void look_at_read(void)
{
	memset(own, OLD, BYTES);
	copy(own_place, true);
	debug_print("edu: what is not granted: %s\n", is_filled(own, SECRET) ? "read" : "not read");
	memset(own, NEW, BYTES);
	copy(own_place, false);
	memset(own, OLD, BYTES);
	copy(own_place, true);
	debug_print("edu: afterwards: %s\n", is_filled(own, NEW) ? "written" : "not written");
	go_to(STEP_AGAIN);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	size_t size;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, 1);
	step = estate_allocate(sizeof(*step), 8);
	must("the estate", step != nullptr ? OK : ERR_NO_MEMORY);
	must("the memory service", driver_open());
	must("claim", driver_claim(0, 1));
	must("window", driver_window(0, 0, &registers, &size));
	open_memory();
	must("enable", driver_enable(0));
	if (*step == STEP_GRANTED)
		try_granted();
	if (*step == STEP_WRITTEN)
		try_read();
	if (*step == STEP_READ)
		look_at_read();
	for (unsigned i = 0; i < 4; i++) {
		copy(other_place, true);
		driver_pause(STOPPED_NS);
	}
	end("the end", OK);
}
