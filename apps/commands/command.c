// SPDX-License-Identifier: MIT OR Apache-2.0
// See command.h.
// Tests: tests/host/apps/cases
#include "command.h"

#include <craton.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command *command_running;
struct output out = {.fd = 1};
int command_status;

// --- Messages ---------------------------------------------------------------------------------

static void message(const char *format, va_list arguments)
{
	struct text text = {};
	text_format(&text, "%s: ", command_running->name);
	text_vformat(&text, format, arguments);
	text_char(&text, '\n');
	(void)output_flush(&out);
	(void)write_all(2, text.bytes, text.length);
	text_free(&text);
}

void complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	message(format, arguments);
	va_end(arguments);
	command_status = 1;
}

void complain_file(const char *path)
{
	complain("%s: %s", path, strerror(errno));
}

void die(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	message(format, arguments);
	va_end(arguments);
	exit(command_status = command_status > 1 ? command_status : 1);
}

void die_usage(void)
{
	struct text text = {};
	text_format(&text, "usage: %s\n", command_running->usage);
	(void)output_flush(&out);
	(void)write_all(2, text.bytes, text.length);
	text_free(&text);
	exit(2);
}

void command_help(const struct command *command)
{
	output_format(&out, "usage: %s\n  %s\n", command->usage, command->summary);
}

// --- Arguments --------------------------------------------------------------------------------

int option_next(int count, char **arguments, const char *known)
{
	opterr = 0;
	int option = getopt(count, arguments, known);
	if (option == '?')
		die_usage();
	return option;
}

uint64_t number_read(const char *word)
{
	static const char units[] = "KMG";
	char *end;
	errno = 0;
	uint64_t value = strtoull(word, &end, 10);
	const char *unit = *end ? strchr(units, *end) : nullptr;
	if (unit) {
		value <<= 10 * (unit - units + 1);
		end++;
	}
	if (end == word || *end || errno || word[0] == '-')
		die("%s: a number is expected", word);
	return value;
}

// --- Files ------------------------------------------------------------------------------------

void input_check(const struct input *input, const char *name)
{
	if (input->error)
		complain("%s: %s", name ? name : "standard input", strerror(input->error));
}

static void input_visit(const char *path,
	void (*visit)(struct input *input, const char *name, void *context), void *context)
{
	bool standard = !path || strcmp(path, "-") == 0;
	int fd = standard ? 0 : open(path, O_RDONLY);
	if (fd < 0) {
		complain_file(path);
		return;
	}
	struct input input = {.fd = fd};
	visit(&input, path, context);
	input_check(&input, path);
	input_free(&input);
	if (!standard)
		(void)close(fd);
}

void inputs_visit(char **paths, void (*visit)(struct input *input, const char *name, void *context),
	void *context)
{
	if (!*paths)
		input_visit(nullptr, visit, context);
	for (; *paths; paths++)
		input_visit(*paths, visit, context);
}

bool input_copy(struct input *input, const char *name)
{
	const char *bytes;
	size_t size;
	(void)name;
	while (!out.error && input_chunk(input, &bytes, &size)) {
		output_bytes(&out, bytes, size);
		// What comes from a terminal or pipe goes on at once.
		if (size < STREAM_BUFFER)
			(void)output_flush(&out);
	}
	return !input->error;
}

char *path_join(const char *directory, const char *name)
{
	struct text path = {};
	size_t length = strlen(directory);
	bool slash = length > 0 && directory[length - 1] == '/';
	text_format(&path, "%s%s%s", directory, slash || !length ? "" : "/", name);
	return text_take(&path);
}

const char *path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

bool is_directory(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static int names_compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

bool directory_names(const char *path, char ***names, size_t *count)
{
	DIR *directory = opendir(path);
	size_t capacity = 0;
	*names = nullptr;
	*count = 0;
	if (!directory) {
		complain_file(path);
		return false;
	}
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*names = array_room(*names, *count, &capacity, sizeof **names);
		(*names)[(*count)++] = memory_string(entry->d_name);
	}
	(void)closedir(directory);
	if (*count > 1)
		qsort(*names, *count, sizeof **names, names_compare);
	return true;
}

void names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

// --- Output -----------------------------------------------------------------------------------

void size_format(char text[16], uint64_t size)
{
	static const char units[] = "KMGTPE";
	if (size < 1024) {
		snprintf(text, 16, "%u", (unsigned)size);
		return;
	}
	int unit = 0;
	while (size >= 1024 * 1024) {
		size /= 1024;
		unit++;
	}
	uint64_t tenths = (size * 10 + 1023) / 1024;
	if (tenths < 100)
		snprintf(text, 16, "%u.%u%c", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
			units[unit]);
	else
		snprintf(text, 16, "%u%c", (unsigned)((size + 1023) / 1024), units[unit]);
}

size_t terminal_columns(void)
{
	struct tty_state state = {};
	if (craton_tty_state(1, &state) != 0)
		return 0;
	return state.columns ? state.columns : 80;
}
