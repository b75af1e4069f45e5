// SPDX-License-Identifier: MIT OR Apache-2.0
/* See plug.h. Slot n has bit n of the notification. */
#include "plug.h"

#include "config.h"
#include "confine.h"
#include "drivers.h"
#include "interrupt.h"
#include "table.h"
#include "windows.h"

#include <abi/syscall.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/service.h>

#define WINDOW_BYTES 0x200000u /* that a port should forward */
#define BUSES        256u

static uint64_t deadlines[TABLE_SLOTS]; /* 0: at once */

/* --- what lies behind a port --------------------------------------------------------------------
 */

static uint32_t last_bus_behind(const struct pci_device *port)
{
	return config_bus.read(config_bus.self, port->address, PCI_BUSES) >> 16 & 0xff;
}

/* Whether a device lies behind the slot's port. */
static bool is_in(const struct slot *slot, uint32_t index)
{
	const struct pci_device *port = &table->devices[slot->port];
	uint32_t bus = table->devices[index].address >> 8;
	uint32_t first = pci_bridge_bus(&config_bus, port);

	return table->uses[index].state != DEVICE_FREE && first != 0 && bus >= first &&
	       bus <= last_bus_behind(port);
}

static bool has_device(const struct slot *slot)
{
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (is_in(slot, i))
			return true;
	}
	return false;
}

static bool is_held(const struct slot *slot)
{
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (is_in(slot, i) && table->uses[i].state == DEVICE_LEAVING)
			return true;
	}
	return false;
}

static uint32_t free_bus(void)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		const struct pci_device *d = &table->devices[i];
		uint32_t behind = 0;

		if (table->uses[i].state == DEVICE_FREE)
			continue;
		if (d->header == PCI_HEADER_BRIDGE)
			behind = last_bus_behind(d);
		if (behind < (uint32_t)d->address >> 8)
			behind = (uint32_t)d->address >> 8;
		if (last < behind)
			last = behind;
	}
	return last + 1 < BUSES ? last + 1 : 0;
}

/* --- ports --------------------------------------------------------------------------------------
 */

/* A bus and room for a device, where the firmware left none; it does so for those on bus 0. */
static void prepare_port(const struct slot *slot)
{
	struct pci_device *port = &table->devices[slot->port];
	uint64_t place;

	pci_set_master(&config_bus, port->address, true);
	if (port->address >> 8 != 0)
		return;
	if (pci_bridge_bus(&config_bus, port) == 0)
		config_bus.write(config_bus.self, port->address, PCI_BUSES, free_bus() * 0x10100);
	if (port->window_size[PCI_WINDOW_FORWARDED] >= WINDOW_BYTES || has_device(slot))
		return;
	place = windows_find_free(WINDOW_BYTES);
	if (place != 0)
		pci_place_forwarded(&config_bus, port, place, WINDOW_BYTES);
}

/* Part of the transaction that finds the devices. */
void plug_find(void)
{
	for (uint32_t i = 0; i < PCI_DEVICES_MOST && table->slot_count < TABLE_SLOTS; i++) {
		struct slot *slot = &table->slots[table->slot_count];

		if (table->uses[i].state == DEVICE_FREE ||
			!slot_find(&config_bus, &table->devices[i], slot))
			continue;
		table->slot_count++;
		slot->port = (uint8_t)i;
		prepare_port(slot);
		slot_begin(&config_bus, slot, has_device(slot));
	}
}

/* A port that cannot interrupt is looked at from time to time. */
static void listen(uint32_t number)
{
	struct slot *slot = &table->slots[number];
	handle_t irq;
	status_t status = table->devices[slot->port].interrupt == PCI_INTERRUPT_NONE
				  ? ERR_NOT_SUPPORTED
				  : interrupt_make(slot->port, &irq);

	if (status == OK)
		status = irq_bind(irq, service_start()->handles[PROCESS_SLOT_NOTIFICATION],
			(uint64_t)1 << number);
	if (status == OK) {
		(void)!irq_acknowledge(irq);
		status = interrupt_on(slot->port, slot_message(&config_bus, slot));
	}
	ESTATE_SET(slot->has_interrupt, status == OK);
}

/* --- devices come -------------------------------------------------------------------------------
 */

