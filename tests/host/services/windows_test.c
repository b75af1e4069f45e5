// SPDX-License-Identifier: MIT OR Apache-2.0
/* Where windows of devices are placed: beside others, not where configuration space is, and of a
 * bridge only those that it has. Configuration space is reached through ports. */
#include "windows.h"

#include "config.h"
#include "registers.h"
#include "table.h"

#include <abi/syscall.h>
#include <craton/service.h>

#include "estate_host.h"

#define ECAM     0xfe000000u
#define BRIDGE   1u
#define BUS_SIZE 0x100000u

static struct process_start start_page;
static struct table own;
struct table *table = &own;
static uint32_t words[64]; /* of the bridge */
static uint32_t selected;
static status_t map_status;

const struct process_start *service_start(void)
{
	return &start_page;
}

/* --- the machine --------------------------------------------------------------------------------
 */

status_t fake_port_out(handle_t port, uint64_t number, uint64_t size, uint64_t value)
{
	(void)port;
	if (number == 0xcf8)
		selected = (uint32_t)value;
	else if ((selected >> 8 & 0xffff) == BRIDGE << 3 && size == 4)
		words[(selected & 0xfc) / 4] = (uint32_t)value;
	return OK;
}

status_t fake_port_in(handle_t port, uint64_t number, uint64_t size, uint64_t *value)
{
	(void)port;
	(void)number;
	(void)size;
	*value =
		(selected >> 8 & 0xffff) == BRIDGE << 3 ? words[(selected & 0xfc) / 4] : UINT32_MAX;
	return OK;
}

status_t registers_map(uint64_t place, unsigned order, uint32_t number, uint64_t address)
{
	(void)place;
	(void)order;
	(void)number;
	(void)address;
	return map_status;
}

status_t registers_frame(uint64_t place, unsigned order, handle_t *frame)
{
	(void)place;
	(void)order;
	*frame = 1;
	return OK;
}

void registers_take_back(uint64_t begin, uint64_t size)
{
	(void)begin;
	(void)size;
}

static int make(void **state)
{
	(void)state;
	memset(&own, 0, sizeof(own));
	memset(words, 0, sizeof(words));
	(void)estate_host_new(1u << 20);
	start_page.ecam = ECAM;
	start_page.ecam_size = 8 * BUS_SIZE;
	map_status = ERR_NOT_FOUND;
	config_open();
	return 0;
}

/* --- tests --------------------------------------------------------------------------------------
 */

/* It is there, whether it could be mapped or not. */
static void test_place_of_configuration(void **state)
{
	uint64_t size;

	(void)state;
	assert_int_equal(config_bytes(), 256);
	assert_int_equal(config_place(&size), ECAM);
	assert_int_equal(size, 8 * BUS_SIZE);
	for (uint64_t bytes = 0x1000; bytes <= 0x1000000; bytes *= 2) {
		uint64_t place = windows_find_free(bytes);

		assert_true(place != 0);
		assert_true(place + bytes <= ECAM || place >= ECAM + 8 * BUS_SIZE);
	}
	start_page.ecam = 0;
	assert_int_equal(config_place(&size), 0);
	assert_int_equal(size, 0);
	assert_int_equal(windows_find_free(BUS_SIZE), 0xfeb00000);
}

/* A bridge that is plugged in, and claims what it forwards: that is no window of its own. */
static void test_bridge(void **state)
{
	struct pci_device *d = &own.devices[3];

	(void)state;
	*d = (struct pci_device){
		.address = BRIDGE << 3,
		.header = PCI_HEADER_BRIDGE,
		.window = {0, 0, 0xe8000000, 0xe9000000},
		.window_size = {0x1000, 0x2000, 0x200000, 0x100000},
	};
	own.uses[3].state = DEVICE_THERE;
	words[PCI_BUSES / 4] = 0x00020100;
	words[PCI_MEMORY / 4] = 0xe810e800;
	words[PCI_PREFETCHABLE / 4 - 1] = 0xe810e800;
	windows_place(3);
	assert_true(d->window[0] >= 0xe0000000 && d->window[0] < 0xfec00000);
	assert_true(d->window[1] >= 0xe0000000 && d->window[1] < 0xfec00000);
	assert_int_equal(d->window[PCI_WINDOW_FORWARDED], 0xe8000000);
	assert_int_equal(d->window[PCI_WINDOW_PREFETCHABLE], 0xe9000000);
	assert_int_equal(words[PCI_BUSES / 4], 0x00020100);
	assert_int_equal(words[PCI_MEMORY / 4], 0xe810e800);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_place_of_configuration, make),
		cmocka_unit_test_setup(test_bridge, make),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
