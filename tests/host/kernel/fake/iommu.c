// SPDX-License-Identifier: MIT OR Apache-2.0
/* See iommu.h. */
#include "iommu.h"

#include "fake.h"

#include <arch/asm.h>
#include <arch/mmio.h>
#include <arch/physmap.h>

#include <string.h>
#include <sys/mman.h>

#define SPACE_SIZE ((uint64_t)128 << 20) /* of physical addresses */
#define KNOWN      256u
#define FAULTS     2u
#define FAULT_AT   0x220u

enum { TRANSLATES = 1u << 31, HAS_ROOT = 1u << 30, HAS_QUEUE = 1u << 26 };

/* What it has read: a device's entry, or a page. */
struct known {
	uint32_t requester;
	uint32_t domain;
	uint64_t page; /* of a device's entry UINT64_MAX */
	uint64_t value;
	uint64_t levels;
};

static struct unit {
	uint32_t status;
	uint64_t root;
	uint64_t wanted_root;
	uint64_t queue;
	uint32_t head;
	uint32_t interrupt[4]; /* control, data, address */
	uint64_t faults[FAULTS][2];
	struct known known[KNOWN];
	uint32_t known_count;
} units[FAKE_IOMMUS];

uint32_t fake_iommu_count;
uint64_t fake_iommu_capability[FAKE_IOMMUS];
uint64_t fake_iommu_extended = FAKE_IOMMU_QUEUE;
static uint8_t *written_back; /* memory as it is behind the caches */

static struct unit *unit_at(uint64_t physical, uint32_t *offset)
{
	uint64_t number = (physical - FAKE_IOMMU_REGISTERS(0)) / PAGE_SIZE;

	FAKE_CHECK(physical >= FAKE_IOMMU_REGISTERS(0) && number < fake_iommu_count);
	*offset = (uint32_t)(physical % PAGE_SIZE);
	return &units[number];
}

const uint8_t *fake_iommu_table(uint32_t *size)
{
	static uint8_t table[48 + 24 + 16 * FAKE_IOMMUS];

	memset(units, 0, sizeof(units));
	if (fake_iommu_count == 0)
		return NULL;
	if (written_back == NULL)
		written_back = mmap(NULL, SPACE_SIZE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	FAKE_CHECK(written_back != MAP_FAILED);
	memset(written_back + SPACE_SIZE / 2, 0xff, (size_t)4 << 20); /* of whoever had it before */
	memset(table, 0, sizeof(table));
	table[48] = 1; /* memory of the firmware's, which is not the kernel's to look at */
	table[48 + 2] = 24;
	for (uint32_t i = 0; i < fake_iommu_count; i++) {
		uint64_t registers = FAKE_IOMMU_REGISTERS(i);
		uint8_t *entry = table + 72 + 16 * (size_t)i;

		entry[2] = 16;
		memcpy(entry + 8, &registers, 8);
	}
	*size = 72 + 16 * fake_iommu_count;
	return table;
}

void memory_write_back(const void *bytes, size_t size)
{
	uint64_t start = physical_of(bytes) & ~(uint64_t)63;
	uint64_t end = physical_of(bytes) + size;

	for (; start < end; start += 64)
		memcpy(written_back + start, virtual_of(start), 64);
}

/* --- the queue -------------------------------------------------------------------------------- */

static void forget(struct unit *u, bool devices, bool all, uint32_t domain)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < u->known_count; i++) {
		const struct known *k = &u->known[i];

		if ((k->page == UINT64_MAX) != devices || (!all && k->domain != domain))
			u->known[kept++] = *k;
	}
	u->known_count = kept;
}

static void do_request(struct unit *u, const uint64_t request[2])
{
	uint32_t kind = request[0] & 15;
	uint32_t grain = request[0] >> 4 & 3;

	FAKE_CHECK(kind == 1 || kind == 2 || kind == 5);
	if (kind == 5) {
		uint32_t value = (uint32_t)(request[0] >> 32);

		FAKE_CHECK((request[0] & 0x20) != 0 && request[1] % 4 == 0);
		memcpy(virtual_of(request[1]), &value, sizeof(value));
	} else {
		FAKE_CHECK(grain == 1 || grain == 2);
		forget(u, kind == 1, grain == 1, request[0] >> 16 & 0xffff);
	}
}

static void work(struct unit *u, uint32_t tail)
{
	while ((u->status & HAS_QUEUE) != 0 && u->head != tail) {
		do_request(u, (const uint64_t *)virtual_of(u->queue) + 2 * (size_t)u->head);
		u->head = (u->head + 1) % 256;
	}
}

/* --- registers -------------------------------------------------------------------------------- */

uint32_t mmio_read32(uint64_t physical)
{
	uint32_t offset;
	const struct unit *u = unit_at(physical, &offset);

	FAKE_CHECK(offset == 0x1c);
	return u->status;
}

uint64_t mmio_read64(uint64_t physical)
{
	uint32_t offset;
	const struct unit *u = unit_at(physical, &offset);

	if (offset == 0x08)
		return fake_iommu_capability[u - units];
	if (offset == 0x10)
		return fake_iommu_extended;
	FAKE_CHECK(offset >= FAULT_AT && offset < FAULT_AT + 16 * FAULTS);
	return u->faults[(offset - FAULT_AT) / 16][offset / 8 % 2];
}

