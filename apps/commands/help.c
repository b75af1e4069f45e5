// SPDX-License-Identifier: MIT OR Apache-2.0
// help: the table of commands, from which also every --help comes.
#include "command.h"

int command_help_main(int count, char **arguments)
{
	if (count > 2)
		die_usage();
	if (count == 2) {
		const struct command *command = command_find(arguments[1]);
		if (!command)
			die("there is no command `%s'; `help' lists them", arguments[1]);
		command_help(command);
		output_format(&out, "  `man %s' tells more.\n", command->name);
		return 0;
	}
	for (size_t i = 0; i < command_count; i++)
		output_format(
			&out, "  %-10s %s\n", command_table[i].name, command_table[i].summary);
	output_string(&out, "`help NAME' shows how a command is used; so does `NAME --help'. "
			    "`man NAME' tells more.\n");
	return 0;
}
