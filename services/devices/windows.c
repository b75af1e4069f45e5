// SPDX-License-Identifier: MIT OR Apache-2.0
/* See windows.h. */
#include "windows.h"

#include "config.h"
#include "registers.h"
#include "table.h"

#include <craton/estate.h>

#define HOLE_BEGIN 0xe0000000u /* where windows are placed that the firmware did not place well */
#define HOLE_END   0xfec00000u
#define PAGE       4096u
#define PAGE_ORDER 12u

struct region {
	uint64_t begin;
	uint64_t end;
};

/* Where windows of a device can lie: what the bridge before it forwards, if there is one. */
static struct region region_of(const struct pci_device *d)
{
	for (uint32_t i = 0; d->address >> 8 != 0 && i < PCI_DEVICES_MOST; i++) {
		const struct pci_device *bridge = &table->devices[i];
		uint64_t begin = bridge->window[PCI_WINDOW_FORWARDED];

		if (table->uses[i].state == DEVICE_THERE && bridge->header == PCI_HEADER_BRIDGE &&
			pci_bridge_bus(&config_bus, bridge) == d->address >> 8)
			return (struct region){
				begin, begin + bridge->window_size[PCI_WINDOW_FORWARDED]};
	}
	return (struct region){HOLE_BEGIN, HOLE_END};
}

/* The highest place that is free; configuration space is not. */
static uint64_t find_free(uint64_t size, struct region region)
{
	uint64_t config_size;
	uint64_t config = config_place(&config_size);
	uint64_t place =
		pci_free_address(table->devices, PCI_DEVICES_MOST, size, region.begin, region.end);

	if (place == 0 || place >= config + config_size || config >= place + size)
		return place;
	return pci_free_address(table->devices, PCI_DEVICES_MOST, size, region.begin, config);
}

uint64_t windows_find_free(uint64_t size)
{
	return find_free(size, (struct region){HOLE_BEGIN, HOLE_END});
}

unsigned window_order(uint32_t index, uint32_t window)
{
	uint64_t size = table->devices[index].window_size[window];

	return size <= PAGE ? PAGE_ORDER : 63 - (unsigned)__builtin_clzll(size);
}

static status_t move(uint32_t index, uint32_t window)
{
	struct pci_device *d = &table->devices[index];
	uint64_t place = find_free((uint64_t)1 << window_order(index, window), region_of(d));

	if (place == 0)
		return ERR_NO_SPACE;
	estate_save(d, sizeof(*d));
	pci_place_window(&config_bus, d, window, place);
	return OK;
}

status_t window_frame(uint32_t index, uint32_t window, handle_t *frame)
{
	const struct pci_device *d = &table->devices[index];
	unsigned order = window_order(index, window);
	uint64_t place = d->window[window];
	status_t status = ERR_NOT_FOUND;

	if (place != 0 && place < HOLE_END && place % PAGE == 0)
		status = registers_frame(place, order, frame);
	if (status != ERR_NOT_FOUND)
		return status;
	status = move(index, window);
	return status == OK ? registers_frame(d->window[window], order, frame) : status;
}

/* One for which there is no place is not found by whoever asks for it. */
void windows_place(uint32_t index)
{
	struct pci_device *d = &table->devices[index];

	estate_save(d, sizeof(*d));
	for (uint32_t i = 0; i < pci_window_count(d); i++)
		d->window[i] = 0;
	for (uint32_t i = 0; i < pci_window_count(d); i++) {
		if (d->window_size[i] != 0 && (d->window_size[i] & 1) == 0)
			(void)!move(index, i);
	}
}

void windows_take_back(uint32_t bridge)
{
	const struct pci_device *d = &table->devices[bridge];
	uint64_t begin = d->window[PCI_WINDOW_FORWARDED];

	if (begin != 0)
		registers_take_back(begin, d->window_size[PCI_WINDOW_FORWARDED]);
}
