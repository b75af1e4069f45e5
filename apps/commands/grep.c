// SPDX-License-Identifier: MIT OR Apache-2.0
// grep: prints lines that match. Status 0 if any did, 1 if none, 2 on errors.
// Whole words (-w): a match between word characters is tried again one byte later.
#include "../lib/utf8.h"
#include "command.h"
#include "regex.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct grep {
	struct regex *regex;
	struct text patterns;
	uint64_t limit; // lines per file; UINT64_MAX: none
	int flags;
	bool some_pattern;
	bool invert, numbers, count, names_only, names_without, only, quiet, words;
	bool recursive, colour;
	int names; // -1: if there are several files
	bool found;
};

static bool is_word(char byte)
{
	unsigned char letter = (unsigned char)byte | 0x20;
	return byte == '_' || (letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9');
}

// The next match from `from` on, heeding -w.
static bool match_find(
	struct grep *grep, const char *line, size_t size, size_t from, size_t *start, size_t *end)
{
	if (!grep->words)
		return regex_search(grep->regex, line, size, from, start, end);
	for (; from <= size; from = *start + 1) {
		if (!regex_search(grep->regex, line, size, from, start, end))
			return false;
		bool before = *start > 0 && is_word(line[*start - 1]);
		bool after = *end < size && is_word(line[*end]);
		if (!before && !after)
			return true;
	}
	return false;
}

static bool line_matches(struct grep *grep, const char *line, size_t size)
{
	size_t start, end;
	bool found = grep->words ? match_find(grep, line, size, 0, &start, &end)
				 : regex_search(grep->regex, line, size, 0, nullptr, nullptr);
	return found != grep->invert;
}

static void print_prefix(const struct grep *grep, const char *name, uint64_t number)
{
	if (grep->names > 0)
		output_format(&out, grep->colour ? "\033[35m%s\033[0m:" : "%s:",
			name ? name : "(standard input)");
	if (grep->numbers)
		output_format(&out, grep->colour ? "\033[32m%llu\033[0m:" : "%llu:",
			(unsigned long long)number);
}

static void print_matches(
	struct grep *grep, const char *name, uint64_t number, const char *line, size_t size)
{
	size_t from = 0, start, end;
	while (from <= size && match_find(grep, line, size, from, &start, &end)) {
		if (end > start) {
			print_prefix(grep, name, number);
			output_bytes(&out, line + start, end - start);
			output_char(&out, '\n');
		}
		from = end > start ? end : end + 1;
	}
}

static void print_coloured(struct grep *grep, const char *line, size_t size)
{
	size_t from = 0, start, end;
	while (from < size && match_find(grep, line, size, from, &start, &end) && end > start) {
		output_bytes(&out, line + from, start - from);
		output_string(&out, "\033[1;31m");
		output_bytes(&out, line + start, end - start);
		output_string(&out, "\033[0m");
		from = end;
	}
	output_bytes(&out, line + from, size - from);
}

static void print_line(
	struct grep *grep, const char *name, uint64_t number, const char *line, size_t size)
{
	if (grep->only) {
		if (!grep->invert)
			print_matches(grep, name, number, line, size);
		return;
	}
	print_prefix(grep, name, number);
	if (grep->colour && !grep->invert)
		print_coloured(grep, line, size);
	else
		output_bytes(&out, line, size);
	output_char(&out, '\n');
}

static void print_summary(const struct grep *grep, const char *name, uint64_t matched)
{
	const char *shown = name ? name : "(standard input)";
	if (grep->quiet)
		return;
	if (grep->names_only || grep->names_without) {
		if ((matched > 0) == grep->names_only)
			output_format(&out, "%s\n", shown);
	} else if (grep->count) {
		if (grep->names > 0)
			output_format(&out, "%s:", shown);
		output_format(&out, "%llu\n", (unsigned long long)matched);
	}
}

static void grep_input(struct input *input, const char *name, void *context)
{
	struct grep *grep = context;
	uint64_t number = 0, matched = 0;
	const char *line;
	size_t size;
	bool one = grep->quiet || grep->names_only || grep->names_without;
	while (matched < grep->limit && input_line(input, &line, &size)) {
		number++;
		size -= line[size - 1] == '\n';
		if (!line_matches(grep, line, size))
			continue;
		matched++;
		if (one)
			break;
		if (!grep->count)
			print_line(grep, name, number, line, size);
	}
	grep->found |= matched > 0;
	print_summary(grep, name, matched);
}

static void grep_tree(struct grep *grep, const char *path, int depth)
{
	char **names;
	size_t count;
	char *list[] = {(char *)path, nullptr};
	if (!is_directory(path) || depth > TREE_DEPTH_MAX) {
		inputs_visit(list, grep_input, grep);
		return;
	}
	if (!directory_names(path, &names, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		char *inner = strcmp(path, ".") == 0 && depth < 0 ? memory_string(names[i])
								  : path_join(path, names[i]);
		struct stat status;
		if (lstat(inner, &status) == 0 && !S_ISLNK(status.st_mode))
			grep_tree(grep, inner, depth + 1);
		free(inner);
	}
	names_free(names, count);
}

static void pattern_add(struct grep *grep, const char *pattern)
{
	if (grep->some_pattern)
		text_char(&grep->patterns, '\n');
	text_string(&grep->patterns, pattern);
	grep->some_pattern = true;
}

static void option_flag(struct grep *grep, int option)
{
	switch (option) {
	case 'E':
		grep->flags |= REGEX_EXTENDED;
		break;
	case 'F':
		grep->flags |= REGEX_FIXED;
		break;
	case 'i':
		grep->flags |= REGEX_NO_CASE;
		break;
	case 'x':
		grep->flags |= REGEX_LINE;
		break;
	case 'h':
	case 'H':
		grep->names = option == 'H';
		break;
	case 'r':
		grep->recursive = true;
		break;
	}
	grep->words |= option == 'w';
	grep->count |= option == 'c';
	grep->names_only |= option == 'l';
	grep->names_without |= option == 'L';
	grep->numbers |= option == 'n';
	grep->only |= option == 'o';
	grep->quiet |= option == 'q';
	grep->invert |= option == 'v';
}

static void options_read(struct grep *grep, int count, char **arguments)
{
	for (int option; (option = option_next(count, arguments, "EFGchHilLnoqrsvwxe:m:")) >= 0;) {
		if (option == 'e')
			pattern_add(grep, optarg);
		else if (option == 'm')
			grep->limit = number_read(optarg);
		else
			option_flag(grep, option);
	}
	if (!grep->some_pattern) {
		if (optind == count)
			die_usage();
		pattern_add(grep, arguments[optind++]);
	}
}

int command_grep(int count, char **arguments)
{
	struct grep grep = {.limit = UINT64_MAX, .names = -1};
	const char *error = nullptr;
	options_read(&grep, count, arguments);
	grep.regex = regex_make(grep.patterns.bytes ? grep.patterns.bytes : "", grep.flags, &error);
	if (!grep.regex) {
		complain("%s: %s", grep.patterns.bytes, error);
		return 2;
	}
	char **paths = arguments + optind;
	if (grep.names < 0)
		grep.names = grep.recursive || count - optind > 1;
	grep.colour = terminal_columns() > 0;
	if (!grep.recursive)
		inputs_visit(paths, grep_input, &grep);
	else if (!*paths)
		grep_tree(&grep, ".", -1);
	for (; grep.recursive && *paths; paths++)
		grep_tree(&grep, *paths, 0);
	regex_free(grep.regex);
	text_free(&grep.patterns);
	if (command_status && !(grep.quiet && grep.found))
		return 2;
	return grep.found ? 0 : 1;
}
