// SPDX-License-Identifier: MIT OR Apache-2.0
// head: reads no more than it needs to know.
#include "command.h"

#include <ctype.h>
#include <unistd.h>

struct head {
	uint64_t limit;
	bool bytes, titles, started;
};

static void head_bytes(struct input *input, uint64_t limit)
{
	const char *bytes;
	size_t size;
	while (limit > 0 && input_chunk(input, &bytes, &size)) {
		if (size > limit)
			size = (size_t)limit;
		output_bytes(&out, bytes, size);
		limit -= size;
	}
}

static void head_lines(struct input *input, uint64_t limit)
{
	const char *line;
	size_t size;
	while (limit-- > 0 && input_line(input, &line, &size))
		output_bytes(&out, line, size);
}

static void head_file(struct input *input, const char *name, void *context)
{
	struct head *head = context;
	if (head->titles)
		output_format(&out, "%s==> %s <==\n", head->started ? "\n" : "",
			name ? name : "standard input");
	head->started = true;
	if (head->bytes)
		head_bytes(input, head->limit);
	else
		head_lines(input, head->limit);
}

int command_head(int count, char **arguments)
{
	struct head head = {.limit = 10};
	// head -5 is head -n 5.
	if (count > 1 && arguments[1][0] == '-' && isdigit((unsigned char)arguments[1][1])) {
		head.limit = number_read(arguments[1] + 1);
		arguments++;
		count--;
	}
	for (int option; (option = option_next(count, arguments, "n:c:")) >= 0;) {
		head.bytes = option == 'c';
		head.limit = number_read(optarg);
	}
	head.titles = count - optind > 1;
	inputs_visit(arguments + optind, head_file, &head);
	return command_status;
}
