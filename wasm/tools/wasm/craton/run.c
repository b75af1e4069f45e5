// SPDX-License-Identifier: MIT OR Apache-2.0
// The tool as a program of Craton: `run` starts the module as the shell would, with limits; code
// that runs is made by the system's compile worker. `spec` would need code in this process.
#include "tools/wasm/tool.h"

#include <craton.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

// A program knows nothing of the CPU: images for every CPU.
uint32_t wasm_cpu_features_detect(void)
{
	return 0;
}

bool wasm_cpu_is_supported(void)
{
	return true;
}

static bool parse_number(const char *text, uint64_t factor, uint64_t *number)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	*number = value * factor;
	return *text != 0 && *end == 0 && value > 0;
}

// The index of the program, or `count`: wrong usage.
static int parse(int count, char **arguments, struct craton_program *program)
{
	int i = 0;
	for (; i < count && strncmp(arguments[i], "--", 2) == 0; i++) {
		const char *memory = tool_option(count, arguments, &i, "--memory");
		const char *time = memory ? nullptr : tool_option(count, arguments, &i, "--time");
		if (memory ? !parse_number(memory, 1 << 20, &program->memory_limit)
			   : !time || !parse_number(time, 1000000000, &program->time_limit_ns)) {
			fprintf(stderr,
				"wasm: run: `%s' is not known here; --memory and --time are\n",
				arguments[i]);
			return count;
		}
	}
	return i;
}

int run_command(int count, char **arguments)
{
	static const struct spawn_descriptor same[] = {{0, 0}, {1, 1}, {2, 2}};
	char directory[1024];
	struct craton_program program = {.environment = environ,
		.directory = getcwd(directory, sizeof(directory)),
		.descriptors = same,
		.descriptor_count = 3};
	struct process_exit exit = {};
	int process;
	int first = parse(count, arguments, &program);
	if (first >= count)
		return tool_usage("run");
	program.path = arguments[first];
	program.arguments = arguments + first;
	int error = craton_spawn(&program, &process);
	if (!error)
		error = craton_wait(process, &exit);
	if (error) {
		fprintf(stderr, "%s: %s\n", arguments[first], strerror(error));
		return TOOL_NOT_RUN;
	}
	if (exit.cause == EXIT_CAUSE_BAD_IMAGE)
		fprintf(stderr, "%s: %s at byte %llu\n", arguments[first],
			wasm_status_text((enum wasm_status)(exit.detail & 0xffff)),
			(unsigned long long)(exit.detail >> 16));
	return (int)exit.status;
}

int spec_command(int count, char **arguments)
{
	(void)count;
	(void)arguments;
	fputs("wasm: spec: a program cannot run code that it has made itself; where the system is\n"
	      "built, `make test T=system/spec` runs the suite inside it\n",
		stderr);
	return TOOL_FAILED;
}
