// SPDX-License-Identifier: MIT OR Apache-2.0
/* ACPI's DMAR table: which IOMMU a device is behind, for whom the firmware keeps memory, and
 * bridges that hide who asks. Tables that are cut or lie are refused. */
#include "dmar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT(bus, device, function) ((uint16_t)((bus) << 8 | (device) << 3 | (function)))

/* Bus 0: a root port to bus 1, whose device 0 is an upstream port to 2, with a downstream port to
 * 3; and a bridge to PCI, bus 5, with another one to 6. */
static const struct bridge {
	uint16_t address;
	uint8_t behind;
	uint8_t last;
	uint8_t kind; /* of an Express port; 0: it is none */
} bridges[] = {
	{AT(0, 1, 0), 1, 3, 4},
	{AT(1, 0, 0), 2, 3, 5},
	{AT(2, 4, 0), 3, 3, 6},
	{AT(0, 2, 0), 5, 6, 7},
	{AT(5, 1, 0), 6, 6, 0},
};
#define BRIDGES (sizeof(bridges) / sizeof(bridges[0]))

static uint32_t fake_read(void *self, uint16_t address, uint32_t offset)
{
	(void)self;
	for (size_t i = 0; i < BRIDGES; i++) {
		const struct bridge *b = &bridges[i];

		if (b->address != address)
			continue;
		switch (offset) {
		case PCI_COMMAND:
			return b->kind != 0 ? 0x100000 : 0;
		case PCI_BUSES:
			return (uint32_t)b->last << 16 | (uint32_t)b->behind << 8 | address >> 8;
		case PCI_CAPABILITIES:
			return 0x40;
		case 0x40:
			return (uint32_t)b->kind << 20 | PCI_CAPABILITY_EXPRESS;
		default:
			return 0;
		}
	}
	return UINT32_MAX;
}

static const struct pci_bus bus = {nullptr, fake_read, nullptr, nullptr};

/* --- tables ------------------------------------------------------------------------------------
 */

static uint8_t bytes[512];
static size_t used;

static int setup(void **state)
{
	(void)state;
	memset(bytes, 0, sizeof(bytes));
	used = 48;
	return 0;
}

static struct dmar table(void)
{
	return (struct dmar){bytes, used};
}

/* Scopes follow; `size`: of the structure without them. */
static uint8_t *add(uint32_t type, uint32_t size)
{
	uint8_t *s = bytes + used;

	s[0] = (uint8_t)type;
	s[2] = (uint8_t)size;
	used += size;
	return s;
}

static uint8_t *add_unit(uint64_t registers, bool all)
{
	uint8_t *s = add(0, 16);

	s[4] = all ? 1 : 0;
	memcpy(s + 8, &registers, sizeof(registers));
	return s;
}

static void add_scope(uint8_t *structure, uint8_t type, uint8_t number, unsigned hops, ...)
{
	uint8_t *scope = bytes + used;
	va_list list;

	scope[0] = type;
	scope[1] = (uint8_t)(6 + 2 * hops);
	scope[5] = number;
	va_start(list, hops);
	for (unsigned i = 0; i < 2 * hops; i++)
		scope[6 + i] = (uint8_t)va_arg(list, int);
	va_end(list);
	structure[2] = (uint8_t)(structure[2] + scope[1]);
	used += scope[1];
}

