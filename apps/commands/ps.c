// SPDX-License-Identifier: MIT OR Apache-2.0
// ps: one line per process, by number.
#include "command.h"
#include "system.h"

#include <craton.h>
#include <stdlib.h>
#include <unistd.h>

static int by_pid(const void *left, const void *right)
{
	const struct process_record *a = left, *b = right;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static void process_print(const struct process_record *process)
{
	char memory[16], limit[16] = "-", cpu[24];
	size_format(memory, process->memory);
	if (process->memory_limit)
		size_format(limit, process->memory_limit);
	duration_format(cpu, process->cpu_ns);
	output_format(&out, "%5llu %5llu %-8s %4u %3u %10s %8s %8s %-8s %.64s\n",
		(unsigned long long)process->pid, (unsigned long long)process->parent,
		process_state_name(process->state), process->priority, process->threads, cpu,
		memory, limit, process->kind ? "program" : "service", (const char *)process->name);
}

int command_ps(int count, char **arguments)
{
	bool quiet = false;
	size_t records;
	for (int option; (option = option_next(count, arguments, "qaefx")) >= 0;)
		quiet |= option == 'q';
	struct process_record *processes =
		records_get(INFO_KIND_PROCESSES, 0, sizeof *processes, &records);
	qsort(processes, records, sizeof *processes, by_pid);
	if (!quiet)
		output_format(&out, "%5s %5s %-8s %4s %3s %10s %8s %8s %-8s %s\n", "PID", "PPID",
			"STATE", "PRIO", "THR", "CPU", "MEMORY", "LIMIT", "KIND", "NAME");
	for (size_t i = 0; i < records; i++) {
		if (quiet)
			output_format(&out, "%llu\n", (unsigned long long)processes[i].pid);
		else
			process_print(&processes[i]);
	}
	free(processes);
	return 0;
}
