// SPDX-License-Identifier: MIT OR Apache-2.0
// man: the pages of apps/manual, which lie one after the other in one file; a line `.page NAME`
// begins each.
// Tests: tests/tools/test_manual.py (the pages), tests/system/terminal.py
#include "command.h"
#include "pager.h"

#include <string.h>
#include <unistd.h>

static const char manual_path[] = "/share/man/manual";
static const char mark[] = ".page ";

static void manual_read(struct input *input, const char *, void *context)
{
	const char *bytes;
	size_t size;
	while (input_chunk(input, &bytes, &size))
		text_add(context, bytes, size);
}

// The start of the page's text; `*name` is the page's name, up to the line's end. Null: no more.
static const char *page_next(const char *at, const char **name, size_t *name_size)
{
	while (at && strncmp(at, mark, sizeof mark - 1) != 0) {
		at = strchr(at, '\n');
		at = at ? at + 1 : nullptr;
	}
	if (!at)
		return nullptr;
	*name = at + sizeof mark - 1;
	*name_size = strcspn(*name, "\n");
	return *name + *name_size + ((*name)[*name_size] == '\n');
}

static size_t page_size(const char *page)
{
	const char *end = strstr(page, "\n.page ");
	return end ? (size_t)(end - page) + 1 : strlen(page);
}

static bool has_word(const char *page, size_t size, const char *word)
{
	size_t length = strlen(word);
	for (size_t at = 0; at + length <= size; at++)
		if (strncasecmp(page + at, word, length) == 0)
			return true;
	return false;
}

// The line below `NAME`: name and summary.
static void line_print(const char *page)
{
	const char *line = strchr(page, '\n');
	line = line ? line + 1 : page;
	line += strspn(line, " ");
	output_bytes(&out, line, strcspn(line, "\n"));
	output_char(&out, '\n');
}

// Lists the pages in whose text the word is; all if it is empty.
static bool pages_list(const char *manual, const char *word)
{
	const char *name;
	size_t name_size;
	bool found = false;
	for (const char *page = manual; (page = page_next(page, &name, &name_size));) {
		if (!has_word(page, page_size(page), word))
			continue;
		line_print(page);
		found = true;
	}
	return found;
}

static void page_show(const char *manual, const char *wanted)
{
	const char *name, *page = manual;
	size_t size;
	while ((page = page_next(page, &name, &size)))
		if (strlen(wanted) == size && memcmp(name, wanted, size) == 0)
			break;
	if (!page)
		die("there is no page `%s'; `man' lists them, `man -k WORD' searches", wanted);
	struct text text = {};
	text_add(&text, page, page_size(page));
	pager_show(&text, wanted);
	text_free(&text);
}

int command_man(int count, char **arguments)
{
	const char *word = nullptr;
	char path[sizeof manual_path];
	memcpy(path, manual_path, sizeof path);
	char *paths[] = {path, nullptr};
	struct text manual = {};
	while (option_next(count, arguments, "k:") >= 0)
		word = optarg;
	if (count - optind > (word ? 0 : 1))
		die_usage();
	inputs_visit(paths, manual_read, &manual);
	if (command_status != 0 || manual.length == 0)
		return 1;
	if (!word && optind < count)
		page_show(manual.bytes, arguments[optind]);
	else if (!pages_list(manual.bytes, word ? word : ""))
		die("no page has the word `%s'", word);
	text_free(&manual);
	return command_status;
}
