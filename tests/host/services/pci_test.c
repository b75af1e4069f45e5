// SPDX-License-Identifier: MIT OR Apache-2.0
/* A bus of made-up devices: found, measured, placed; and devices that lie. */
#include "pci.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define FUNCTIONS 8u

/* Configuration space of one function; `mask`: bits that can be written. */
struct function {
	uint16_t address;
	uint32_t words[64];
	uint32_t mask[64];
};

static struct function functions[FUNCTIONS];
static unsigned count;
static bool is_random;

static struct function *find(uint16_t address)
{
	for (unsigned i = 0; i < count; i++) {
		if (functions[i].address == address)
			return &functions[i];
	}
	return nullptr;
}

static uint32_t fake_read(void *self, uint16_t address, uint32_t offset)
{
	const struct function *f = find(address);

	(void)self;
	assert_int_equal(offset % 4, 0);
	assert_true(offset < 256);
	if (is_random)
		return (uint32_t)rand() ^ (uint32_t)rand() << 16;
	return f != nullptr ? f->words[offset / 4] : UINT32_MAX;
}

static void fake_write(void *self, uint16_t address, uint32_t offset, uint32_t value)
{
	struct function *f = find(address);

	(void)self;
	assert_int_equal(offset % 4, 0);
	assert_true(offset < 256);
	if (f == nullptr || is_random)
		return;
	f->words[offset / 4] =
		(f->words[offset / 4] & ~f->mask[offset / 4]) | (value & f->mask[offset / 4]);
}

static void fake_write16(void *self, uint16_t address, uint32_t offset, uint16_t value)
{
	(void)self;
	(void)address;
	(void)offset;
	(void)value;
	fail(); /* nothing here needs it */
}

static const struct pci_bus bus = {nullptr, fake_read, fake_write, fake_write16};

static struct function *add(uint16_t address, uint32_t ids, uint32_t class, uint32_t header)
{
	struct function *f = &functions[count++];

	*f = (struct function){.address = address};
	f->words[PCI_VENDOR / 4] = ids;
	f->words[PCI_CLASS / 4] = class << 8;
	f->words[PCI_HEADER / 4] = header << 16;
	f->mask[PCI_COMMAND / 4] = 0xffff;
	return f;
}

static void set_window(struct function *f, unsigned window, uint32_t value, uint32_t size)
{
	f->words[PCI_WINDOW / 4 + window] = value;
	f->mask[PCI_WINDOW / 4 + window] = ~(size - 1);
}

/* A disk with MSI-X behind a bridge, and a device with ports. */
static int make_bus(void **state)
{
	struct function *f;

	(void)state;
	count = 0;
	is_random = false;
	(void)add(0x0000, 0x29c08086, 0x060000, 0);
	f = add(0x0008, 0x00011b36, 0x060400, 1);
	f->words[PCI_BUSES / 4] = 0x00010100;
	f = add(0x0100, 0x10421af4, 0x010000, 0x80);
	f->words[PCI_COMMAND / 4] = 0x00100003;
	f->words[PCI_CAPABILITIES / 4] = 0x40;
	f->words[0x40 / 4] = 0x00005009; /* of another kind first */
	f->words[0x50 / 4] = 0x00010011;
	f->mask[0x50 / 4] = 0xc0000000;
	f->words[0x54 / 4] = 0x00000801; /* window 1, offset 0x800 */
	set_window(f, 1, 0xfe000000, 0x1000);
	set_window(f, 4, 0x0000000c, 0x4000);
	f->words[PCI_WINDOW / 4 + 5] = 8; /* the upper half */
	f->mask[PCI_WINDOW / 4 + 5] = UINT32_MAX;
	f = add(0x0102, 0x12341234, 0x020000, 0);
	set_window(f, 0, 0xc001, 0x20);
	return 0;
}

static void test_scan(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];

	(void)state;
	assert_int_equal(pci_scan(&bus, d), 4);
	assert_int_equal(d[1].header, 1);
	assert_int_equal(d[2].address, 0x100);
	assert_int_equal(d[2].vendor, 0x1af4);
	assert_int_equal(d[2].device, 0x1042);
	assert_int_equal(d[2].class, 0x010000);
	assert_int_equal(d[2].interrupt, PCI_INTERRUPT_MSI_X);
	assert_int_equal(d[2].window[1], 0xfe000000);
	assert_int_equal(d[2].window_size[1], 0x1000);
	assert_int_equal(d[2].window[4], 0x800000000);
	assert_int_equal(d[2].window_size[4], 0x4000);
	assert_int_equal(d[2].window_size[5], 0);
	assert_int_equal(d[3].window[0], 0xc000);
	assert_int_equal(d[3].window_size[0], 0x20 | 1);
	assert_int_equal(functions[2].words[PCI_COMMAND / 4], 0x00100003); /* as it was */
}

