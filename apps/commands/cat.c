// SPDX-License-Identifier: MIT OR Apache-2.0
// cat: copies 64 KiB at a time; -n numbers the lines across all files.
#include "command.h"

#include <unistd.h>

struct cat {
	bool number;
	unsigned line;
	bool at_start;
};

static void cat_numbered(struct input *input, struct cat *cat)
{
	const char *line;
	size_t size;
	while (input_line(input, &line, &size)) {
		if (cat->at_start)
			output_format(&out, "%6u\t", ++cat->line);
		output_bytes(&out, line, size);
		cat->at_start = line[size - 1] == '\n';
	}
}

static void cat_file(struct input *input, const char *name, void *context)
{
	struct cat *cat = context;
	if (cat->number)
		cat_numbered(input, cat);
	else
		(void)input_copy(input, name);
}

int command_cat(int count, char **arguments)
{
	struct cat cat = {.at_start = true};
	for (int option; (option = option_next(count, arguments, "nu")) >= 0;)
		cat.number |= option == 'n';
	inputs_visit(arguments + optind, cat_file, &cat);
	return command_status;
}
