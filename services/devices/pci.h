// SPDX-License-Identifier: MIT OR Apache-2.0
/* PCI devices: finding them and what they have (PCI Local Bus 3.0, chapter 6; PCI-to-PCI
 * Bridge 1.2). What devices say is not believed: addresses and lists are checked, bridges are not
 * followed twice. Tests: tests/host/services/pci_test.c */
#pragma once

#include <abi/protocol/devices.h>
#include <craton/runtime.h>

#define PCI_DEVICES_MOST 64u
#define PCI_WINDOWS      6u

#define PCI_BRIDGE_WINDOWS 2u

/* Of a bridge, behind its two own: the memory that it forwards. */
#define PCI_WINDOW_FORWARDED    2u
#define PCI_WINDOW_PREFETCHABLE 3u

enum pci_interrupt { PCI_INTERRUPT_NONE, PCI_INTERRUPT_MSI_X, PCI_INTERRUPT_MSI };

enum pci_register {
	PCI_VENDOR = 0x00,
	PCI_COMMAND = 0x04, /* with the status above */
	PCI_CLASS = 0x08,
	PCI_HEADER = 0x0c,
	PCI_WINDOW = 0x10,
	PCI_BUSES = 0x18,  /* of a bridge: its own bus, the one behind it, the last one behind it */
	PCI_MEMORY = 0x20, /* of a bridge: what it forwards */
	PCI_PREFETCHABLE = 0x24,
	PCI_SUBSYSTEM = 0x2c,
	PCI_CAPABILITIES = 0x34,
};

enum pci_command {
	PCI_COMMAND_PORTS = 1,
	PCI_COMMAND_MEMORY = 2,
	PCI_COMMAND_MASTER = 4,
	PCI_COMMAND_NO_LINE = 0x400,
};

enum pci_capability {
	PCI_CAPABILITY_MSI = 0x05,
	PCI_CAPABILITY_EXPRESS = 0x10,
	PCI_CAPABILITY_MSI_X = 0x11,
};

enum pci_header { PCI_HEADER_DEVICE, PCI_HEADER_BRIDGE };

/* Configuration space, in words of 4 bytes; halves of them are written where a register beside
 * must not be. */
struct pci_bus {
	void *self;
	uint32_t (*read)(void *self, uint16_t address, uint32_t offset);
	void (*write)(void *self, uint16_t address, uint32_t offset, uint32_t value);
	void (*write16)(void *self, uint16_t address, uint32_t offset, uint16_t value);
};

/* How many registers say where a function's own windows lie; what is behind them is something else.
 */
static inline uint32_t pci_window_count(const struct pci_device *device)
{
	if (device->header == PCI_HEADER_DEVICE)
		return PCI_WINDOWS;
	return device->header == PCI_HEADER_BRIDGE ? PCI_BRIDGE_WINDOWS : 0;
}

/* Finds all devices; windows are measured while the device does not answer. */
uint32_t pci_scan(const struct pci_bus *bus, struct pci_device devices[PCI_DEVICES_MOST]);

/* The bus behind a bridge. */
uint32_t pci_bridge_bus(const struct pci_bus *bus, const struct pci_device *bridge);

/* The functions of one device, at most 8; a bridge among them is not followed. */
#define PCI_FUNCTIONS 8u
uint32_t pci_scan_device(
	const struct pci_bus *bus, uint16_t address, struct pci_device functions[PCI_FUNCTIONS]);

/* The offset of a capability; 0: it has none. */
uint32_t pci_find_capability(const struct pci_bus *bus, uint16_t address, uint8_t id);

/* Says where a memory window lies from now on. */
void pci_place_window(
	const struct pci_bus *bus, struct pci_device *device, uint32_t window, uint64_t physical);

/* Says what memory a bridge forwards from now on, in MiB below 4 GiB. */
void pci_place_forwarded(
	const struct pci_bus *bus, struct pci_device *bridge, uint64_t begin, uint64_t size);

/* An address for a window (size: a power of two, at least 4 KiB) at which no device has one, as
 * high as possible below `end` and from `begin` on; 0: there is none. What a bridge forwards is
 * taken, but for a search in it. */
uint64_t pci_free_address(const struct pci_device *devices, uint32_t count, uint64_t size,
	uint64_t begin, uint64_t end);

/* The device may reach memory, or not. Its registers answer, its interrupt line is off. */
void pci_set_master(const struct pci_bus *bus, uint16_t address, bool on);

struct pci_msi_x {
	uint32_t capability; /* offset */
	uint32_t window;     /* where the entry lies */
	uint32_t offset;     /* in it */
};
/* The entry of message `number`. ERR_CORRUPT: it does not lie in a window. */
[[nodiscard]] status_t pci_msi_x(const struct pci_bus *bus, const struct pci_device *device,
	uint32_t number, struct pci_msi_x *msi_x);
void pci_msi_x_enable(const struct pci_bus *bus, const struct pci_device *device, bool on);

/* One vector of MSI, and MSI as a whole. */
void pci_msi_set(
	const struct pci_bus *bus, const struct pci_device *device, uint64_t target, uint32_t data);
void pci_msi_enable(const struct pci_bus *bus, const struct pci_device *device, bool on);