static void test_msi_x(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];
	struct pci_msi_x msi_x;

	(void)state;
	(void)pci_scan(&bus, d);
	assert_int_equal(pci_msi_x(&bus, &d[2], 0, &msi_x), OK);
	assert_int_equal(msi_x.window, 1);
	assert_int_equal(msi_x.offset, 0x800);
	assert_int_equal(pci_msi_x(&bus, &d[2], 1, &msi_x), OK);
	assert_int_equal(msi_x.offset, 0x810);
	assert_int_equal(pci_msi_x(&bus, &d[2], 2, &msi_x), ERR_CORRUPT); /* it has two */
	pci_msi_x_enable(&bus, &d[2], true);
	assert_int_equal(functions[2].words[0x50 / 4], 0x80010011);
	pci_msi_x_enable(&bus, &d[2], false);
	assert_int_equal(functions[2].words[0x50 / 4], 0x00010011);
	functions[2].words[0x54 / 4] = 0xff9; /* behind the end of the window */
	assert_int_equal(pci_msi_x(&bus, &d[2], 0, &msi_x), ERR_CORRUPT);
	functions[2].words[0x54 / 4] = 2; /* no window */
	assert_int_equal(pci_msi_x(&bus, &d[2], 0, &msi_x), ERR_CORRUPT);
	functions[2].words[0x54 / 4] = 7;
	assert_int_equal(pci_msi_x(&bus, &d[2], 0, &msi_x), ERR_CORRUPT);
	assert_int_equal(pci_msi_x(&bus, &d[3], 0, &msi_x), ERR_CORRUPT);
}

static void test_place(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];
	uint32_t found = pci_scan(&bus, d);
	uint64_t place;

	(void)state;
	place = pci_free_address(d, found, 0x4000, 0xe0000000, 0xfec00000);
	assert_int_equal(place, 0xfebfc000);
	pci_place_window(&bus, &d[2], 4, place);
	assert_int_equal(functions[2].words[PCI_WINDOW / 4 + 4], 0xfebfc00c);
	assert_int_equal(functions[2].words[PCI_WINDOW / 4 + 5], 0);
	assert_int_equal(pci_free_address(d, found, 0x1000, 0xe0000000, 0xfec00000), 0xfebfb000);
	assert_int_equal(pci_free_address(d, found, 0x1000, 0xfe000000, 0xfe001000), 0);
	assert_int_equal(pci_free_address(d, found, 0x1000, 0xfdfff000, 0xfe001000), 0xfdfff000);
	assert_int_equal(pci_free_address(d, found, 0x100000000, 0xe0000000, 0xfec00000), 0);
}

