// SPDX-License-Identifier: MIT OR Apache-2.0
/* PCI devices: see pci.h. */
#include "pci.h"

#define DEVICES           32u
#define MULTI_FUNCTION    0x80u
#define HAS_CAPABILITIES  0x100000u /* of PCI_COMMAND */
#define CAPABILITY_LOW    0x40u
#define CAPABILITIES_MOST 48u
#define WINDOW_PORTS      1u
#define WINDOW_64_BIT     4u
#define PORTS_MASK        0xfffffffcu
#define MEMORY_MASK       0xfffffff0u
#define PAGE              4096u
#define FORWARDED_WIDE    1u
#define MSI_X_ENABLE      0x80000000u /* of the capability's first word */
#define MSI_X_MASK_ALL    0x40000000u
#define MSI_X_ENTRY       16u
#define MSI_X_LAST        0x7ffu
#define MSI_ENABLE        0x10000u
#define MSI_64_BIT        0x800000u
#define MSI_COUNT         0x700000u /* vectors that it may use */

static uint32_t get(const struct pci_bus *bus, uint16_t address, uint32_t offset)
{
	return bus->read(bus->self, address, offset);
}

static void set(const struct pci_bus *bus, uint16_t address, uint32_t offset, uint32_t value)
{
	bus->write(bus->self, address, offset, value);
}

/* The status bits above the command are cleared by ones: none is written. */
void pci_set_master(const struct pci_bus *bus, uint16_t address, bool on)
{
	uint32_t command = get(bus, address, PCI_COMMAND) & 0xffff & ~(uint32_t)PCI_COMMAND_MASTER;

	command |= PCI_COMMAND_NO_LINE | PCI_COMMAND_MEMORY;
	if (on)
		command |= PCI_COMMAND_MASTER;
	set(bus, address, PCI_COMMAND, command);
}

/* --- capabilities ------------------------------------------------------------------------------
 */

uint32_t pci_find_capability(const struct pci_bus *bus, uint16_t address, uint8_t id)
{
	uint32_t offset = get(bus, address, PCI_CAPABILITIES) & 0xfc;

	if ((get(bus, address, PCI_COMMAND) & HAS_CAPABILITIES) == 0)
		return 0;
	for (unsigned i = 0; i < CAPABILITIES_MOST && offset >= CAPABILITY_LOW; i++) {
		uint32_t word = get(bus, address, offset);

		if ((word & 0xff) == id)
			return offset;
		offset = word >> 8 & 0xfc;
	}
	return 0;
}

static uint8_t interrupt_of(const struct pci_bus *bus, uint16_t address)
{
	if (pci_find_capability(bus, address, PCI_CAPABILITY_MSI_X) != 0)
		return PCI_INTERRUPT_MSI_X;
	return pci_find_capability(bus, address, PCI_CAPABILITY_MSI) != 0 ? PCI_INTERRUPT_MSI
									  : PCI_INTERRUPT_NONE;
}

/* --- windows ------------------------------------------------------------------------------------
 */

/* How many bytes a window has: the address bits that cannot be set are 0. */
static uint64_t measure(const struct pci_bus *bus, uint16_t address, uint32_t offset, bool is_wide)
{
	uint32_t low = get(bus, address, offset);
	uint32_t high = is_wide ? get(bus, address, offset + 4) : 0;
	uint64_t mask;

	set(bus, address, offset, UINT32_MAX);
	mask = get(bus, address, offset);
	mask &= (low & WINDOW_PORTS) != 0 ? PORTS_MASK : MEMORY_MASK;
	if (is_wide) {
		set(bus, address, offset + 4, UINT32_MAX);
		mask |= (uint64_t)get(bus, address, offset + 4) << 32;
		set(bus, address, offset + 4, high);
	} else if (mask != 0) {
		mask |= UINT64_MAX << 32;
	}
	set(bus, address, offset, low);
	return mask & -mask;
}

/* Returns how many registers the window takes. */
static uint32_t read_window(const struct pci_bus *bus, struct pci_device *d, uint32_t i)
{
	uint32_t offset = PCI_WINDOW + 4 * i;
	uint32_t low = get(bus, d->address, offset);
	bool is_ports = (low & WINDOW_PORTS) != 0;
	bool is_wide = !is_ports && (low & WINDOW_64_BIT) != 0 && i + 1 < pci_window_count(d);
	uint64_t size = measure(bus, d->address, offset, is_wide);

	if (size != 0) {
		d->window[i] = low & (is_ports ? PORTS_MASK : MEMORY_MASK);
		if (is_wide)
			d->window[i] |= (uint64_t)get(bus, d->address, offset + 4) << 32;
		d->window_size[i] = size | (is_ports ? 1 : 0);
	}
	return is_wide ? 2 : 1;
}

