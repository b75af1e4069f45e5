// SPDX-License-Identifier: MIT OR Apache-2.0
// The kernel's trace as JSON in the trace-event format that Perfetto and Chrome read: a track for
// each CPU with the threads that ran there, a track for each thread with its system calls, arrows
// for messages. Names come from the interface description.
// Tests: tests/system/trace_test.py
#ifndef COMMANDS_TRACE_JSON_H
#define COMMANDS_TRACE_JSON_H

#include "../lib/stream.h"

#include <craton.h>

// Everything is borrowed. The entries are sorted by time.
void trace_json(struct output *to, struct trace_entry *entries, size_t count,
	const struct thread_record *threads, size_t thread_count);

#endif
