// SPDX-License-Identifier: MIT OR Apache-2.0
// Memory before and after the boot services (sections 7.2 and 7.4.6).
// What the loader keeps is remembered here: the firmware's map knows only that it is a loader's.
#include "boot/platform.h"
#include "uefi.h"

#include <string.h>

enum { KEPT_MAX = 32, SPARE_ENTRIES = 64, EXIT_TRIES = 8 };

static struct memory_range kept[KEPT_MAX];
static uint64_t kept_count;

// The firmware's map, in a buffer with room for what changes while we leave.
static struct {
	uint64_t buffer;
	UINTN capacity;
	UINTN size;
	UINTN key;
	UINTN entry_size;
} map;

static status_t allocate(EFI_MEMORY_TYPE type, uint64_t size, uint32_t kind, uint64_t *physical)
{
	uint64_t pages = size / ABI_PAGE_SIZE + (size % ABI_PAGE_SIZE != 0);
	if (kept_count == KEPT_MAX ||
		uefi.boot->AllocatePages(AllocateAnyPages, type, pages, physical) != EFI_SUCCESS)
		return ERR_NO_MEMORY;
	memset((void *)*physical, 0, pages * ABI_PAGE_SIZE);
	kept[kept_count++] = (struct memory_range){
		.base = *physical, .size = pages * ABI_PAGE_SIZE, .kind = kind};
	return OK;
}

status_t platform_allocate(uint64_t size, uint32_t kind, uint64_t *physical)
{
	return allocate(EfiLoaderData, size, kind, physical);
}

status_t platform_allocate_code(uint64_t *physical)
{
	return allocate(EfiLoaderCode, ABI_PAGE_SIZE, MEMORY_KIND_LOADER, physical);
}

static EFI_STATUS read_map(void)
{
	UINT32 version;
	map.size = map.capacity;
	return uefi.boot->GetMemoryMap(&map.size, (EFI_MEMORY_DESCRIPTOR *)map.buffer, &map.key,
		&map.entry_size, &version);
}

static const EFI_MEMORY_DESCRIPTOR *entry_at(uint64_t offset)
{
	return (const EFI_MEMORY_DESCRIPTOR *)(map.buffer + offset);
}

static status_t ensure_buffer(void)
{
	if (map.buffer)
		return OK;
	(void)read_map(); // only for the sizes
	uint64_t size = map.size + SPARE_ENTRIES * map.entry_size;
	status_t status = platform_allocate(size, MEMORY_KIND_LOADER, &map.buffer);
	map.capacity = status == OK ? size : 0;
	return status;
}

static uint32_t kind_of(UINT32 type)
{
	switch (type) {
	case EfiLoaderCode:
	case EfiLoaderData:
	case EfiBootServicesCode:
	case EfiBootServicesData:
	case EfiConventionalMemory:
		return MEMORY_KIND_USABLE;
	case EfiACPIReclaimMemory:
		return MEMORY_KIND_ACPI_RECLAIM;
	case EfiACPIMemoryNVS:
		return MEMORY_KIND_ACPI_NVS;
	case EfiUnusableMemory:
		return MEMORY_KIND_BAD;
	case EfiMemoryMappedIO:
	case EfiMemoryMappedIOPortSpace:
		return MEMORY_KIND_DEVICE;
	default:
		return MEMORY_KIND_RESERVED;
	}
}

uint64_t platform_memory_end(void)
{
	uint64_t end = 0;
	if (ensure_buffer() != OK || read_map() != EFI_SUCCESS)
		return 0;
	for (uint64_t at = 0; at + map.entry_size <= map.size; at += map.entry_size) {
		const EFI_MEMORY_DESCRIPTOR *entry = entry_at(at);
		uint32_t kind = kind_of(entry->Type);
		uint64_t entry_end = entry->PhysicalStart + entry->NumberOfPages * ABI_PAGE_SIZE;
		bool is_memory = kind != MEMORY_KIND_RESERVED && kind != MEMORY_KIND_DEVICE &&
				 kind != MEMORY_KIND_BAD;
		if (is_memory && entry_end > end)
			end = entry_end;
	}
	return end;
}

static status_t convert(struct ranges *ranges, bool usable)
{
	for (uint64_t at = 0; at + map.entry_size <= map.size; at += map.entry_size) {
		const EFI_MEMORY_DESCRIPTOR *entry = entry_at(at);
		uint32_t kind = kind_of(entry->Type);
		if ((kind == MEMORY_KIND_USABLE) != usable)
			continue;
		status_t status = ranges_set(
			ranges, entry->PhysicalStart, entry->NumberOfPages * ABI_PAGE_SIZE, kind);
		if (status != OK)
			return status;
	}
	return OK;
}

// Usable memory, then everything else over it, then what the loader keeps.
static status_t convert_all(struct ranges *ranges)
{
	ranges->count = 0;
	status_t status = convert(ranges, true);
	if (status == OK)
		status = convert(ranges, false);
	for (uint64_t i = 0; i < kept_count && status == OK; i++)
		status = ranges_set(ranges, kept[i].base, kept[i].size, kept[i].kind);
	return status;
}

status_t memory_prepare(const struct ranges *ranges, struct report *report)
{
	struct ranges trial = *ranges;
	trial.capacity = ranges->capacity - SPARE_ENTRIES;
	*report = (struct report){.subject = "firmware"};
	if (ensure_buffer() != OK || read_map() != EFI_SUCCESS || convert_all(&trial) != OK)
		return report_failure(report, ERR_NO_MEMORY,
			"Its memory map cannot be read or is too long.", "Update the firmware.");
	return OK;
}

// The map may change between reading it and leaving, which makes the key stale: then both are
// done again, and nothing else may be called in between (section 7.4.6).
status_t memory_leave(struct ranges *ranges, struct report *report)
{
	EFI_STATUS status = EFI_INVALID_PARAMETER;
	for (int i = 0; i < EXIT_TRIES && status == EFI_INVALID_PARAMETER; i++) {
		if (read_map() != EFI_SUCCESS)
			break;
		status = uefi.boot->ExitBootServices(uefi.image, map.key);
	}
	if (status != EFI_SUCCESS)
		return report_failure(report, ERR_IO, "It does not end its boot services.",
			"Update the firmware.");
	__asm__ volatile("cli");
	// memory_prepare() has tried this with less room, so it has no reason to fail.
	return convert_all(ranges);
}
