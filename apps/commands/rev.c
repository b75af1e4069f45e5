// SPDX-License-Identifier: MIT OR Apache-2.0
// rev: reverses each line by characters.
#include "../lib/utf8.h"
#include "command.h"

#include <unistd.h>

static void rev_input(struct input *input, const char *name, void *context)
{
	const char *line;
	size_t size;
	(void)name, (void)context;
	while (input_line(input, &line, &size)) {
		bool newline = line[size - 1] == '\n';
		for (size_t at = size - newline; at > 0;) {
			size_t before = utf8_previous(line, at);
			output_bytes(&out, line + before, at - before);
			at = before;
		}
		if (newline)
			output_char(&out, '\n');
	}
}

int command_rev(int count, char **arguments)
{
	if (option_next(count, arguments, "") >= 0)
		die_usage();
	inputs_visit(arguments + optind, rev_input, nullptr);
	return command_status;
}
