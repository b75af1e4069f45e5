// SPDX-License-Identifier: MIT OR Apache-2.0
// See program.h.
// Tests: tests/host/apps/cases/command_*.sh, subshell_*.sh
#include "program.h"

#include "fields.h"
#include "inherit.h"
#include "unparse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// --- The list of a multi-call binary ----------------------------------------------------------

// The newest list read, so that a loop of commands does not read it each time.
static struct {
	char *directory, *names; // names: one per line, with a newline before the first
} list_cache;

static char *file_read(const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return nullptr;
	struct input input = {.fd = fd};
	struct text text = {};
	const char *bytes;
	size_t size;
	text_char(&text, '\n');
	while (input_chunk(&input, &bytes, &size))
		text_add(&text, bytes, size);
	input_free(&input);
	(void)close(fd);
	return text_take(&text);
}

static const char *list_read(const char *directory)
{
	if (list_cache.directory && strcmp(list_cache.directory, directory) == 0)
		return list_cache.names;
	struct text path = {};
	text_format(&path, "%s/commands.list", directory);
	char *names = file_read(path.bytes);
	text_free(&path);
	if (!names)
		return nullptr;
	free(list_cache.directory);
	free(list_cache.names);
	list_cache.directory = memory_string(directory);
	list_cache.names = names;
	return names;
}

static bool list_has(const char *names, const char *name)
{
	size_t length = strlen(name);
	for (const char *at = names; (at = strchr(at, '\n'));) {
		at++;
		if (strncmp(at, name, length) == 0 && at[length] == '\n')
			return true;
	}
	return false;
}

// --- $PATH ------------------------------------------------------------------------------------

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && !S_ISDIR(status.st_mode);
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
	const char *names = list_read(directory);
	text_clear(&path);
	text_format(&path, "%s/cmds.wasm", directory);
	if (names && list_has(names, name) && is_file(path.bytes))
		return text_take(&path);
	text_free(&path);
	return nullptr;
}

// Steps through $PATH; each directory is malloc'd; null at the end.
static char *next_directory(const char **path)
{
	if (!*path)
		return nullptr;
	size_t length = strcspn(*path, ":");
	char *directory = length ? memory_copy(*path, length) : memory_string(".");
	*path = (*path)[length] ? *path + length + 1 : nullptr;
	return directory;
}

char *program_find(struct shell *shell, const char *name)
{
	if (strchr(name, '/'))
		return memory_string(name);
	if (!*name)
		return nullptr;
	const char *path = variable_get(&shell->variables, "PATH");
	for (char *directory; (directory = next_directory(&path));) {
		char *found = find_in(directory, name);
		free(directory);
		if (found)
			return found;
	}
	return nullptr;
}

static void add_list_names(const char *directory, const char *prefix, struct fields *names)
{
	const char *at = list_read(directory);
	size_t length = strlen(prefix);
	while (at && (at = strchr(at, '\n'))) {
		size_t size = strcspn(++at, "\n");
		if (size > 0 && strncmp(at, prefix, length) == 0)
			fields_add(names, memory_copy(at, size));
	}
}

static void add_directory_names(const char *path, const char *prefix, struct fields *names)
{
	DIR *directory = opendir(path);
	if (!directory)
		return;
	for (struct dirent *entry; (entry = readdir(directory));) {
		size_t size = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		if (size > 5 && strcmp(entry->d_name + size - 5, ".wasm") == 0)
			size -= 5;
		fields_add(names, memory_copy(entry->d_name, size));
	}
	(void)closedir(directory);
}

void program_names(struct shell *shell, const char *prefix, struct fields *names)
{
	const char *path = variable_get(&shell->variables, "PATH");
	for (char *directory; (directory = next_directory(&path));) {
		add_directory_names(directory, prefix, names);
		add_list_names(directory, prefix, names);
		free(directory);
	}
}

// --- Starting ---------------------------------------------------------------------------------

static int report(struct shell *shell, const char *name, const char *message, int status)
{
	shell_error(shell, "%s: %s", name, message);
	return status;
}

static uint32_t standard_descriptors(
	const struct descriptors *fds, struct spawn_descriptor map[SHELL_FDS], int count)
{
	uint32_t used = 0;
	for (int i = 0; i < count; i++)
		if (fds->real[i] >= 0)
			map[used++] = (struct spawn_descriptor){
				.child_fd = i < 3 ? i : INHERIT_FD_BASE + i,
				.parent_fd = fds->real[i]};
	return used;
}

static int spawn(struct shell *shell, const char *path, char **arguments,
	const struct descriptors *fds, int fd_count, struct job *job)
{
	struct spawn_descriptor map[SHELL_FDS];
	char **environment = environment_make(&shell->variables);
	char *directory = getcwd(nullptr, 0);
	struct craton_program program = {
		.path = path,
		.arguments = arguments,
		.environment = environment,
		.directory = directory,
		.descriptors = map,
		.descriptor_count = standard_descriptors(fds, map, fd_count),
	};
	int error = job_spawn(job, &program);
	free(directory);
	environment_free(environment);
	return error;
}

static bool file_is_text(const char *path)
{
	char start[256];
	int fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, start, sizeof start);
	(void)close(fd);
	return size >= 0 && !memchr(start, 0, (size_t)size);
}

static int start_script(struct shell *shell, const char *path, char **arguments,
	const struct descriptors *fds, struct job *job)
{
	struct fields list = {};
	fields_add(&list, memory_string(shell->program));
	fields_add(&list, memory_string(path));
	for (char **argument = arguments + 1; *argument; argument++)
		fields_add(&list, memory_string(*argument));
	int error = spawn(shell, shell->program, list.items, fds, 3, job);
	fields_free(&list);
	return error;
}

static int start_error(struct shell *shell, const char *name, const char *path, int error)
{
	struct stat status;
	if (error == ENOENT)
		return report(shell, name, "no such file or directory", 127);
	if (error == EAGAIN)
		return report(shell, name, "too many programs are running", 126);
	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		return report(shell, name, "is a directory", 126);
	if (error == ENOEXEC)
		return report(shell, name, "is no program (WASM or ELF) and no script", 126);
	return report(shell, name, strerror(error), 126);
}

int program_start(
	struct shell *shell, char **arguments, const struct descriptors *fds, struct job *job)
{
	char *path = program_find(shell, arguments[0]);
	if (!path)
		return report(shell, arguments[0], "command not found (try `help')", 127);
	struct stat status;
	int error = stat(path, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
	if (!error)
		error = spawn(shell, path, arguments, fds, 3, job);
	if (error == ENOEXEC && file_is_text(path))
		error = start_script(shell, path, arguments, fds, job);
	int result = error ? start_error(shell, arguments[0], path, error) : 0;
	free(path);
	return result;
}

int subshell_start(struct shell *shell, const struct node *node, const struct descriptors *fds,
	struct job *job)
{
	struct text commands = {};
	struct fields arguments = {};
	unparse(&commands, node);
	inherit_arguments(shell, fds, commands.bytes ? commands.bytes : "", &arguments);
	int error = spawn(shell, shell->program, arguments.items, fds, SHELL_FDS, job);
	fields_free(&arguments);
	text_free(&commands);
	return error ? report(shell, shell->program, strerror(error), 126) : 0;
}
