// SPDX-License-Identifier: MIT OR Apache-2.0
/* A port with a slot: devices are plugged, pulled, asked to go, and the manager is killed between
 * what it decides and what it tells the port; ports that lie. */
#include "slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define PORT       0x0008u
#define CAPABILITY 0x40u
#define MS         1000000u

/* Bits of Slot Control and Slot Status (PCI Express Base 3.0, 7.8.10 and 7.8.11). */
enum { INTERRUPT = 1 << 5, LIGHT = 3 << 8, LIGHT_OFF = 3 << 8, POWER_OFF = 1 << 10 };
enum { BUTTON = 1 << 0, PRESENCE = 1 << 3, COMMAND = 1 << 4, IS_PRESENT = 1 << 6, LINK = 1 << 8 };
#define EVENTS (BUTTON | PRESENCE | COMMAND | LINK | 2)

/* The port as the emulator's is. */
static uint32_t capabilities;
static uint32_t link_capabilities;
static uint32_t slot_capabilities;
static uint16_t control;
static uint16_t status;
static bool is_plugged;
static bool stays;        /* the device, without power, as with people */
static bool is_answering; /* the device, when it has power and time */
static bool is_stuck;     /* events stay set */
static bool is_random;
static unsigned commands;
static bool is_slow; /* commands take long */

static struct slot slot;
static uint64_t now;
static uint64_t next;
static bool is_held;
static bool has_driver; /* the device */
static unsigned looks, leaves, gones;
static unsigned kills; /* one in so many steps; 0: never */

static bool has_power(void)
{
	return (control & POWER_OFF) == 0;
}

static uint32_t fake_read(void *self, uint16_t address, uint32_t offset)
{
	(void)self;
	assert_int_equal(address, PORT);
	assert_int_equal(offset % 4, 0);
	if (is_random)
		return (uint32_t)rand() ^ (uint32_t)rand() << 16;
	switch (offset) {
	case PCI_COMMAND:
		return 0x100000;
	case PCI_CAPABILITIES:
		return CAPABILITY;
	case CAPABILITY:
		return capabilities;
	case CAPABILITY + 0x0c:
		return link_capabilities;
	case CAPABILITY + 0x10:
		return is_plugged && has_power() ? 1u << 29 : 0;
	case CAPABILITY + 0x14:
		return slot_capabilities;
	case CAPABILITY + 0x18:
		return (uint32_t)status << 16 | control;
	default:
		return 0;
	}
}

static void fake_write(void *self, uint16_t address, uint32_t offset, uint32_t value)
{
	(void)self;
	(void)address;
	(void)offset;
	(void)value;
	fail(); /* that would clear events, or be a command */
}

/* The emulator lets a device go that was asked to when power and light go off. */
static void command(uint16_t value)
{
	bool was_on = has_power();

	commands++;
	control = value;
	if (!is_slow)
		status |= COMMAND;
	if (was_on && !has_power() && (control & LIGHT) == LIGHT_OFF && is_plugged && !stays) {
		is_plugged = false;
		status = (uint16_t)((status & ~IS_PRESENT) | PRESENCE);
	}
}

static void fake_write16(void *self, uint16_t address, uint32_t offset, uint16_t value)
{
	(void)self;
	assert_int_equal(address, PORT);
	if (is_random)
		return;
	if (offset == CAPABILITY + 0x18)
		command(value);
	else if (offset == CAPABILITY + 0x1a && !is_stuck)
		status &= (uint16_t)~(value & EVENTS);
	else
		assert_int_equal(offset, CAPABILITY + 0x1a);
}

static const struct pci_bus bus = {nullptr, fake_read, fake_write, fake_write16};

/* --- what the manager does ----------------------------------------------------------------------
 */

static bool is_killed(void)
{
	return kills != 0 && (unsigned)rand() % kills == 0;
}

static void take(enum slot_event event)
{
	bool is_found = is_plugged && has_power() && is_answering;

	if (event == SLOT_LOOK)
		slot_looked(&slot, now, is_found);
	looks += event == SLOT_LOOK && is_found;
	leaves += event == SLOT_LEAVES;
	gones += event == SLOT_GONE;
	if (event == SLOT_LEAVES)
		is_held = has_driver;
	if (event == SLOT_GONE)
		is_held = false;
}

