// SPDX-License-Identifier: MIT OR Apache-2.0
// Everything read here is untrusted until bundle_open() has returned OK.
#include "boot/bundle.h"

#include <hash/blake2b.h>

#include <string.h>

static const struct bundle_entry *entry_at(const struct bundle *bundle, uint64_t index)
{
	const void *table = bundle->base + sizeof(struct bundle_header);
	return (const struct bundle_entry *)table + index;
}

static bool is_page_multiple(uint64_t value)
{
	return value % ABI_PAGE_SIZE == 0;
}

static uint64_t page_round_up(uint64_t value)
{
	return (value + ABI_PAGE_SIZE - 1) & ~(uint64_t)(ABI_PAGE_SIZE - 1);
}

static uint64_t table_end(const struct bundle *bundle)
{
	return sizeof(struct bundle_header) + bundle->count * sizeof(struct bundle_entry);
}

static status_t check_header(
	const struct bundle_header *header, uint64_t size, struct report *report)
{
	if (header->magic != BUNDLE_MAGIC)
		return report_failure(report, ERR_BAD_IMAGE, "This is not a Craton bundle.",
			"Pass craton.bundle as the initial RAM disk.");
	if (header->version != BUNDLE_VERSION || header->abi_hash != ABI_HASH)
		return report_failure(report, ERR_VERSION,
			"The bundle was built for another loader.", ADVICE_ALIKE);
	if (header->size > size || !is_page_multiple(header->size))
		return report_failure(
			report, ERR_BAD_IMAGE, "The bundle is cut short.", ADVICE_BUNDLE);
	uint64_t room = header->size - sizeof *header;
	if (header->size < sizeof *header || header->count > room / sizeof(struct bundle_entry))
		return report_failure(
			report, ERR_BAD_IMAGE, "The bundle's table is cut short.", ADVICE_BUNDLE);
	return OK;
}

static status_t check_table_hash(const struct bundle *bundle, struct report *report)
{
	const struct bundle_header *header = (const void *)bundle->base;
	uint8_t digest[BLAKE2B_SIZE];
	blake2b(entry_at(bundle, 0), bundle->count * sizeof(struct bundle_entry), digest);
	if (memcmp(digest, header->entries_hash, BLAKE2B_SIZE) != 0)
		return report_failure(
			report, ERR_CORRUPT, "The bundle's table is damaged.", ADVICE_BUNDLE);
	return OK;
}

static bool is_good_name(const struct bundle_entry *entry)
{
	const char *name = (const char *)entry->name;
	return name[0] != '\0' && name[0] != '/' && memchr(name, '\0', sizeof entry->name);
}

// True if a file before this one lies at the same place: files that are alike are stored once.
static bool is_repeated(const struct bundle *bundle, uint64_t index)
{
	const struct bundle_entry *entry = entry_at(bundle, index);
	for (uint64_t i = 0; i < index; i++) {
		const struct bundle_entry *other = entry_at(bundle, i);
		if (other->offset == entry->offset && other->size == entry->size)
			return true;
	}
	return false;
}

// Files lie in the order of their names, each on the first page after the one before.
static status_t check_entries(const struct bundle *bundle, struct report *report)
{
	uint64_t offset = page_round_up(table_end(bundle));
	const char *previous = "";
	for (uint64_t i = 0; i < bundle->count; i++) {
		const struct bundle_entry *entry = entry_at(bundle, i);
		const char *name = (const char *)entry->name;
		if (!is_good_name(entry) || strcmp(name, previous) <= 0)
			return report_failure(report, ERR_BAD_IMAGE,
				"The bundle has a bad file name.", ADVICE_BUNDLE);
		previous = name;
		if (entry->offset < offset && is_repeated(bundle, i))
			continue;
		if (entry->offset != offset || entry->size > bundle->size - offset)
			return report_failure(report, ERR_BAD_IMAGE,
				"A file of the bundle lies outside it.", ADVICE_BUNDLE);
		offset += page_round_up(entry->size);
	}
	if (offset != bundle->size)
		return report_failure(report, ERR_BAD_IMAGE,
			"The bundle's size does not fit its files.", ADVICE_BUNDLE);
	return OK;
}

status_t bundle_open(struct bundle *bundle, const void *base, uint64_t size, struct report *report)
{
	struct bundle_header header;
	*report = (struct report){.subject = "bundle"};
	if (size < sizeof header || (uintptr_t)base % alignof(struct bundle_header) != 0)
		return report_failure(
			report, ERR_BAD_IMAGE, "The bundle is cut short.", ADVICE_BUNDLE);
	memcpy(&header, base, sizeof header);
	status_t status = check_header(&header, size, report);
	if (status != OK)
		return status;
	*bundle = (struct bundle){.base = base, .size = header.size, .count = header.count};
	status = check_table_hash(bundle, report);
	return status == OK ? check_entries(bundle, report) : status;
}

static bool is_zero(const uint8_t *bytes, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static status_t check_entry(
	const struct bundle *bundle, const struct bundle_entry *entry, struct report *report)
{
	const uint8_t *data = bundle->base + entry->offset;
	uint8_t digest[BLAKE2B_SIZE];
	blake2b(data, entry->size, digest);
	uint64_t gap = page_round_up(entry->size) - entry->size;
	if (memcmp(digest, entry->hash, BLAKE2B_SIZE) == 0 && is_zero(data + entry->size, gap))
		return OK;
	report->subject = (const char *)entry->name;
	return report_failure(
		report, ERR_CORRUPT, "This file of the bundle is damaged.", ADVICE_BUNDLE);
}

static const struct bundle_entry *find_entry(const struct bundle *bundle, const char *name)
{
	for (uint64_t i = 0; i < bundle->count; i++) {
		const struct bundle_entry *entry = entry_at(bundle, i);
		if (strcmp((const char *)entry->name, name) == 0)
			return entry;
	}
	return nullptr;
}

// What runs before anything else could check it.
static bool is_needed_at_boot(const char *name)
{
	return strcmp(name, "kernel") == 0 || strcmp(name, "init") == 0;
}

status_t bundle_check(const struct bundle *bundle, bool all, struct report *report)
{
	uint64_t end = table_end(bundle);
	*report = (struct report){.subject = "bundle"};
	if (!is_zero(bundle->base + end, page_round_up(end) - end))
		return report_failure(
			report, ERR_CORRUPT, "The bundle's table is damaged.", ADVICE_BUNDLE);
	for (uint64_t i = 0; i < bundle->count; i++) {
		const struct bundle_entry *entry = entry_at(bundle, i);
		if (!all && !is_needed_at_boot((const char *)entry->name))
			continue;
		status_t status = check_entry(bundle, entry, report);
		if (status != OK)
			return status;
	}
	return OK;
}

status_t bundle_find(const struct bundle *bundle, const char *name, struct bundle_file *file)
{
	const struct bundle_entry *entry = find_entry(bundle, name);
	if (!entry)
		return ERR_NOT_FOUND;
	*file = (struct bundle_file){.name = (const char *)entry->name,
		.data = bundle->base + entry->offset,
		.size = entry->size};
	return OK;
}
