// SPDX-License-Identifier: MIT OR Apache-2.0
// wasm: runs, checks, compiles and shows WebAssembly modules.
#include "tools/wasm/tool.h"

#include <stdio.h>
#include <string.h>

#include "tools/wasm/commands.h"

static void print_all(FILE *to)
{
	fputs("usage: wasm COMMAND [ARGUMENT]...\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\nModules are binary, or text (it begins with a parenthesis).\n"
	      "`wasm help COMMAND` says more about one.\n",
		to);
}

static void print_help(FILE *to, const char *name)
{
	for (size_t i = 0; name != nullptr && i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0) {
			fputs(commands[i].usage, to);
			return;
		}
	print_all(to);
}

void tool_help(const char *name)
{
	print_help(stdout, name);
}

int tool_usage(const char *name)
{
	print_help(stderr, name);
	return TOOL_USAGE;
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

int main(int count, char **arguments)
{
	if (count >= 2 && (is_help(arguments[1]) || strcmp(arguments[1], "help") == 0)) {
		tool_help(count > 2 ? arguments[2] : nullptr);
		return TOOL_OK;
	}
	for (size_t i = 0; count >= 2 && i < COMMANDS; i++) {
		if (strcmp(arguments[1], commands[i].name) != 0)
			continue;
		if (count == 3 && is_help(arguments[2])) {
			tool_help(arguments[1]);
			return TOOL_OK;
		}
		return commands[i].run(count - 2, arguments + 2);
	}
	if (count >= 2)
		fprintf(stderr, "wasm: there is no command `%s'\n", arguments[1]);
	return tool_usage(nullptr);
}