/* What a bridge forwards is taken, but for what is behind it. */
static void test_forwarded(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST] = {0};
	struct pci_device found[PCI_FUNCTIONS];
	uint32_t size;

	(void)state;
	functions[1].words[PCI_MEMORY / 4] = 0xfeb0fea0;
	functions[1].mask[PCI_MEMORY / 4] = 0xfff0fff0;
	functions[1].words[PCI_PREFETCHABLE / 4] = 0xfe91fe81;
	functions[1].words[PCI_PREFETCHABLE / 4 + 1] = 7;
	functions[1].words[PCI_PREFETCHABLE / 4 + 2] = 7;
	size = pci_scan(&bus, d);
	assert_int_equal(d[1].window[PCI_WINDOW_FORWARDED], 0xfea00000);
	assert_int_equal(d[1].window_size[PCI_WINDOW_FORWARDED], 0x200000);
	assert_int_equal(d[1].window[PCI_WINDOW_PREFETCHABLE], 0x7fe800000);
	assert_int_equal(d[1].window_size[PCI_WINDOW_PREFETCHABLE], 0x200000);
	assert_int_equal(pci_free_address(d, size, 0x1000, 0xe0000000, 0xfec00000), 0xfe9ff000);
	assert_int_equal(pci_free_address(d, size, 0x1000, 0xfea00000, 0xfec00000), 0xfebff000);
	assert_int_equal(pci_free_address(d, size, 0x200000, 0xfea00000, 0xfec00000), 0xfea00000);
	assert_int_equal(pci_free_address(d, size, 0x400000, 0xfea00000, 0xfec00000), 0);
	pci_place_forwarded(&bus, &d[1], 0xe0000000, 0x300000);
	assert_int_equal(functions[1].words[PCI_MEMORY / 4], 0xe020e000);
	assert_int_equal(d[1].window_size[PCI_WINDOW_FORWARDED], 0x300000);
	functions[1].words[PCI_PREFETCHABLE / 4] = 0xfeb0fea0;
	(void)pci_scan(&bus, d);
	assert_int_equal(pci_free_address(d, size, 0x1000, 0xf0000000, 0xfec00000), 0xfe9ff000);
	assert_int_equal(pci_bridge_bus(&bus, &d[1]), 1);
	assert_int_equal(pci_scan_device(&bus, 0x100, found), 2);
	assert_int_equal(found[1].address, 0x102);
	assert_int_equal(pci_scan_device(&bus, 0x0008, found), 1); /* not what is behind it */
	assert_int_equal(pci_scan_device(&bus, 0x200, found), 0);
}

/* Behind a bridge's two windows are its buses and what it forwards: neither measured nor written.
 */
static void test_bridge_windows(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];
	struct function *f = &functions[1];

	(void)state;
	set_window(f, 0, 0xfe800000, 0x1000);
	set_window(f, 1, 0xfe900004, 0x1000); /* it says that it is wide */
	f->mask[PCI_BUSES / 4] = UINT32_MAX;
	f->mask[PCI_MEMORY / 4] = UINT32_MAX;
	f->words[PCI_MEMORY / 4] = 0xfeb0fea0;
	assert_int_equal(pci_scan(&bus, d), 4);
	assert_int_equal(d[1].window_size[0], 0x1000);
	assert_int_equal(d[1].window[1], 0xfe900000);
	assert_int_equal(d[1].window_size[1], 0x1000);
	pci_place_window(&bus, &d[1], 1, 0xfea00000);
	assert_int_equal(f->words[PCI_BUSES / 4], 0x00010100);
	assert_int_equal(f->words[PCI_MEMORY / 4], 0xfeb0fea0);
}

static void test_command(void **state)
{
	(void)state;
	pci_set_master(&bus, 0x100, true);
	assert_int_equal(functions[2].words[PCI_COMMAND / 4] & 0xffff, 0x407);
	pci_set_master(&bus, 0x100, false);
	assert_int_equal(functions[2].words[PCI_COMMAND / 4] & 0xffff, 0x403);
}

/* A bridge to its own bus, a list of capabilities that goes round. */
static void test_loops(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];

	(void)state;
	functions[1].words[PCI_BUSES / 4] = 0;
	functions[2].address = 0x0010;
	functions[2].words[0x40 / 4] = 0x00004009;
	assert_int_equal(pci_scan(&bus, d), 3);
	assert_int_equal(d[2].interrupt, PCI_INTERRUPT_NONE);
}

/* Whatever devices say: it ends, and stays within bounds. */
static void test_nonsense(void **state)
{
	struct pci_device d[PCI_DEVICES_MOST];

	(void)state;
	is_random = true;
	for (unsigned i = 0; i < 20; i++) {
		struct pci_msi_x msi_x;

		srand(i);
		assert_true(pci_scan(&bus, d) <= PCI_DEVICES_MOST);
		for (unsigned k = 0; k < PCI_DEVICES_MOST; k++)
			(void)!pci_msi_x(&bus, &d[k], (uint32_t)rand(), &msi_x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_scan, make_bus),
		cmocka_unit_test_setup(test_msi_x, make_bus),
		cmocka_unit_test_setup(test_place, make_bus),
		cmocka_unit_test_setup(test_forwarded, make_bus),
		cmocka_unit_test_setup(test_bridge_windows, make_bus),
		cmocka_unit_test_setup(test_command, make_bus),
		cmocka_unit_test_setup(test_loops, make_bus),
		cmocka_unit_test_setup(test_nonsense, make_bus),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
