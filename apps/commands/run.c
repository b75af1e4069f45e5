// SPDX-License-Identifier: MIT OR Apache-2.0
// See run.h. Programs are found along $PATH as the shell finds them (apps/shell/program.h).
#include "run.h"

#include "command.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_file(const char *path)
{
	return access(path, F_OK) == 0 && !is_directory(path);
}

static char *find_in(const char *directory, const char *name)
{
	static const char *const suffixes[] = {"", ".wasm"};
	struct text path = {};
	for (size_t i = 0; i < 2; i++) {
		text_clear(&path);
		text_format(&path, "%s/%s%s", directory, name, suffixes[i]);
		if (is_file(path.bytes))
			return text_take(&path);
	}
	text_clear(&path);
	text_format(&path, "%s/cmds.wasm", directory);
	if (command_find(name) && is_file(path.bytes))
		return text_take(&path);
	text_free(&path);
	return nullptr;
}

static char *program_find(const char *name)
{
	if (strchr(name, '/'))
		return memory_string(name);
	const char *path = getenv("PATH");
	char *list = memory_string(path ? path : "/bin"), *save, *found = nullptr;
	for (char *directory = strtok_r(list, ":", &save); directory && !found;
		directory = strtok_r(nullptr, ":", &save))
		found = find_in(directory, name);
	free(list);
	return found;
}

static int start(const char *path, char **arguments, char **environment, bool no_input, int *fd)
{
	int ends[2] = {0, -1};
	if (no_input && craton_pipe(ends) == 0)
		(void)close(ends[1]);
	const struct spawn_descriptor map[] = {{0, ends[0]}, {1, 1}, {2, 2}};
	char *directory = getcwd(nullptr, 0);
	const struct craton_program program = {.path = path,
		.arguments = arguments,
		.environment = environment,
		.directory = directory,
		.descriptors = map,
		.descriptor_count = 3};
	int error = craton_spawn(&program, fd);
	free(directory);
	if (ends[0] != 0)
		(void)close(ends[0]);
	return error;
}

int program_run(char **arguments, char **environment, bool no_input)
{
	char *path = program_find(arguments[0]);
	int fd, error = path ? 0 : ENOENT;
	(void)output_flush(&out);
	if (!error)
		error = start(path, arguments, environment, no_input, &fd);
	free(path);
	if (error) {
		complain("%s: %s", arguments[0], strerror(error));
		return error == ENOENT ? 127 : 126;
	}
	struct process_exit exit = {.status = 126};
	error = craton_wait(fd, &exit);
	(void)close(fd);
	if (error)
		complain("%s: %s", arguments[0], strerror(error));
	return (int)(exit.status & 255);
}
