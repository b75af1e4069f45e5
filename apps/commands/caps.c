// SPDX-License-Identifier: MIT OR Apache-2.0
// caps: the capability inspector. What is not listed here, the process cannot touch.
#include "command.h"
#include "system.h"

#include <capability_names.h>
#include <craton.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

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
	for (size_t bit = 0; bit < 32; bit++) {
		if (!(rights >> bit & 1))
			continue;
		const char *name = bit < sizeof right_names / sizeof right_names[0]
					   ? right_names[bit]
					   : nullptr;
		output_format(&out, "%s%s", some ? "," : "", name ? name : "?");
		some = true;
	}
	output_string(&out, some ? "" : "none");
}

static void capability_print(const struct capability_record *record)
{
	size_t known = sizeof object_names / sizeof object_names[0];
	const char *type = record->type < known ? object_names[record->type] : nullptr;
	output_format(&out, "%016llx %-14s %8llu %10llu %-16.32s ",
		(unsigned long long)record->handle, type ? type : "?",
		(unsigned long long)record->badge, (unsigned long long)record->detail,
		(const char *)record->name);
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
	output_format(&out, "%-16s %-14s %8s %10s %-16s %s\n", "HANDLE", "TYPE", "BADGE", "DETAIL",
		"NAME", "RIGHTS");
	for (size_t i = 0; i < records; i++)
		capability_print(&capabilities[i]);
	free(capabilities);
	return 0;
}