static void read_windows(const struct pci_bus *bus, struct pci_device *d)
{
	uint32_t command = get(bus, d->address, PCI_COMMAND) & 0xffff;

	set(bus, d->address, PCI_COMMAND,
		command & ~(uint32_t)(PCI_COMMAND_MEMORY | PCI_COMMAND_PORTS));
	for (uint32_t i = 0; i < pci_window_count(d);)
		i += read_window(bus, d, i);
	set(bus, d->address, PCI_COMMAND, command);
}

/* In steps of 1 MiB; the upper halves of addresses are there if the lower ones say so. */
static void read_forwarded(
	const struct pci_bus *bus, struct pci_device *d, uint32_t offset, uint32_t window)
{
	uint32_t word = get(bus, d->address, offset);
	uint64_t begin = (uint64_t)(word & 0xfff0) << 16;
	uint64_t end = (uint64_t)(word & 0xfff00000) + 0x100000;

	if ((word & FORWARDED_WIDE) != 0) {
		begin |= (uint64_t)get(bus, d->address, offset + 4) << 32;
		end += (uint64_t)get(bus, d->address, offset + 8) << 32;
	}
	if (begin == 0 || begin >= end)
		return;
	d->window[window] = begin;
	d->window_size[window] = end - begin;
}

/* PCI-to-PCI Bridge 1.2, 3.2.5.8 and 3.2.5.9. */
static void read_all_forwarded(const struct pci_bus *bus, struct pci_device *d)
{
	read_forwarded(bus, d, PCI_MEMORY, PCI_WINDOW_FORWARDED);
	read_forwarded(bus, d, PCI_PREFETCHABLE, PCI_WINDOW_PREFETCHABLE);
}

void pci_place_forwarded(
	const struct pci_bus *bus, struct pci_device *d, uint64_t begin, uint64_t size)
{
	set(bus, d->address, PCI_MEMORY,
		(uint32_t)((begin >> 16 & 0xfff0) | ((begin + size - 1) & 0xfff00000)));
	read_forwarded(bus, d, PCI_MEMORY, PCI_WINDOW_FORWARDED);
}

void pci_place_window(
	const struct pci_bus *bus, struct pci_device *d, uint32_t window, uint64_t physical)
{
	uint32_t offset = PCI_WINDOW + 4 * window;
	uint32_t low = get(bus, d->address, offset);

	set(bus, d->address, offset, (uint32_t)physical | (low & ~MEMORY_MASK));
	if ((low & WINDOW_64_BIT) != 0 && window + 1 < pci_window_count(d))
		set(bus, d->address, offset + 4, (uint32_t)(physical >> 32));
	d->window[window] = physical;
}

static uint64_t window_bytes(const struct pci_device *d, uint32_t i)
{
	uint64_t size = d->window_size[i];

	if ((size & 1) != 0)
		return 0; /* ports */
	return size != 0 && size < PAGE ? PAGE : size;
}

struct range {
	uint64_t begin;
	uint64_t end;
};

/* The bridge forwards all of these addresses: places in its window are looked for. */
static bool is_around(const struct pci_device *d, uint32_t window, const struct range *search)
{
	return d->header == PCI_HEADER_BRIDGE && window == PCI_WINDOW_FORWARDED &&
	       d->window[window] <= search->begin &&
	       search->end - d->window[window] <= d->window_size[window];
}

/* The lowest address of a window that overlaps these bytes; 0: none does. */
static uint64_t overlap(const struct pci_device *devices, uint32_t count,
	const struct range *search, const struct range *bytes)
{
	for (uint32_t i = 0; i < count * PCI_WINDOWS; i++) {
		const struct pci_device *d = &devices[i / PCI_WINDOWS];
		uint64_t start = d->window[i % PCI_WINDOWS];
		uint64_t size = window_bytes(d, i % PCI_WINDOWS);

		if (size != 0 && start != 0 && start < bytes->end && bytes->begin < start + size &&
			!is_around(d, i % PCI_WINDOWS, search))
			return start;
	}
	return 0;
}

uint64_t pci_free_address(const struct pci_device *devices, uint32_t count, uint64_t size,
	uint64_t begin, uint64_t end)
{
	const struct range search = {begin, end};

	while (end >= size && end - size >= begin) {
		uint64_t address = (end - size) & -size;
		const struct range bytes = {address, address + size};
		uint64_t taken = address >= begin ? overlap(devices, count, &search, &bytes) : 0;

		if (taken == 0)
			return address >= begin ? address : 0;
		end = taken < address ? taken : address;
	}
	return 0;
}

/* --- searching ----------------------------------------------------------------------------------
 */

uint32_t pci_bridge_bus(const struct pci_bus *bus, const struct pci_device *bridge)
{
	return get(bus, bridge->address, PCI_BUSES) >> 8 & 0xff;
}

struct scan {
	const struct pci_bus *bus;
	struct pci_device *devices;
	uint32_t count;
	uint32_t most;
	bool is_one;      /* device: bridges are not followed */
	uint64_t seen[4]; /* bit per bus */
};

static void scan_bus(struct scan *scan, uint32_t number);

