// SPDX-License-Identifier: MIT OR Apache-2.0
// env: prints the environment, or runs a program with a changed one.
#include "command.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static bool is_definition(const char *word)
{
	return word && word[0] != '=' && strchr(word, '=');
}

int command_env(int count, char **arguments)
{
	int at = 1;
	if (at < count && (strcmp(arguments[at], "-i") == 0 || strcmp(arguments[at], "-") == 0)) {
		clearenv();
		at++;
	} else if (at < count && arguments[at][0] == '-') {
		die_usage();
	}
	for (; is_definition(arguments[at]); at++)
		(void)putenv(arguments[at]);
	static char *empty[] = {nullptr};
	char **environment = environ ? environ : empty;
	if (at < count)
		return program_run(arguments + at, environment, false);
	for (char **entry = environment; *entry; entry++)
		output_format(&out, "%s\n", *entry);
	return 0;
}