/* Behind a port there is one device, number 0. */
static bool add_devices(const struct slot *slot)
{
	static struct pci_device found[PCI_FUNCTIONS];
	uint32_t bus = pci_bridge_bus(&config_bus, &table->devices[slot->port]);
	uint32_t count = bus != 0 ? pci_scan_device(&config_bus, (uint16_t)(bus << 8), found) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = table_add(&found[i]);

		if (index == PCI_DEVICES_MOST) {
			debug_print("devices: no room for another device\n");
			break;
		}
		windows_place(index);
	}
	return count > 0;
}

/* --- devices go ---------------------------------------------------------------------------------
 */

static void quiet(uint32_t index)
{
	interrupt_off(index);
	pci_set_master(&config_bus, table->devices[index].address, false);
	confine_detach(index);
}

/* Those that no driver has go at once. */
static void tell_devices(const struct slot *slot)
{
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (!is_in(slot, i) || table->uses[i].state != DEVICE_THERE)
			continue;
		if (table->devices[i].owner == 0)
			table_remove(i);
		else
			ESTATE_SET(table->uses[i].state, DEVICE_LEAVING);
	}
}

/* A driver that has not let go in time keeps the number, but nothing else. */
static void remove_devices(const struct slot *slot)
{
	windows_take_back(slot->port);
	for (uint32_t i = 0; i < PCI_DEVICES_MOST; i++) {
		if (!is_in(slot, i) || table->uses[i].state != DEVICE_LEAVING)
			continue;
		quiet(i);
		interrupt_drop(i);
		ESTATE_SET(table->devices[i], (struct pci_device){0});
		ESTATE_SET(table->uses[i].state, DEVICE_GONE);
	}
}

void plug_released(uint32_t index)
{
	for (uint32_t i = 0; i < table->slot_count; i++) {
		if (is_in(&table->slots[i], index))
			deadlines[i] = 0;
	}
	if (table->uses[index].state != DEVICE_GONE) {
		quiet(index);
		interrupt_drop(index);
	}
	table_remove(index);
}

/* --- steps --------------------------------------------------------------------------------------
 */

static bool take(struct slot *slot, enum slot_event event, uint64_t now)
{
	bool is_found;

	switch (event) {
	case SLOT_LOOK:
		is_found = add_devices(slot);
		slot_looked(slot, now, is_found);
		return is_found;
	case SLOT_LEAVES:
		tell_devices(slot);
		return true;
	case SLOT_GONE:
		remove_devices(slot);
		return false;
	case SLOT_NOTHING:
		break;
	}
	return false;
}

static void step(uint32_t number)
{
	struct slot *slot = &table->slots[number];
	uint64_t now = time_now();
	enum slot_event event;
	uint16_t seen;
	bool is_changed;

	estate_save(slot, sizeof(*slot));
	event = slot_decide(&config_bus, slot, now, is_held(slot), &seen);
	is_changed = take(slot, event, now);
	estate_commit();
	deadlines[number] = slot_act(&config_bus, slot, now, is_held(slot), seen);
	if (is_changed)
		drivers_tell();
}

void plug_notified(uint64_t bits)
{
	for (uint32_t i = 0; i < table->slot_count; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		(void)!irq_acknowledge(handle_of(IRQ_SLOT + table->slots[i].port,
			table->uses[table->slots[i].port].irq_tag));
		step(i);
	}
}

uint64_t plug_deadline(void)
{
	uint64_t next = ABI_DEADLINE_NEVER;

	for (uint32_t i = 0; i < table->slot_count; i++) {
		if (deadlines[i] < next)
			next = deadlines[i];
	}
	return next == 0 ? 1 : next; /* long ago */
}

void plug_expired(void)
{
	for (uint32_t i = 0; i < table->slot_count; i++) {
		if (deadlines[i] <= time_now())
			step(i);
	}
}

/* Whatever an instance before has not said, or not seen, is said and seen now. */
void plug_start(void)
{
	for (uint32_t i = 0; i < table->slot_count; i++) {
		listen(i);
		estate_commit();
		deadlines[i] = 0;
	}
	if (table->slot_count > 0)
		drivers_tell();
	else
		drivers_start();
}