static uint64_t unit_of(uint16_t address)
{
	struct dmar dmar = table();
	uint64_t registers = 0;

	assert_int_equal(dmar_check(&dmar), OK);
	return dmar_find_unit(&dmar, &bus, address, &registers) ? registers : 0;
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void test_units(void **state)
{
	uint8_t *s;

	(void)state;
	assert_int_equal(unit_of(AT(0, 3, 0)), 0);
	s = add_unit(0x1000, false);
	add_scope(s, 1, 0, 1, 3, 0);       /* 00:03.0 */
	add_scope(s, 1, 0, 2, 1, 0, 0, 1); /* behind the root port: 01:00.1 */
	add_scope(s, 3, 0, 1, 7, 0);       /* an I/O APIC, which is no device here */
	s = add_unit(0x2000, false);
	add_scope(s, 2, 0, 2, 1, 0, 0, 0); /* the upstream port, and all behind it */
	s = add_unit(0x3000, false);
	s[6] = 1; /* of another segment */
	add_scope(s, 1, 0, 1, 4, 0);
	(void)add(5, 8); /* of a kind that is not known */
	assert_int_equal(unit_of(AT(0, 3, 0)), 0x1000);
	assert_int_equal(unit_of(AT(0, 3, 1)), 0);
	assert_int_equal(unit_of(AT(1, 0, 1)), 0x1000);
	assert_int_equal(unit_of(AT(0, 7, 0)), 0);
	assert_int_equal(unit_of(AT(1, 0, 0)), 0x2000);
	assert_int_equal(unit_of(AT(2, 4, 0)), 0x2000);
	assert_int_equal(unit_of(AT(3, 0, 0)), 0x2000);
	assert_int_equal(unit_of(AT(0, 4, 0)), 0);
	(void)add_unit(0x4000, true);
	assert_int_equal(unit_of(AT(0, 4, 0)), 0x4000);
	assert_int_equal(unit_of(AT(5, 0, 0)), 0x4000);
	assert_int_equal(unit_of(AT(3, 0, 0)), 0x2000);
}

static void test_reserved(void **state)
{
	struct dmar dmar;

	(void)state;
	(void)add_unit(0x4000, true);
	add_scope(add(1, 24), 1, 0, 1, 0x1d, 0);
	dmar = table();
	assert_int_equal(dmar_check(&dmar), OK);
	assert_true(dmar_is_reserved(&dmar, &bus, AT(0, 0x1d, 0)));
	assert_false(dmar_is_reserved(&dmar, &bus, AT(0, 0x1d, 1)));
	assert_false(dmar_is_reserved(&dmar, &bus, AT(0, 3, 0)));
}

static void test_cut(void **state)
{
	size_t whole;

	(void)state;
	add_scope(add_unit(0x1000, false), 1, 0, 2, 1, 0, 0, 0);
	add_scope(add(1, 24), 1, 0, 1, 0x1d, 0);
	whole = used;
	for (size_t size = 0; size <= whole; size++) {
		struct dmar dmar = {bytes, size};
		bool is_right = size == 48 || size == 48 + 26 || size == whole;

		assert_int_equal(dmar_check(&dmar), is_right ? OK : ERR_CORRUPT);
	}
}

static void test_wrong(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} lies[] = {{48 + 2, 0}, {48 + 2, 15}, {48 + 2, 25}, {48 + 17, 0}, {48 + 17, 5},
		{48 + 17, 7}, {48 + 17, 12}, {48 + 3, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct dmar dmar;

		(void)setup(nullptr);
		add_scope(add_unit(0x1000, false), 1, 0, 2, 1, 0, 0, 0);
		bytes[lies[i].at] = lies[i].value;
		dmar = table();
		assert_int_equal(dmar_check(&dmar), ERR_CORRUPT);
	}
}

static void test_shared_numbers(void **state)
{
	struct pci_device devices[BRIDGES + 1] = {0};

	(void)state;
	for (size_t i = 0; i < BRIDGES; i++)
		devices[i] = (struct pci_device){
			.address = bridges[i].address, .header = PCI_HEADER_BRIDGE};
	assert_false(dmar_shares_number(&bus, devices, BRIDGES, AT(0, 3, 0)));
	assert_false(dmar_shares_number(&bus, devices, BRIDGES, AT(1, 0, 0)));
	assert_false(dmar_shares_number(&bus, devices, BRIDGES, AT(3, 0, 0)));
	assert_true(dmar_shares_number(&bus, devices, BRIDGES, AT(5, 0, 0)));
	assert_true(dmar_shares_number(&bus, devices, BRIDGES, AT(6, 0, 0)));
	assert_true(dmar_shares_number(&bus, devices, BRIDGES, AT(9, 0, 0))); /* by whom? */
	assert_true(dmar_shares_number(&bus, devices, 0, AT(1, 0, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_units, setup),
		cmocka_unit_test_setup(test_reserved, setup),
		cmocka_unit_test_setup(test_cut, setup),
		cmocka_unit_test_setup(test_wrong, setup),
		cmocka_unit_test_setup(test_shared_numbers, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
