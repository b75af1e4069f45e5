// SPDX-License-Identifier: MIT OR Apache-2.0
// caps: the capability inspector. What is not listed here, the process cannot touch.
#include "command.h"
#include "system.h"

#include <craton.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <system_names.h>

#define PATH_BITS    24
#define COUNT(table) (sizeof table / sizeof table[0])

static uint64_t pid_of_name(const char *name)
{
	size_t count;
	uint64_t pid = 0;
	struct process_record *processes =
		records_get(INFO_KIND_PROCESSES, 0, sizeof *processes, &count);
	for (size_t i = 0; i < count && !pid; i++)
		if (strncmp((const char *)processes[i].name, name, sizeof processes[i].name) == 0)
			pid = processes[i].pid;
	free(processes);
	if (!pid)
		die("%s: no such process; `ps' lists them", name);
	return pid;
}

static void rights_print(uint32_t rights)
{
	bool some = false;
	if (rights + 1 == 1u << COUNT(right_names)) {
		output_string(&out, "all");
		return;
	}
	for (size_t bit = 0; bit < 32; bit++) {
		if (!(rights >> bit & 1))
			continue;
		const char *name = bit < COUNT(right_names) ? right_names[bit] : nullptr;
		output_format(&out, "%s%s", some ? "," : "", name ? name : "?");
		some = true;
	}
	output_string(&out, some ? "" : "none");
}

// What a slot is for, as the interface names it: a service, a part of the process.
static void slot_name(char text[32], uint64_t slot)
{
	const char *name = slot < COUNT(slot_names) ? slot_names[slot] : nullptr;
	text[0] = 0;
	if (slot >= SLOT_SERVICE && slot - SLOT_SERVICE < COUNT(service_names))
		snprintf(text, 32, "%s service", service_names[slot - SLOT_SERVICE]);
	else if (slot >= SLOT_BUNDLE && slot < SLOT_REPLY)
		snprintf(text, 32, "bundle %u", (unsigned)(slot - SLOT_BUNDLE));
	else if (slot >= SLOT_REPLY && slot < SLOT_FREE)
		snprintf(text, 32, "reply %u", (unsigned)(slot - SLOT_REPLY));
	else if (name && slot < SLOT_FREE)
		snprintf(text, 32, "%s", name);
}

// Badges of services are far above the numbers of processes.
static void badge_name(char text[24], uint64_t badge)
{
	constexpr uint64_t service = UINT64_C(0x800000000000);
	if (badge >= service && badge - service < COUNT(service_names))
		snprintf(text, 24, "%s", service_names[badge - service]);
	else if (badge)
		snprintf(text, 24, badge < 1000000 ? "%llu" : "0x%llx", (unsigned long long)badge);
	else
		snprintf(text, 24, "-");
}

// Sizes come as their logarithm, with a mark for the memory of devices.
static void detail_name(char text[24], const struct capability_record *record)
{
	if (record->detail == 0)
		snprintf(text, 24, "-");
	else if (strcmp(object_names[record->type], "cnode") == 0)
		snprintf(text, 24, "%llu slots", 1ULL << (record->detail & 63));
	else
		size_format(text, UINT64_C(1) << (record->detail & 63));
}

// Rows of equal objects that nobody tells apart are one line.
static size_t row_length(const struct capability_record *records, size_t count)
{
	size_t length = 1;
	if (strcmp(object_names[records[0].type % COUNT(object_names)], "reply") != 0)
		return 1;
	while (length < count && records[length].type == records[0].type &&
		records[length].rights == records[0].rights)
		length++;
	return length < 4 ? 1 : length;
}

static void capability_print(const struct capability_record *record, size_t row)
{
	const char *type = record->type < COUNT(object_names) ? object_names[record->type] : "?";
	char badge[24], detail[24] = "-", slot[32];
	badge_name(badge, record->badge);
	if (record->type < COUNT(object_names))
		detail_name(detail, record);
	slot_name(slot, record->handle & ((1u << PATH_BITS) - 1));
	if (row > 1)
		snprintf(slot, sizeof slot, "%zu of these", row);
	output_format(&out, "%016llx %-14s %14s %12s %-18s ", (unsigned long long)record->handle,
		type, badge, detail, slot);
	rights_print(record->rights);
	output_char(&out, '\n');
}

int command_caps(int count, char **arguments)
{
	if (count > 2)
		die_usage();
	uint64_t pid = craton_pid();
	if (count == 2)
		pid = isdigit((unsigned char)arguments[1][0]) ? number_read(arguments[1])
							      : pid_of_name(arguments[1]);
	size_t records;
	struct capability_record *capabilities =
		records_get(INFO_KIND_CAPABILITIES, pid, sizeof *capabilities, &records);
	output_format(
		&out, "process %llu may use %zu capabilities\n", (unsigned long long)pid, records);
	output_format(&out, "%-16s %-14s %14s %12s %-18s %s\n", "HANDLE", "TYPE", "BADGE", "SIZE",
		"FOR", "RIGHTS");
	for (size_t i = 0, row; i < records; i += row) {
		row = row_length(&capabilities[i], records - i);
		capability_print(&capabilities[i], row);
	}
	free(capabilities);
	return 0;
}
