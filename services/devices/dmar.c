// SPDX-License-Identifier: MIT OR Apache-2.0
/* See dmar.h. */
#include "dmar.h"

#define HEADER      48u
#define STRUCTURE   4u
#define SCOPE       6u /* of a list of devices, then pairs of device and function */
#define INCLUDE_ALL 1u
#define HOPS_MOST   64u

enum structure { STRUCTURE_UNIT, STRUCTURE_RESERVED };
enum scope { SCOPE_DEVICE = 1, SCOPE_BRIDGE = 2 };

/* Where the lists of devices begin. */
#define UNIT_SCOPES     16u
#define RESERVED_SCOPES 24u

/* Of a bridge's Express capability: what kind of port it is. */
#define EXPRESS_ROOT       4u
#define EXPRESS_UPSTREAM   5u
#define EXPRESS_DOWNSTREAM 6u

static uint32_t read16(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint64_t read64(const uint8_t *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* --- structures ---------------------------------------------------------------------------------
 */

static uint32_t scopes_of(const uint8_t *structure)
{
	if (read16(structure) == STRUCTURE_UNIT)
		return UNIT_SCOPES;
	return read16(structure) == STRUCTURE_RESERVED ? RESERVED_SCOPES : 0;
}

static bool are_scopes_right(const uint8_t *structure)
{
	uint32_t size = read16(structure + 2);
	uint32_t at = scopes_of(structure);

	if (at > size)
		return false;
	while (at != 0 && at < size) {
		uint32_t length = size - at >= SCOPE ? structure[at + 1] : 0;

		if (length < SCOPE || length > size - at || length % 2 != 0)
			return false;
		at += length;
	}
	return true;
}

status_t dmar_check(const struct dmar *dmar)
{
	size_t at = HEADER;

	if (dmar->size < HEADER)
		return ERR_CORRUPT;
	while (at < dmar->size) {
		const uint8_t *structure = dmar->bytes + at;
		uint32_t size = dmar->size - at >= STRUCTURE ? read16(structure + 2) : 0;

		if (size < STRUCTURE || size > dmar->size - at || !are_scopes_right(structure))
			return ERR_CORRUPT;
		at += size;
	}
	return OK;
}

/* --- devices ------------------------------------------------------------------------------------
 */

static uint32_t buses_of(const struct pci_bus *bus, uint16_t bridge)
{
	return bus->read(bus->self, bridge, PCI_BUSES);
}

/* The device at the end of a path from one bridge to the next (8.3.1). */
static uint16_t end_of_path(const struct pci_bus *bus, const uint8_t *scope)
{
	uint32_t number = scope[5];
	uint16_t address = 0;

	for (uint32_t at = SCOPE; at < scope[1]; at += 2) {
		if (at != SCOPE)
			number = buses_of(bus, address) >> 8 & 0xff;
		address = (uint16_t)(number << 8 | (scope[at] & 0x1fu) << 3 | (scope[at + 1] & 7));
	}
	return address;
}

static bool is_in_scope(const struct pci_bus *bus, const uint8_t *scope, uint16_t address)
{
	uint16_t end = end_of_path(bus, scope);
	uint32_t buses;

	if (scope[1] == SCOPE || (scope[0] != SCOPE_DEVICE && scope[0] != SCOPE_BRIDGE))
		return false;
	if (address == end)
		return true;
	if (scope[0] == SCOPE_DEVICE)
		return false;
	buses = buses_of(bus, end);
	return address >> 8 != 0 && address >> 8 >= (buses >> 8 & 0xff) &&
	       address >> 8 <= (buses >> 16 & 0xff);
}

/* The structure names the device. */
static bool names(const struct pci_bus *bus, const uint8_t *structure, uint16_t address)
{
	uint32_t at = scopes_of(structure);

	for (; at != 0 && at < read16(structure + 2); at += structure[at + 1]) {
		if (is_in_scope(bus, structure + at, address))
			return true;
	}
	return false;
}

static bool is_of_segment_0(const uint8_t *structure)
{
	return read16(structure + 6) == 0;
}

bool dmar_find_unit(
	const struct dmar *dmar, const struct pci_bus *bus, uint16_t address, uint64_t *registers)
{
	bool is_found = false;

	for (size_t at = HEADER; at < dmar->size; at += read16(dmar->bytes + at + 2)) {
		const uint8_t *s = dmar->bytes + at;

		if (read16(s) != STRUCTURE_UNIT || !is_of_segment_0(s))
			continue;
		if (names(bus, s, address)) {
			*registers = read64(s + 8);
			return true;
		}
		if ((s[4] & INCLUDE_ALL) != 0) {
			*registers = read64(s + 8);
			is_found = true;
		}
	}
	return is_found;
}

bool dmar_is_reserved(const struct dmar *dmar, const struct pci_bus *bus, uint16_t address)
{
	for (size_t at = HEADER; at < dmar->size; at += read16(dmar->bytes + at + 2)) {
		const uint8_t *s = dmar->bytes + at;

		if (read16(s) == STRUCTURE_RESERVED && is_of_segment_0(s) && names(bus, s, address))
			return true;
	}
	return false;
}

/* --- bridges ------------------------------------------------------------------------------------
 */

static const struct pci_device *bridge_before(const struct pci_bus *bus,
	const struct pci_device *devices, uint32_t count, uint32_t number)
{
	for (uint32_t i = 0; i < count; i++) {
		if (devices[i].header == PCI_HEADER_BRIDGE &&
			pci_bridge_bus(bus, &devices[i]) == number)
			return &devices[i];
	}
	return nullptr;
}

static bool is_express_port(const struct pci_bus *bus, uint16_t address)
{
	uint32_t at = pci_find_capability(bus, address, PCI_CAPABILITY_EXPRESS);
	uint32_t kind = at != 0 ? bus->read(bus->self, address, at) >> 20 & 0xf : 0;

	return kind == EXPRESS_ROOT || kind == EXPRESS_UPSTREAM || kind == EXPRESS_DOWNSTREAM;
}

/* A bridge that is not known may be of any kind. */
bool dmar_shares_number(const struct pci_bus *bus, const struct pci_device *devices, uint32_t count,
	uint16_t address)
{
	for (uint32_t hops = 0; address >> 8 != 0; hops++) {
		const struct pci_device *bridge = bridge_before(bus, devices, count, address >> 8);

		if (bridge == nullptr || hops == HOPS_MOST ||
			!is_express_port(bus, bridge->address))
			return true;
		address = bridge->address;
	}
	return false;
}