static void command(struct unit *u, uint32_t value)
{
	u->status = (u->status & HAS_ROOT) | (value & (TRANSLATES | HAS_QUEUE));
	if ((value & HAS_ROOT) != 0) {
		u->root = u->wanted_root;
		u->status |= HAS_ROOT;
	}
	if ((value & HAS_QUEUE) == 0)
		u->head = 0;
}

void mmio_write32(uint64_t physical, uint32_t value)
{
	uint32_t offset;
	struct unit *u = unit_at(physical, &offset);

	if (offset == 0x18)
		command(u, value);
	else if (offset >= 0x38 && offset <= 0x44)
		u->interrupt[(offset - 0x38) / 4] = value;
	else if (offset == 0x88)
		work(u, value >> 4);
	else if (offset >= FAULT_AT && offset < FAULT_AT + 16 * FAULTS && offset % 16 == 12)
		u->faults[(offset - FAULT_AT) / 16][1] &= ~((uint64_t)value << 32);
	else
		FAKE_CHECK(offset == 0x34);
}

void mmio_write64(uint64_t physical, uint64_t value)
{
	uint32_t offset;
	struct unit *u = unit_at(physical, &offset);

	FAKE_CHECK(offset == 0x20 || offset == 0x88 || offset == 0x90);
	if (offset == 0x20)
		u->wanted_root = value;
	else if (offset == 0x90)
		u->queue = value;
}

bool fake_iommu_interrupt(uint32_t unit, uint32_t *address, uint32_t *data)
{
	*data = units[unit].interrupt[1];
	*address = units[unit].interrupt[2];
	return (units[unit].interrupt[0] & TRANSLATES) == 0;
}

/* --- devices ---------------------------------------------------------------------------------- */

static uint64_t read_back(uint64_t physical)
{
	uint64_t value;

	FAKE_CHECK(physical + sizeof(value) <= SPACE_SIZE && physical % 8 == 0);
	memcpy(&value, written_back + physical, sizeof(value));
	return value;
}

static const struct known *find_known(const struct unit *u, uint32_t requester, uint64_t page)
{
	for (uint32_t i = 0; i < u->known_count; i++) {
		if (u->known[i].requester == requester && u->known[i].page == page)
			return &u->known[i];
	}
	return NULL;
}

static const struct known *note(struct unit *u, struct known k)
{
	FAKE_CHECK(u->known_count < KNOWN);
	u->known[u->known_count] = k;
	return &u->known[u->known_count++];
}

static const struct known *find_device(struct unit *u, uint32_t requester)
{
	const struct known *k = find_known(u, requester, UINT64_MAX);
	uint64_t root = read_back(u->root + 16 * (requester >> 8 & 0xff));
	uint64_t at = (root & ~(uint64_t)0xfff) + 16 * (requester & 0xff);
	uint64_t low;
	uint64_t high;

	if (k != NULL || (root & 1) == 0)
		return k;
	low = read_back(at);
	high = read_back(at + 8);
	if ((low & 1) == 0)
		return NULL;
	FAKE_CHECK((low & 0xffe) == 0 && (high & 7) >= 1 && (high & 7) <= 2 && high >> 24 == 0 &&
		   (high >> 8) != 0);
	return note(u, (struct known){requester, (uint32_t)(high >> 8), UINT64_MAX,
			       low & ~(uint64_t)0xfff, (high & 7) + 2});
}

/* The page's entry, or 0. */
static uint64_t walk(const struct known *device, uint64_t address)
{
	uint64_t table = device->value;
	uint64_t entry = 0;

	for (uint64_t level = device->levels; level-- > 0;) {
		entry = read_back(table + (address >> (12 + 9 * level) & 511) * 8);
		if ((entry & 3) == 0)
			return 0;
		FAKE_CHECK(
			(entry & 0x40000000000008fcu) == 0); /* what is reserved, and large pages */
		table = entry & 0x000ffffffffff000u;
	}
	return entry;
}

static bool refuse(struct unit *u, uint32_t requester, uint64_t address, bool is_write)
{
	for (uint32_t i = 0; i < FAULTS; i++) {
		if (u->faults[i][1] >> 63 != 0)
			continue;
		u->faults[i][0] = address & ~(uint64_t)0xfff;
		u->faults[i][1] = (uint64_t)1 << 63 | (is_write ? 0 : (uint64_t)1 << 62) |
				  (uint64_t)(is_write ? 5 : 6) << 32 | requester;
		break;
	}
	return false;
}

bool fake_dma(
	uint32_t unit, uint32_t requester, uint64_t address, bool is_write, uint64_t *physical)
{
	struct unit *u = &units[unit];
	const struct known *device;
	const struct known *page;
	uint64_t entry;

	*physical = address;
	if ((u->status & TRANSLATES) == 0)
		return true;
	device = find_device(u, requester);
	page = find_known(u, requester, address >> 12);
	if (device == NULL)
		return refuse(u, requester, address, is_write);
	entry = page != NULL ? page->value : walk(device, address);
	if ((entry & (is_write ? 2 : 1)) == 0)
		return refuse(u, requester, address, is_write);
	if (page == NULL)
		(void)note(u, (struct known){requester, device->domain, address >> 12, entry, 0});
	*physical = (entry & 0x000ffffffffff000u) | (address & 0xfff);
	return true;
}