static void add_function(struct scan *scan, uint16_t address, uint32_t vendor)
{
	const struct pci_bus *bus = scan->bus;
	struct pci_device *d = &scan->devices[scan->count];
	uint32_t class = get(bus, address, PCI_CLASS);

	if (scan->count == scan->most)
		return;
	scan->count++;
	*d = (struct pci_device){
		.address = address,
		.vendor = (uint16_t)vendor,
		.device = (uint16_t)(vendor >> 16),
		.class = class >> 8,
		.revision = (uint8_t)class,
		.header = get(bus, address, PCI_HEADER) >> 16 & 0x7f,
		.interrupt = interrupt_of(bus, address),
	};
	if (d->header == PCI_HEADER_DEVICE) {
		d->subsystem = (uint16_t)(get(bus, address, PCI_SUBSYSTEM) >> 16);
		read_windows(bus, d);
	} else if (d->header == PCI_HEADER_BRIDGE) {
		read_windows(bus, d);
		read_all_forwarded(bus, d);
		if (!scan->is_one)
			scan_bus(scan, pci_bridge_bus(bus, d));
	}
}

static void scan_device(struct scan *scan, uint16_t address)
{
	uint32_t functions = 1;

	for (uint32_t i = 0; i < functions; i++) {
		uint16_t function = (uint16_t)(address | i);
		uint32_t vendor = get(scan->bus, function, PCI_VENDOR);

		if ((vendor & 0xffff) == 0xffff)
			continue;
		if (i == 0 && (get(scan->bus, function, PCI_HEADER) >> 16 & MULTI_FUNCTION) != 0)
			functions = PCI_FUNCTIONS;
		add_function(scan, function, vendor);
	}
}

/* Depth is bounded: no bus is looked at twice. */
static void scan_bus(struct scan *scan, uint32_t number)
{
	if ((scan->seen[number / 64] >> number % 64 & 1) != 0)
		return;
	scan->seen[number / 64] |= (uint64_t)1 << number % 64;
	for (uint32_t i = 0; i < DEVICES; i++)
		scan_device(scan, (uint16_t)(number << 8 | i << 3));
}

uint32_t pci_scan(const struct pci_bus *bus, struct pci_device devices[PCI_DEVICES_MOST])
{
	struct scan scan = {.bus = bus, .devices = devices, .most = PCI_DEVICES_MOST};

	scan_bus(&scan, 0);
	return scan.count;
}

uint32_t pci_scan_device(
	const struct pci_bus *bus, uint16_t address, struct pci_device functions[PCI_FUNCTIONS])
{
	struct scan scan = {
		.bus = bus, .devices = functions, .most = PCI_FUNCTIONS, .is_one = true};

	scan_device(&scan, address);
	return scan.count;
}

/* --- interrupts ---------------------------------------------------------------------------------
 */

status_t pci_msi_x(const struct pci_bus *bus, const struct pci_device *d, uint32_t number,
	struct pci_msi_x *msi_x)
{
	uint32_t capability = pci_find_capability(bus, d->address, PCI_CAPABILITY_MSI_X);
	uint32_t table = get(bus, d->address, capability + 4);
	uint32_t last = get(bus, d->address, capability) >> 16 & MSI_X_LAST;

	*msi_x = (struct pci_msi_x){capability, table & 7, (table & ~7u) + number * MSI_X_ENTRY};
	if (capability == 0 || number > last || msi_x->offset < (table & ~7u) ||
		msi_x->window >= PCI_WINDOWS || window_bytes(d, msi_x->window) < MSI_X_ENTRY ||
		msi_x->offset > window_bytes(d, msi_x->window) - MSI_X_ENTRY)
		return ERR_CORRUPT;
	return OK;
}

void pci_msi_x_enable(const struct pci_bus *bus, const struct pci_device *d, bool on)
{
	uint32_t capability = pci_find_capability(bus, d->address, PCI_CAPABILITY_MSI_X);
	uint32_t word = get(bus, d->address, capability) & ~(MSI_X_ENABLE | MSI_X_MASK_ALL);

	set(bus, d->address, capability, word | (on ? MSI_X_ENABLE : 0));
}

void pci_msi_set(
	const struct pci_bus *bus, const struct pci_device *d, uint64_t target, uint32_t data)
{
	uint32_t capability = pci_find_capability(bus, d->address, PCI_CAPABILITY_MSI);
	uint32_t word = get(bus, d->address, capability);
	uint32_t at = capability + 4;

	set(bus, d->address, at, (uint32_t)target);
	if ((word & MSI_64_BIT) != 0)
		set(bus, d->address, at += 4, (uint32_t)(target >> 32));
	set(bus, d->address, at + 4, data);
}

void pci_msi_enable(const struct pci_bus *bus, const struct pci_device *d, bool on)
{
	uint32_t capability = pci_find_capability(bus, d->address, PCI_CAPABILITY_MSI);
	uint32_t word = get(bus, d->address, capability) & ~(MSI_ENABLE | MSI_COUNT);

	set(bus, d->address, capability, word | (on ? MSI_ENABLE : 0));
}
