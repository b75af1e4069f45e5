// SPDX-License-Identifier: MIT OR Apache-2.0
// log: the system log, newest last; -f asks again every quarter of a second.
#include "command.h"
#include "system.h"

#include <craton.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const levels[] = {"error", "warning", "info", "debug"};

static struct {
	uint32_t level;
	const char *source;
	uint64_t newest_ns;
} filter;

static bool is_wanted(const struct log_record *record)
{
	return record->level <= filter.level &&
	       (!filter.source || strncmp((const char *)record->source, filter.source,
					  sizeof record->source) == 0);
}

static void record_print(const struct log_record *record)
{
	const char *level = record->level < 4 ? levels[record->level] : "?";
	output_format(&out, "%6llu.%06llu %-7s %.16s[%u]: %.160s\n",
		(unsigned long long)(record->time_ns / 1000000000),
		(unsigned long long)(record->time_ns / 1000 % 1000000), level,
		(const char *)record->source, record->pid, (const char *)record->text);
}

// Prints the last `limit` wanted records that are newer than the newest one seen.
static void records_print(uint64_t limit)
{
	size_t count, wanted = 0;
	struct log_record *records = records_get(INFO_KIND_LOG, 0, sizeof *records, &count);
	for (size_t i = 0; i < count; i++)
		wanted += is_wanted(&records[i]) && records[i].time_ns > filter.newest_ns;
	uint64_t before = filter.newest_ns;
	for (size_t i = 0; i < count; i++) {
		if (records[i].time_ns <= before)
			continue;
		if (records[i].time_ns > filter.newest_ns)
			filter.newest_ns = records[i].time_ns;
		if (is_wanted(&records[i]) && wanted-- <= limit)
			record_print(&records[i]);
	}
	free(records);
}

static void follow(void)
{
	const struct timespec pause = {.tv_nsec = 250000000};
	while (output_flush(&out) == 0 && nanosleep(&pause, nullptr) == 0)
		records_print(UINT64_MAX);
}

static uint32_t level_read(const char *word)
{
	for (uint32_t i = 0; i < 4; i++)
		if (strncmp(levels[i], word, strlen(word)) == 0)
			return i;
	die("-l %s: error, warning, info or debug is expected", word);
}

int command_log(int count, char **arguments)
{
	bool follows = false;
	uint64_t limit = UINT64_MAX;
	filter.level = UINT32_MAX;
	for (int option; (option = option_next(count, arguments, "fn:l:s:")) >= 0;) {
		follows |= option == 'f';
		if (option == 'n')
			limit = number_read(optarg);
		if (option == 'l')
			filter.level = level_read(optarg);
		if (option == 's')
			filter.source = optarg;
	}
	records_print(limit);
	if (follows)
		follow();
	return command_status;
}
