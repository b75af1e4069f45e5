// SPDX-License-Identifier: MIT OR Apache-2.0
// trace: records what the kernel does and prints it as JSON (trace_json.h).
#include "command.h"
#include "run.h"
#include "system.h"
#include "trace_json.h"

#include <craton.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr char RECORD_SEPARATOR = 0x1e; // as in RFC 7464: between a program's output and the JSON
constexpr unsigned CPU_SHIFT = 48;
constexpr size_t PIECE = 65536;
extern char **environ;

static void check(int error)
{
	if (error == EPERM || error == EACCES)
		die("not permitted: this needs the trace service, which the system's manifest "
		    "gives "
		    "to the console's shell");
	if (error)
		die("%s", strerror(error));
}

static struct trace_status_record status_get(void)
{
	struct trace_status_record record = {};
	size_t used;
	check(craton_records_some(INFO_KIND_TRACE_STATUS, 0, &record, sizeof record, &used));
	return record;
}

static int status_print(void)
{
	struct trace_status_record status = status_get();
	output_format(&out,
		"%s, %llu records kept, %llu lost, room for %llu on each of %llu CPU%s\n",
		status.mode == 0                          ? "stopped"
		: (status.mode & CRATON_TRACE_CALLS) != 0 ? "recording calls"
							  : "recording",
		(unsigned long long)status.records, (unsigned long long)status.lost,
		(unsigned long long)status.capacity, (unsigned long long)status.cpus,
		status.cpus == 1 ? "" : "s");
	return 0;
}

// All that was recorded on one CPU goes behind the `count` entries that there are.
static void cpu_read(uint64_t cpu, struct trace_entry **entries, size_t *count, size_t *room)
{
	for (uint64_t sequence = 0;;) {
		size_t used;
		if (*room - *count < PIECE / sizeof **entries) {
			*room += 4 * PIECE / sizeof **entries;
			*entries = memory_resize(*entries, *room * sizeof **entries);
		}
		check(craton_records_some(INFO_KIND_TRACE, cpu << CPU_SHIFT | sequence,
			*entries + *count, PIECE, &used));
		if (used == 0)
			return;
		*count += used / sizeof **entries;
		sequence = (*entries)[*count - 1].sequence + 1;
	}
}

static void dump(struct output *to)
{
	struct trace_status_record status = status_get();
	struct trace_entry *entries = nullptr;
	size_t count = 0, room = 0, threads;
	if (status.mode != 0)
		die("the trace is being recorded; `trace stop' ends that");
	struct thread_record *names = records_get(INFO_KIND_THREADS, 0, sizeof *names, &threads);
	for (uint64_t cpu = 0; cpu < status.cpus; cpu++)
		cpu_read(cpu, &entries, &count, &room);
	trace_json(to, entries, count, names, threads);
	free(entries);
	free(names);
}

static int dump_to_file(const char *path)
{
	struct output file = {.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666)};
	if (file.fd < 0) {
		complain_file(path);
		return 1;
	}
	dump(&file);
	int error = output_flush(&file);
	output_free(&file);
	(void)close(file.fd);
	if (error)
		complain("%s: %s", path, strerror(error));
	return error ? 1 : 0;
}

static int run(int count, char **arguments)
{
	const char *path = "/tmp/trace.json";
	unsigned mode = CRATON_TRACE_EVENTS | CRATON_TRACE_CALLS;
	for (int option; (option = option_next(count, arguments, "+eo:")) >= 0;) {
		if (option == 'e')
			mode = CRATON_TRACE_EVENTS;
		if (option == 'o')
			path = optarg;
	}
	if (optind >= count)
		die_usage();
	check(craton_trace(mode));
	int status = program_run(arguments + optind, environ, false);
	check(craton_trace(0));
	if (strcmp(path, "-") == 0) {
		output_char(&out, RECORD_SEPARATOR);
		dump(&out);
	} else if (dump_to_file(path) != 0 && status == 0) {
		return 1;
	}
	return status;
}

int command_trace(int count, char **arguments)
{
	const char *what = count > 1 ? arguments[1] : "";
	bool calls = count == 3 && strcmp(arguments[2], "calls") == 0;
	if (strcmp(what, "run") == 0)
		return run(count - 1, arguments + 1);
	if (strcmp(what, "start") == 0 && (count == 2 || calls)) {
		check(craton_trace(CRATON_TRACE_EVENTS | (calls ? CRATON_TRACE_CALLS : 0)));
		return 0;
	}
	if (count != 2)
		die_usage();
	if (strcmp(what, "stop") == 0)
		check(craton_trace(0));
	else if (strcmp(what, "status") == 0)
		return status_print();
	else if (strcmp(what, "dump") == 0)
		dump(&out);
	else
		die_usage();
	return 0;
}