static void step(void)
{
	const struct slot before = slot;
	enum slot_event event;
	uint16_t seen;

	next = 0; /* of a new instance */
	if (is_killed())
		return;
	event = slot_decide(&bus, &slot, now, is_held, &seen);
	if (is_killed()) { /* not committed */
		slot = before;
		return;
	}
	take(event);
	if (!is_killed())
		next = slot_act(&bus, &slot, now, is_held, seen);
}

/* Steps at their times, and one now, as an interrupt makes it. */
static void run(uint64_t milliseconds)
{
	uint64_t end = now + milliseconds * MS;
	unsigned steps = 0;

	do {
		step();
		assert_true(++steps < 100000);
		now = next > now ? next : now + 1;
	} while (now < end);
	now = end;
}

static void plug(void)
{
	is_plugged = true;
	status |= IS_PRESENT | PRESENCE | BUTTON;
}

static void pull(void)
{
	is_plugged = false;
	status = (uint16_t)((status & ~IS_PRESENT) | PRESENCE | LINK);
}

static int make(void **state)
{
	struct pci_device port = {.address = PORT, .header = PCI_HEADER_BRIDGE};

	(void)state;
	capabilities = 0x01420010; /* a root port with a slot */
	link_capabilities = 1u << 20;
	slot_capabilities = 0x5b; /* button, power, lights, hot-plug */
	control = POWER_OFF | LIGHT_OFF;
	status = PRESENCE | BUTTON; /* of the past */
	is_plugged = false;
	is_answering = true;
	stays = false;
	is_stuck = false;
	is_random = false;
	is_slow = false;
	is_held = false;
	has_driver = true;
	commands = 0;
	looks = leaves = gones = kills = 0;
	now = 5000 * (uint64_t)MS;
	next = 0;
	assert_true(slot_find(&bus, &port, &slot));
	slot.has_interrupt = 1;
	slot_begin(&bus, &slot, false);
	run(50);
	return 0;
}

/* --- tests --------------------------------------------------------------------------------------
 */

static void test_find(void **state)
{
	struct pci_device port = {.address = PORT, .header = PCI_HEADER_BRIDGE};
	struct slot s;

	(void)state;
	slot_capabilities &= ~0x40u; /* nothing comes or goes */
	assert_false(slot_find(&bus, &port, &s));
	slot_capabilities |= 0x40;
	capabilities &= ~(1u << 24);
	assert_false(slot_find(&bus, &port, &s));
	capabilities = 0x01020010; /* an endpoint */
	assert_false(slot_find(&bus, &port, &s));
	capabilities = 0x01620011; /* no PCI Express */
	assert_false(slot_find(&bus, &port, &s));
	port.header = PCI_HEADER_DEVICE;
	assert_false(slot_find(&bus, &port, &s));
}

static void test_idle(void **state)
{
	(void)state;
	assert_int_equal(slot.state, SLOT_EMPTY);
	assert_true((control & INTERRUPT) != 0 && !has_power());
	assert_int_equal(status & EVENTS & ~COMMAND, 0);
	assert_int_equal(next, UINT64_MAX); /* nothing is polled */
	run(10000);
	assert_int_equal(commands, 1);
}

static void test_plug(void **state)
{
	(void)state;
	plug();
	run(90);
	assert_int_equal(looks, 0); /* it must have time */
	assert_int_equal(slot.state, SLOT_SETTLING);
	assert_true(has_power());
	run(50);
	assert_int_equal(looks, 1);
	assert_int_equal(slot.state, SLOT_THERE);
	assert_int_equal(next, UINT64_MAX);
	run(10000);
	assert_int_equal(looks, 1);
	assert_int_equal(leaves, 0);
}

/* The button: drivers give up first, then the power goes. The slot takes another one. */
static void test_button(void **state)
{
	(void)state;
	plug();
	run(300);
	for (unsigned i = 1; i <= 3; i++) {
		status |= BUTTON;
		run(500);
		assert_int_equal(leaves, i);
		assert_int_equal(slot.state, SLOT_LEAVING);
		assert_true(has_power() && is_plugged);
		status |= BUTTON; /* once more: nothing */
		run(100);
		assert_int_equal(slot.state, SLOT_LEAVING);
		is_held = false;
		run(2000);
		assert_int_equal(gones, i);
		assert_false(has_power() || is_plugged);
		assert_int_equal(slot.state, SLOT_EMPTY);
		plug();
		run(300);
		assert_int_equal(looks, i + 1);
		assert_int_equal(slot.state, SLOT_THERE);
	}
}

