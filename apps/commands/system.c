// SPDX-License-Identifier: MIT OR Apache-2.0
// See system.h; and the commands uptime, free, df, poweroff, reboot, kill.
#include "system.h"

#include "command.h"

#include <craton.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *records_get(int kind, uint64_t argument, size_t record_size, size_t *count)
{
	void *records;
	int error = craton_records(kind, argument, record_size, &records, count);
	if (error)
		die("the system does not tell: %s", strerror(error));
	return records;
}

void duration_format(char text[24], uint64_t ns)
{
	unsigned long long seconds = ns / 1000000000, minutes = seconds / 60, hours = minutes / 60;
	if (seconds < 60)
		snprintf(text, 24, "%llu.%03llus", seconds, ns / 1000000 % 1000);
	else if (hours == 0)
		snprintf(text, 24, "%llum%02llus", minutes, seconds % 60);
	else if (hours < 24)
		snprintf(text, 24, "%lluh%02llum", hours, minutes % 60);
	else
		snprintf(text, 24, "%llud%02lluh", hours / 24, hours % 24);
}

const char *process_state_name(uint32_t state)
{
	static const char *const names[] = {[PROCESS_STATE_RUNNING] = "running",
		[PROCESS_STATE_READY] = "ready",
		[PROCESS_STATE_WAITING] = "waiting",
		[PROCESS_STATE_STOPPED] = "stopped",
		[PROCESS_STATE_ENDED] = "ended"};
	return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

const char *service_state_name(uint32_t state)
{
	static const char *const names[] = {[SERVICE_STATE_STOPPED] = "stopped",
		[SERVICE_STATE_STARTING] = "starting",
		[SERVICE_STATE_RUNNING] = "running",
		[SERVICE_STATE_RESTARTING] = "restarting",
		[SERVICE_STATE_FAILED] = "failed",
		[SERVICE_STATE_REFUSED] = "refused"};
	return state < sizeof names / sizeof names[0] ? names[state] : "?";
}

const char *service_health_name(uint32_t health)
{
	static const char *const names[] = {[SERVICE_HEALTH_UNKNOWN] = "-",
		[SERVICE_HEALTH_GOOD] = "good",
		[SERVICE_HEALTH_BUSY] = "busy"};
	return health < sizeof names / sizeof names[0] ? names[health] : "?";
}

int command_uptime(int, char **)
{
	size_t count;
	struct system_record *system = records_get(INFO_KIND_SYSTEM, 0, sizeof *system, &count);
	if (count == 0)
		die("the system gave no record");
	char up[24], boot[24];
	duration_format(up, system->uptime_ns);
	duration_format(boot, system->boot_ns);
	uint64_t possible = system->uptime_ns * (system->cpu_count ? system->cpu_count : 1);
	uint64_t busy = possible > system->idle_ns ? possible - system->idle_ns : 0;
	output_format(&out, "up %s, %llu CPU%s, %llu%% busy since boot, booted in %s\n", up,
		(unsigned long long)system->cpu_count, system->cpu_count == 1 ? "" : "s",
		possible ? (unsigned long long)(busy / (possible / 100 + 1)) : 0ULL, boot);
	free(system);
	return 0;
}

static void amount_print(const char *title, uint64_t bytes, int unit)
{
	char text[24];
	if (unit < 0)
		size_format(text, bytes);
	else
		snprintf(text, sizeof text, "%llu", (unsigned long long)(bytes >> unit));
	output_format(&out, "%-10s %14s\n", title, text);
}

int command_free(int count, char **arguments)
{
	int unit = -1;
	size_t records;
	for (int option; (option = option_next(count, arguments, "bkmh")) >= 0;)
		unit = option == 'b' ? 0 : option == 'k' ? 10 : option == 'm' ? 20 : -1;
	struct memory_record *memory = records_get(INFO_KIND_MEMORY, 0, sizeof *memory, &records);
	if (records == 0)
		die("the system gave no record");
	amount_print("total", memory->total, unit);
	amount_print("kernel", memory->kernel, unit);
	amount_print("used", memory->used, unit);
	amount_print("cached", memory->cached, unit);
	amount_print("shared", memory->shared, unit);
	amount_print("free", memory->free, unit);
	amount_print("quotas", memory->quota_total, unit);
	output_format(&out, "%-10s %14llu\n", "faults", (unsigned long long)memory->faults);
	free(memory);
	return 0;
}

static void disk_print(const struct filesystem_record *disk, bool human)
{
	char total[24], used[24], left[24];
	uint64_t rest = disk->total > disk->used ? disk->total - disk->used : 0;
	if (human) {
		size_format(total, disk->total);
		size_format(used, disk->used);
		size_format(left, rest);
	} else {
		snprintf(total, sizeof total, "%llu", (unsigned long long)(disk->total >> 10));
		snprintf(used, sizeof used, "%llu", (unsigned long long)(disk->used >> 10));
		snprintf(left, sizeof left, "%llu", (unsigned long long)(rest >> 10));
	}
	unsigned percent = disk->total ? (unsigned)(disk->used * 100 / disk->total) : 0;
	const uint8_t *name = disk->device[0] ? disk->device : disk->name;
	output_format(&out, "%-12.32s %10s %10s %10s %3u%% %-3s %.64s\n", (const char *)name, total,
		used, disk->read_only ? "-" : left, percent, disk->read_only ? "ro" : "rw",
		(const char *)disk->path);
}

int command_df(int count, char **arguments)
{
	bool human = false;
	size_t records;
	for (int option; (option = option_next(count, arguments, "hk")) >= 0;)
		human |= option == 'h';
	struct filesystem_record *disks =
		records_get(INFO_KIND_FILESYSTEMS, 0, sizeof *disks, &records);
	output_format(&out, "%-12s %10s %10s %10s %4s %-3s %s\n", "NAME", human ? "SIZE" : "KIB",
		"USED", "FREE", "USE", "", "MOUNTED ON");
	for (size_t i = 0; i < records; i++)
		disk_print(&disks[i], human);
	free(disks);
	return 0;
}

static int power(int operation, int status)
{
	(void)output_flush(&out);
	int error = craton_power(operation, status);
	if (error == EPERM || error == EACCES)
		die("not permitted: this needs the power capability, which the system's manifest "
		    "gives to the console's shell");
	if (error)
		die("%s", strerror(error));
	return 0;
}

int command_poweroff(int count, char **arguments)
{
	if (count > 2)
		die_usage();
	return power(CRATON_POWER_OFF, count > 1 ? (int)number_read(arguments[1]) & 255 : 0);
}

int command_reboot(int count, char **)
{
	if (count > 1)
		die_usage();
	return power(CRATON_POWER_REBOOT, 0);
}

static int reason_read(const char *word)
{
	static const struct {
		const char *name;
		int reason;
	} names[] = {{"HUP", 1}, {"INT", 2}, {"QUIT", 3}, {"KILL", 9}, {"TERM", 15}};
	if (strncmp(word, "SIG", 3) == 0)
		word += 3;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, word) == 0)
			return names[i].reason;
	uint64_t reason = number_read(word);
	if (reason < 1 || reason > 127)
		die("%s: reasons are 1 to 127", word);
	return (int)reason;
}

int command_kill(int count, char **arguments)
{
	int first = 1, reason = 15;
	if (count > 1 && arguments[1][0] == '-') {
		reason = reason_read(arguments[1] + 1);
		first = 2;
	}
	if (first >= count)
		die_usage();
	for (int i = first; i < count; i++) {
		int error = craton_kill(number_read(arguments[i]), reason);
		if (error)
			complain("%s: %s", arguments[i],
				error == ESRCH ? "no such process" : strerror(error));
	}
	return command_status;
}
