// SPDX-License-Identifier: MIT OR Apache-2.0
// cut: bytes, characters (UTF-8) or fields of each line.
#include "../lib/utf8.h"
#include "command.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr int CUT_RANGES = 64;

struct cut {
	struct {
		size_t first, last;
	} ranges[CUT_RANGES];
	int range_count;
	char mode, delimiter; // b, c or f
	bool only_delimited;
};

static void range_add(struct cut *cut, const char *word)
{
	char *at = (char *)word;
	size_t first = 1, last;
	if (*at != '-')
		first = strtoul(at, &at, 10);
	last = first;
	if (*at == '-') {
		at++;
		last = *at ? strtoul(at, &at, 10) : SIZE_MAX;
	}
	if (*at || first == 0 || last < first)
		die("%s: ranges are like 2, 2-4, 2- or -4, from 1", word);
	if (cut->range_count == CUT_RANGES)
		die("at most %d ranges", CUT_RANGES);
	cut->ranges[cut->range_count].first = first;
	cut->ranges[cut->range_count++].last = last;
}

static void list_read(struct cut *cut, char mode, char *list)
{
	if (cut->mode)
		die_usage();
	cut->mode = mode;
	for (char *save, *word = strtok_r(list, ", ", &save); word;
		word = strtok_r(nullptr, ", ", &save))
		range_add(cut, word);
	if (cut->range_count == 0)
		die_usage();
}

static bool is_chosen(const struct cut *cut, size_t index)
{
	for (int i = 0; i < cut->range_count; i++)
		if (index >= cut->ranges[i].first && index <= cut->ranges[i].last)
			return true;
	return false;
}

static void cut_characters(const struct cut *cut, const char *line, size_t size)
{
	size_t index = 1;
	for (size_t at = 0; at < size; index++) {
		uint32_t character;
		size_t length =
			cut->mode == 'b' ? 1 : utf8_decode(line + at, size - at, &character);
		if (is_chosen(cut, index))
			output_bytes(&out, line + at, length);
		at += length;
	}
	output_char(&out, '\n');
}

static void cut_fields(const struct cut *cut, const char *line, size_t size)
{
	if (!memchr(line, cut->delimiter, size)) {
		if (cut->only_delimited)
			return;
		output_bytes(&out, line, size);
		output_char(&out, '\n');
		return;
	}
	bool some = false;
	const char *end = line + size;
	for (size_t index = 1; line <= end; index++) {
		const char *stop = memchr(line, cut->delimiter, (size_t)(end - line));
		if (!stop)
			stop = end;
		if (is_chosen(cut, index)) {
			if (some)
				output_char(&out, cut->delimiter);
			output_bytes(&out, line, (size_t)(stop - line));
			some = true;
		}
		line = stop + 1;
	}
	output_char(&out, '\n');
}

static void cut_input(struct input *input, const char *name, void *context)
{
	const struct cut *cut = context;
	const char *line;
	size_t size;
	(void)name;
	while (input_line(input, &line, &size)) {
		size -= line[size - 1] == '\n';
		if (cut->mode == 'f')
			cut_fields(cut, line, size);
		else
			cut_characters(cut, line, size);
	}
}

int command_cut(int count, char **arguments)
{
	struct cut cut = {.delimiter = '\t'};
	for (int option; (option = option_next(count, arguments, "b:c:f:d:sn")) >= 0;) {
		if (option == 'd')
			cut.delimiter = optarg[0];
		else if (option == 's')
			cut.only_delimited = true;
		else if (option != 'n')
			list_read(&cut, (char)option, optarg);
	}
	if (!cut.mode)
		die_usage();
	inputs_visit(arguments + optind, cut_input, &cut);
	return command_status;
}
