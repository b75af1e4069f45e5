// SPDX-License-Identifier: MIT OR Apache-2.0
/* The log's lines, the newest LOG_LINES of them, and the names of those who write. All of it lies
 * in the estate. Tests: tests/host/services/log_ring_test.c */
#pragma once

#include <abi/protocol/log.h>
#include <craton/runtime.h>

#define LOG_LINES  1024u
#define LOG_NAMES  256u
#define LOG_SOURCE sizeof(((struct log_line *)nullptr)->source)
#define LOG_TEXT   sizeof(((struct log_line *)nullptr)->text)

struct log_name {
	uint64_t key; /* badge + 1; 0: free */
	char text[LOG_SOURCE];
};

struct log_ring {
	uint64_t next;      /* number of the next line; the first has 0 */
	uint32_t next_name; /* the name that is replaced when there are too many */
	uint32_t reserved;
	struct log_name names[LOG_NAMES];
	struct log_line lines[LOG_LINES];
};

/* Appends a line: text up to its end, a newline, or what fits, with control characters as `?`. */
void log_append(struct log_ring *ring, uint64_t now, uint32_t level, uint64_t badge,
	const uint8_t *text, size_t size);

/* The first line at or behind `*sequence`, and the number behind it; nullptr: none. */
const struct log_line *log_line_at(const struct log_ring *ring, uint64_t *sequence);

/* Gives a badge a name. */
void log_set_name(struct log_ring *ring, uint64_t badge, const uint8_t *text, size_t size);