/* A driver that never lets go. */
static void test_patience(void **state)
{
	(void)state;
	plug();
	run(300);
	status |= BUTTON;
	run(9000);
	assert_int_equal(gones, 0);
	run(2000);
	assert_int_equal(gones, 1);
	assert_false(is_plugged);
}

static void test_surprise(void **state)
{
	(void)state;
	plug();
	run(300);
	pull();
	run(10);
	assert_int_equal(leaves, 1);
	plug(); /* another one, before drivers have let go */
	run(10);
	is_held = false;
	run(3000);
	assert_int_equal(gones, 1);
	/* The emulator has taken it away with the power; a person would not have. */
	is_plugged = true;
	status |= IS_PRESENT | PRESENCE | BUTTON;
	run(300);
	assert_int_equal(looks, 2);
}

/* Pulled and plugged in again before anybody looked: it is another one. */
static void test_swap(void **state)
{
	(void)state;
	plug();
	run(300);
	pull();
	is_plugged = true;
	status |= IS_PRESENT | PRESENCE;
	run(10);
	assert_int_equal(leaves, 1);
}

/* And it is taken as one, without the button. */
static void test_swapped_stays(void **state)
{
	(void)state;
	stays = true;
	plug();
	run(300);
	pull();
	is_plugged = true;
	status |= IS_PRESENT | PRESENCE;
	run(10);
	is_held = false;
	run(3000);
	assert_int_equal(gones, 1);
	assert_int_equal(looks, 2);
	assert_int_equal(slot.state, SLOT_THERE);
	assert_true(has_power());
}

/* Its link is lost for a moment, once, and then again and again: in the end it is left alone, until
 * somebody presses the button. */
static void test_link_lost(void **state)
{
	(void)state;
	stays = true;
	has_driver = false;
	plug();
	run(300);
	for (unsigned i = 1; i <= 20; i++) {
		status |= LINK;
		run(3000);
		assert_int_equal(leaves, i < 6 ? i : 6);
		assert_int_equal(slot.state, i < 6 ? SLOT_THERE : SLOT_PARKED);
	}
	assert_false(has_power());
	status |= BUTTON;
	run(3000);
	assert_int_equal(slot.state, SLOT_THERE);
	for (unsigned i = 0; i < 20; i++) { /* now and then is another matter */
		run(100000);
		status |= LINK;
		run(3000);
		assert_int_equal(slot.state, SLOT_THERE);
	}
}

/* Who pressed the button, or whose power failed, has it off. */
static void test_asked_stays_off(void **state)
{
	(void)state;
	stays = true;
	plug();
	run(300);
	status |= BUTTON | LINK;
	run(10);
	is_held = false;
	run(5000);
	assert_int_equal(slot.state, SLOT_PARKED);
	assert_false(has_power());
	pull();
	run(100);
	assert_int_equal(slot.state, SLOT_EMPTY);
	plug();
	run(300);
	assert_int_equal(slot.state, SLOT_THERE);
	status |= 2; /* the power's fault */
	run(10);
	is_held = false;
	run(5000);
	assert_int_equal(slot.state, SLOT_PARKED);
}

/* A device that no driver has goes at once, also where no end of a command makes for a step. */
static void test_no_driver(void **state)
{
	(void)state;
	slot_capabilities |= 1u << 18;
	is_slow = true;
	has_driver = false;
	plug();
	run(10);
	status |= LINK; /* it is up */
	run(300);
	assert_int_equal(slot.state, SLOT_THERE);
	status |= BUTTON;
	run(100);
	assert_int_equal(gones, 1);
	assert_false(has_power());
}

/* Pulled while it gets ready. */
static void test_early(void **state)
{
	(void)state;
	plug();
	run(50);
	pull();
	run(2000);
	assert_int_equal(looks, 0);
	assert_int_equal(slot.state, SLOT_EMPTY);
	assert_false(has_power());
}

/* It never answers: the power goes off, and it is left alone until the button is pressed. */
static void test_dead(void **state)
{
	(void)state;
	is_answering = false;
	slot_capabilities |= 1u << 5;
	plug();
	run(5000);
	assert_int_equal(looks, 0);
	assert_false(has_power());
	is_answering = true;
	is_plugged = true;
	status |= IS_PRESENT | BUTTON;
	run(2500);
	assert_int_equal(looks, 1);
}

