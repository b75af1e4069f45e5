// SPDX-License-Identifier: MIT OR Apache-2.0
// See history.h. The file is one line per entry; when it has grown to twice what is kept, opening
// writes it anew. A file that cannot be written is not an error.
// Tests: tests/host/apps/editor_test.c
#include "history.h"

#include "../lib/stream.h"
#include "../lib/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct history shell_history;

static void line_append(struct history *history, const char *line, size_t size)
{
	if (history->count == HISTORY_MAX) {
		free(history->lines[0]);
		memmove(history->lines, history->lines + 1,
			(HISTORY_MAX - 1) * sizeof *history->lines);
		history->count--;
	}
	history->lines = array_room(
		history->lines, history->count, &history->capacity, sizeof *history->lines);
	history->lines[history->count++] = memory_copy(line, size);
}

static size_t file_load(struct history *history)
{
	int fd = open(history->path, O_RDONLY);
	if (fd < 0)
		return 0;
	struct input input = {.fd = fd};
	const char *line;
	size_t size, lines = 0;
	for (; input_line(&input, &line, &size); lines++) {
		if (line[size - 1] == '\n')
			size--;
		if (size > 0)
			line_append(history, line, size);
	}
	input_free(&input);
	(void)close(fd);
	return lines;
}

static void file_write(const struct history *history, size_t from, int flags)
{
	int fd = history->path ? open(history->path, O_WRONLY | O_CREAT | flags, 0600) : -1;
	if (fd < 0)
		return;
	struct text text = {};
	for (; from < history->count; from++)
		text_format(&text, "%s\n", history->lines[from]);
	if (text.length)
		(void)write_all(fd, text.bytes, text.length);
	text_free(&text);
	(void)close(fd);
}

void history_open(struct history *history, const char *path)
{
	history->path = memory_string(path);
	if (file_load(history) > 2 * HISTORY_MAX)
		file_write(history, 0, O_TRUNC);
}

void history_add(struct history *history, const char *line)
{
	size_t size = strlen(line);
	while (size > 0 && line[size - 1] == '\n')
		size--;
	if (size == 0 || memchr(line, '\n', size))
		return;
	const char *last = history->count ? history->lines[history->count - 1] : "";
	if (strlen(last) == size && memcmp(last, line, size) == 0)
		return;
	line_append(history, line, size);
	file_write(history, history->count - 1, O_APPEND);
}

void history_clear(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		free(history->lines[i]);
	history->count = 0;
	file_write(history, 0, O_TRUNC);
}

size_t history_search(const struct history *history, size_t before, const char *part)
{
	while (before-- > 0)
		if (strstr(history->lines[before], part))
			return before;
	return HISTORY_NONE;
}
