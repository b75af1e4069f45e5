// SPDX-License-Identifier: MIT OR Apache-2.0
// One program, many commands: the name it is called by selects one; `cmds NAME ...` works too.
// Tests: tests/host/apps/cases
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct command command_table[] = {
#define COMMAND(name, function, usage, summary) {name, usage, summary, function},
#include "commands.h"
#undef COMMAND
};

const size_t command_count = sizeof command_table / sizeof command_table[0];

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i].name, name) == 0)
			return &command_table[i];
	return nullptr;
}

// Called by its own name: the command is the first argument.
static const struct command *select_command(int *count, char ***arguments)
{
	char *name = *count > 0 ? memory_string(path_base((*arguments)[0])) : memory_string("cmds");
	char *suffix = strstr(name, ".wasm");
	if (suffix && !suffix[5])
		*suffix = 0;
	if (strcmp(name, "cmds") == 0 && *count > 1) {
		--*count;
		++*arguments;
		free(name);
		name = memory_string((*arguments)[0]);
	}
	const struct command *command = command_find(strcmp(name, "cmds") == 0 ? "help" : name);
	free(name);
	return command;
}

// Output that could not be written is an error, unless nobody wanted it.
static int finish(int status)
{
	int error = output_flush(&out);
	if (error == EPIPE)
		_exit(141);
	if (error) {
		complain("write error: %s", strerror(error));
		return 1;
	}
	return status;
}

static void flush_at_exit(void)
{
	(void)output_flush(&out);
}

int main(int count, char **arguments)
{
	command_running = select_command(&count, &arguments);
	if (!command_running) {
		static const struct command self = {.name = "cmds"};
		command_running = &self;
		die("there is no command `%s'; `help' lists them", arguments[0]);
	}
	(void)atexit(flush_at_exit);
	if (count > 1 && strcmp(arguments[1], "--help") == 0) {
		command_help(command_running);
		return finish(0);
	}
	return finish(command_running->run(count, arguments));
}
