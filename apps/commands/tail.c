// SPDX-License-Identifier: MIT OR Apache-2.0
// tail: keeps a window of the last bytes; -f waits for changes of the file.
#include "command.h"

#include <craton.h>

#include <ctype.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct tail {
	uint64_t limit;
	bool bytes, from_start, follow, titles, started;
};

static void skip_then_copy(struct input *input, const struct tail *tail)
{
	uint64_t skip = tail->limit ? tail->limit - 1 : 0;
	const char *bytes;
	size_t size;
	while (skip > 0 && !tail->bytes && input_line(input, &bytes, &size))
		skip--;
	while (input_chunk(input, &bytes, &size)) {
		size_t drop = tail->bytes && skip < size ? (size_t)skip : tail->bytes ? size : 0;
		skip -= drop;
		output_bytes(&out, bytes + drop, size - drop);
	}
}

// Where the last `lines` lines start.
static size_t lines_start(const struct text *window, uint64_t lines)
{
	size_t at = window->length;
	if (at > 0 && window->bytes[at - 1] == '\n')
		at--;
	while (at > 0 && !(window->bytes[at - 1] == '\n' && --lines == 0))
		at--;
	return at;
}

static size_t window_start(const struct text *window, const struct tail *tail)
{
	if (tail->limit == 0)
		return window->length;
	if (tail->bytes)
		return window->length > tail->limit ? window->length - (size_t)tail->limit : 0;
	return window->length ? lines_start(window, tail->limit) : 0;
}

static void copy_last(struct input *input, const struct tail *tail)
{
	struct text window = {};
	const char *bytes;
	size_t size, trim_at = 4 * STREAM_BUFFER;
	while (input_chunk(input, &bytes, &size)) {
		text_add(&window, bytes, size);
		if (window.length < trim_at)
			continue;
		text_remove(&window, 0, window_start(&window, tail));
		trim_at = 2 * window.length + 4 * STREAM_BUFFER;
	}
	size_t start = window_start(&window, tail);
	output_bytes(&out, window.bytes + start, window.length - start);
	text_free(&window);
}

// Waits until the file may have more. Where nobody can tell, a quarter of a second. False:
// interrupted.
static bool change_wait(int changes)
{
	const struct timespec pause = {.tv_nsec = 250000000};
	char events[512];
	if (changes < 0)
		return nanosleep(&pause, nullptr) == 0;
	return read(changes, events, sizeof events) > 0;
}

static void follow(struct input *input)
{
	int changes;
	if (craton_watch(input->fd, CHANGE_CONTENTS, &changes) != 0)
		changes = -1;
	for (;;) {
		const char *bytes;
		size_t size;
		input->ended = false;
		while (input_chunk(input, &bytes, &size))
			output_bytes(&out, bytes, size);
		if (output_flush(&out) || input->error || !change_wait(changes))
			return;
	}
}

static void tail_file(struct input *input, const char *name, void *context)
{
	struct tail *tail = context;
	if (tail->titles)
		output_format(&out, "%s==> %s <==\n", tail->started ? "\n" : "",
			name ? name : "standard input");
	tail->started = true;
	if (tail->from_start)
		skip_then_copy(input, tail);
	else
		copy_last(input, tail);
	if (tail->follow)
		follow(input);
}

int command_tail(int count, char **arguments)
{
	struct tail tail = {.limit = 10};
	if (count > 1 && strchr("+-", arguments[1][0]) && isdigit((unsigned char)arguments[1][1])) {
		tail.from_start = arguments[1][0] == '+';
		tail.limit = number_read(arguments[1] + 1);
		arguments++;
		count--;
	}
	for (int option; (option = option_next(count, arguments, "fn:c:")) >= 0;) {
		if (option == 'f') {
			tail.follow = true;
			continue;
		}
		tail.bytes = option == 'c';
		tail.from_start = *optarg == '+';
		tail.limit = number_read(optarg + (*optarg == '+' || *optarg == '-'));
	}
	tail.titles = count - optind > 1;
	if (tail.follow && tail.titles)
		die("-f takes one file");
	inputs_visit(arguments + optind, tail_file, &tail);
	return command_status;
}
