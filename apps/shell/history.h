// SPDX-License-Identifier: MIT OR Apache-2.0
// The lines typed so far, kept in a file when that can be written.
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#include <stddef.h>

constexpr size_t HISTORY_MAX = 500;

struct history {
	char **lines; // oldest first
	size_t count, capacity;
	char *path; // null: not kept
};

extern struct history shell_history;

// Reads the file, if there is one; later lines are appended to it.
void history_open(struct history *history, const char *path);
// Adds a line unless it is empty or the same as the last one.
void history_add(struct history *history, const char *line);
void history_clear(struct history *history);
// Index of the newest line before `before` that contains `part`; HISTORY_NONE.
constexpr size_t HISTORY_NONE = (size_t)-1;
size_t history_search(const struct history *history, size_t before, const char *part);

#endif
