// SPDX-License-Identifier: MIT OR Apache-2.0
// Commands of a few lines: true, false, echo, printf, yes, pwd, basename, dirname, clear, sleep,
// which, readlink, hostname, uname.
#include "../lib/print_format.h"
#include "command.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int command_true(int, char **)
{
	return 0;
}

int command_false(int, char **)
{
	return 1;
}

static void words_print(char **words)
{
	for (; *words; words++) {
		output_string(&out, *words);
		if (words[1])
			output_char(&out, ' ');
	}
}

int command_echo(int count, char **arguments)
{
	bool bare = count > 1 && strcmp(arguments[1], "-n") == 0;
	words_print(arguments + 1 + bare);
	if (!bare)
		output_char(&out, '\n');
	return 0;
}

int command_printf(int count, char **arguments)
{
	if (count < 2)
		die_usage();
	struct text errors = {};
	bool done = print_format(&out, arguments[1], arguments + 2, &errors);
	if (errors.length) {
		(void)output_flush(&out);
		(void)write_all(2, errors.bytes, errors.length);
	}
	text_free(&errors);
	return !done;
}

int command_yes(int count, char **arguments)
{
	static char standard[] = "y";
	char *fallback[] = {standard, nullptr};
	while (!out.error) {
		words_print(count > 1 ? arguments + 1 : fallback);
		output_char(&out, '\n');
	}
	return 1;
}

int command_pwd(int, char **)
{
	char *directory = getcwd(nullptr, 0);
	if (!directory)
		die("%s", strerror(errno));
	output_format(&out, "%s\n", directory);
	free(directory);
	return 0;
}

// Without slashes at the end; "/" stays.
static void slashes_strip(char *path)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = 0;
}

int command_basename(int count, char **arguments)
{
	if (count < 2 || count > 3)
		die_usage();
	slashes_strip(arguments[1]);
	const char *base = path_base(arguments[1]);
	size_t length = strlen(base), suffix = count > 2 ? strlen(arguments[2]) : 0;
	if (suffix > 0 && suffix < length && strcmp(base + length - suffix, arguments[2]) == 0)
		length -= suffix;
	output_bytes(&out, base, length);
	output_char(&out, '\n');
	return 0;
}

int command_dirname(int count, char **arguments)
{
	if (count != 2)
		die_usage();
	char *path = arguments[1];
	slashes_strip(path);
	char *slash = strrchr(path, '/');
	if (slash)
		slash[slash == path] = 0;
	if (slash)
		slashes_strip(path);
	output_format(&out, "%s\n", slash ? path : ".");
	return 0;
}

int command_clear(int, char **)
{
	output_string(&out, "\033[H\033[2J\033[3J");
	return 0;
}

int command_sleep(int count, char **arguments)
{
	double total = 0;
	if (count < 2)
		die_usage();
	for (int i = 1; i < count; i++) {
		char *end;
		double value = strtod(arguments[i], &end);
		static const char units[] = "smhd";
		static const double factors[] = {1, 60, 3600, 86400};
		const char *unit = *end ? strchr(units, *end) : units;
		if (end == arguments[i] || !unit || (*end && end[1]) || !(value >= 0))
			die("%s: seconds are expected, like 2, 0.5, 3m", arguments[i]);
		total += value * factors[unit - units];
	}
	if (total > 1e9)
		total = 1e9;
	struct timespec pause = {.tv_sec = (time_t)total};
	pause.tv_nsec = (long)((total - (double)pause.tv_sec) * 1e9);
	if (nanosleep(&pause, nullptr) != 0)
		die("%s", strerror(errno));
	return 0;
}

static bool which_in(const char *directory, const char *name)
{
	static const char *const suffixes[] = {"", ".wasm"};
	for (size_t i = 0; i < 2; i++) {
		struct text path = {};
		text_format(&path, "%s/%s%s", directory, name, suffixes[i]);
		bool found = access(path.bytes, F_OK) == 0 && !is_directory(path.bytes);
		if (found)
			output_format(&out, "%s\n", path.bytes);
		text_free(&path);
		if (found)
			return true;
	}
	struct text path = {};
	text_format(&path, "%s/cmds.wasm", directory);
	bool found = command_find(name) && access(path.bytes, F_OK) == 0;
	if (found)
		output_format(&out, "%s (%s)\n", path.bytes, name);
	text_free(&path);
	return found;
}

static bool which(const char *name, bool all)
{
	const char *path = getenv("PATH");
	char *list = memory_string(path ? path : "/bin"), *save;
	bool found = false;
	for (char *directory = strtok_r(list, ":", &save); directory && (all || !found);
		directory = strtok_r(nullptr, ":", &save))
		found |= which_in(directory, name);
	free(list);
	return found;
}

int command_which(int count, char **arguments)
{
	bool all = false;
	for (int option; (option = option_next(count, arguments, "a")) >= 0;)
		all |= option == 'a';
	for (; optind < count; optind++)
		if (!which(arguments[optind], all))
			command_status = 1;
	return command_status;
}

int command_readlink(int count, char **arguments)
{
	if (count < 2)
		die_usage();
	for (int i = 1; i < count; i++) {
		char target[4096];
		ssize_t size = readlink(arguments[i], target, sizeof target);
		if (size < 0) {
			command_status = 1;
			continue;
		}
		output_bytes(&out, target, (size_t)size);
		output_char(&out, '\n');
	}
	return command_status;
}

static void system_read(struct system_record *system)
{
	void *records;
	size_t count;
	*system = (struct system_record){};
	int error = craton_records(INFO_KIND_SYSTEM, 0, sizeof *system, &records, &count);
	if (error)
		die("the system does not answer: %s", strerror(error));
	if (count > 0)
		memcpy(system, records, sizeof *system);
	free(records);
}

int command_hostname(int, char **)
{
	const char *name = getenv("HOSTNAME");
	output_format(&out, "%s\n", name ? name : "craton");
	return 0;
}

int command_uname(int count, char **arguments)
{
	bool name = false, release = false, machine = false;
	for (int option; (option = option_next(count, arguments, "asrm")) >= 0;) {
		name |= option == 's' || option == 'a';
		release |= option == 'r' || option == 'a';
		machine |= option == 'm' || option == 'a';
	}
	if (!name && !release && !machine)
		name = true;
	struct system_record system = {};
	if (release || machine)
		system_read(&system);
	if (name)
		output_format(&out, "Craton%s", release || machine ? " " : "");
	if (release)
		output_format(&out, "%.32s%s", (const char *)system.version, machine ? " " : "");
	if (machine)
		output_format(&out, "%.64s", (const char *)system.machine);
	output_char(&out, '\n');
	return 0;
}