static void test_no_link(void **state)
{
	(void)state;
	status |= IS_PRESENT | PRESENCE; /* but nothing is behind it */
	run(900);
	assert_int_equal(slot.state, SLOT_LINKING);
	run(1500);
	assert_int_equal(slot.state, SLOT_PARKED);
	assert_int_equal(looks, 0);
	run(100000);
	assert_true(commands < 5);
}

/* Without interrupt, button, lights, power and a link that says whether it is there. */
static void test_bare(void **state)
{
	(void)state;
	slot.has_interrupt = 0;
	slot_capabilities = 0x40060;
	link_capabilities = 0;
	control = 0;
	plug();
	status &= (uint16_t)~BUTTON;
	run(5000);
	assert_int_equal(looks, 1);
	assert_true(next <= now + 1000 * MS);
	pull();
	run(1500);
	assert_int_equal(leaves, 1);
	is_held = false;
	run(2500);
	assert_int_equal(gones, 1);
	assert_int_equal(slot.state, SLOT_EMPTY);
}

/* A port that never stops to say something is not heard for a while, again and again. */
static void test_storm(void **state)
{
	unsigned steps = 0;

	(void)state;
	is_stuck = true;
	status |= LINK;
	for (uint64_t end = now + 10000 * (uint64_t)MS; now < end; steps++) {
		step();
		now = next > now ? next : now + 1;
	}
	assert_true(steps < 600);
	assert_int_equal(control & INTERRUPT, 0);
	is_stuck = false;
	run(2500);
	assert_true((control & INTERRUPT) != 0);
	plug();
	run(300);
	assert_int_equal(looks, 1);
}

/* One command at a time; a port that does not say that it is done is told all the same. */
static void test_slow(void **state)
{
	(void)state;
	is_slow = true;
	status &= (uint16_t)~COMMAND;
	plug();
	run(5);
	assert_int_equal(commands, 2);
	run(900);
	assert_int_equal(commands, 2); /* the light's change waits */
	status |= COMMAND;
	run(20);
	assert_int_equal(commands, 3);
	status |= BUTTON;
	run(20);
	is_held = false;
	run(5000);
	assert_false(is_plugged);
}

/* Killed anywhere: each plug is seen, each wish to go is granted. */
static void test_kills(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 500; seed++) {
		srand(seed);
		kills = 2 + seed % 4;
		looks = leaves = gones = 0;
		plug();
		run(3000);
		assert_int_equal(slot.state, SLOT_THERE);
		assert_int_equal(looks, 1);
		if (seed % 2 == 0)
			status |= BUTTON;
		else
			pull();
		run(1000);
		assert_int_equal(slot.state, SLOT_LEAVING);
		is_held = false;
		run(3000);
		assert_int_equal(leaves, 1);
		assert_int_equal(gones, 1);
		assert_int_equal(slot.state, SLOT_EMPTY);
	}
}

static void test_nonsense(void **state)
{
	(void)state;
	is_random = true;
	for (unsigned i = 0; i < 2000; i++) {
		srand(i);
		step();
		now += (uint64_t)rand() % 100 * MS;
		assert_true(slot.state <= SLOT_PARKED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_find, make),
		cmocka_unit_test_setup(test_idle, make),
		cmocka_unit_test_setup(test_plug, make),
		cmocka_unit_test_setup(test_button, make),
		cmocka_unit_test_setup(test_patience, make),
		cmocka_unit_test_setup(test_surprise, make),
		cmocka_unit_test_setup(test_swap, make),
		cmocka_unit_test_setup(test_swapped_stays, make),
		cmocka_unit_test_setup(test_link_lost, make),
		cmocka_unit_test_setup(test_asked_stays_off, make),
		cmocka_unit_test_setup(test_no_driver, make),
		cmocka_unit_test_setup(test_early, make),
		cmocka_unit_test_setup(test_dead, make),
		cmocka_unit_test_setup(test_no_link, make),
		cmocka_unit_test_setup(test_bare, make),
		cmocka_unit_test_setup(test_storm, make),
		cmocka_unit_test_setup(test_slow, make),
		cmocka_unit_test_setup(test_kills, make),
		cmocka_unit_test_setup(test_nonsense, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
