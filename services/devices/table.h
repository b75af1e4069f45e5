// SPDX-License-Identifier: MIT OR Apache-2.0
/* What the device manager knows, in its estate: devices, which driver has which, and the slots in
 * which they come and go. A device stays where it is in the list; a driver's device keeps its
 * number (`nth`) until the driver has released it. */
#pragma once

#include "pci.h"
#include "slot.h"

#define TABLE_SLOTS 16u  /* that are watched */
#define IRQ_SLOT    768u /* of the CNode, + place of a device in the list */

enum device_state : uint8_t {
	DEVICE_FREE, /* there is none at this place of the list */
	DEVICE_THERE,
	DEVICE_LEAVING, /* its driver has been told */
	DEVICE_GONE,    /* the same, but the device is not there any more */
};

/* Beside each device. */
struct device_use {
	enum device_state state;
	uint8_t driver; /* number of the service whose `nth` device it is; 0: it has no number */
	uint8_t nth;    /* of the driver's devices */
	uint8_t faults; /* in the minute from `faults_since` on: see confine.c */
	uint32_t irq_is_there;
	uint64_t irq_tag;
	uint64_t irq_target;
	uint64_t irq_data;
	uint64_t faults_since;
	uint64_t is_to_stop;
};

struct table {
	uint32_t is_scanned;
	uint32_t slot_count;
	uint32_t restarts; /* of drivers, so far: see confine.c */
	uint32_t reserved;
	struct pci_device devices[PCI_DEVICES_MOST];
	struct device_use uses[PCI_DEVICES_MOST];
	struct slot slots[TABLE_SLOTS];
};

extern struct table *table;

/* Looks for all devices, once. */
void table_scan(void);

/* A place of the list for a new device, or PCI_DEVICES_MOST. */
uint32_t table_add(const struct pci_device *device);
void table_remove(uint32_t index);

/* There is a device that the manifest of this service matches. Words of the message are gone
 * afterwards, here and below. */
[[nodiscard]] bool table_has_device_for(uint64_t driver);

/* The name of a driver that has, or had, devices. */
const char *table_driver_name(uint64_t driver);

/* The driver of no PCI device starts if there is a boot option with its name. */
[[nodiscard]] bool table_is_asked_for(uint64_t driver);

/* The nth device of the driver whose service has this badge: they have numbers from 0 on, as its
 * manifest matches them. ERR_ACCESS; ERR_NOT_FOUND. */
[[nodiscard]] status_t table_find(uint64_t badge, uint64_t nth, uint32_t *index);
