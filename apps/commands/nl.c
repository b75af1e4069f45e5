// SPDX-License-Identifier: MIT OR Apache-2.0
// nl: numbers lines; -b a all, -b t (default) those that are not empty.
#include "command.h"

#include <string.h>
#include <unistd.h>

struct nl {
	bool all;
	unsigned number;
};

static void nl_input(struct input *input, const char *name, void *context)
{
	struct nl *nl = context;
	const char *line;
	size_t size;
	(void)name;
	while (input_line(input, &line, &size)) {
		size -= line[size - 1] == '\n';
		if (nl->all || size > 0)
			output_format(&out, "%6u\t", ++nl->number);
		else
			output_string(&out, "       ");
		output_bytes(&out, line, size);
		output_char(&out, '\n');
	}
}

int command_nl(int count, char **arguments)
{
	struct nl nl = {};
	for (int option; (option = option_next(count, arguments, "b:")) >= 0;) {
		if (strcmp(optarg, "a") != 0 && strcmp(optarg, "t") != 0)
			die_usage();
		nl.all = optarg[0] == 'a';
	}
	inputs_visit(arguments + optind, nl_input, &nl);
	return command_status;
}
