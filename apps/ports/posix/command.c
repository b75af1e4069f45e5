// SPDX-License-Identifier: MIT OR Apache-2.0
// system(), popen() and pclose() of POSIX, with the shell as a program of Craton.
#include "posix.h"

#include <craton.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHELL      "/bin/sh"
#define PIPES_MOST 16

extern char **environ;

// Streams of popen and their programs.
static struct {
	FILE *stream;
	int process;
} pipes[PIPES_MOST];

static int start(const char *command, const struct spawn_descriptor descriptors[3], int *process)
{
	char *const arguments[] = {"sh", "-c", (char *)command, nullptr};
	char directory[1024];
	struct craton_program program = {
		.path = SHELL,
		.arguments = arguments,
		.environment = environ,
		.directory = getcwd(directory, sizeof directory),
		.descriptors = descriptors,
		.descriptor_count = 3,
	};
	(void)fflush(nullptr);
	return craton_spawn(&program, process);
}

// The status as wait() would give it: WIFEXITED and WEXITSTATUS take it apart.
static int finish(int process)
{
	struct process_exit exit;
	int error = craton_wait(process, &exit);
	(void)close(process);
	if (error) {
		errno = error;
		return -1;
	}
	return exit.cause == EXIT_CAUSE_KILLED ? (int)(exit.status & 127) : (int)exit.status << 8;
}

int system(const char *command)
{
	static const struct spawn_descriptor same[] = {{0, 0}, {1, 1}, {2, 2}};
	int process;
	if (!command)
		return 1;
	int error = start(command, same, &process);
	if (error) {
		errno = error;
		return -1;
	}
	return finish(process);
}

// The stream is this side's end of the pipe, `ends[own]`; the program gets the other as `number`.
static FILE *connect(const char *command, const int ends[2], int own, int number, size_t place)
{
	struct spawn_descriptor descriptors[] = {{0, 0}, {1, 1}, {2, 2}};
	descriptors[number].parent_fd = ends[1 - own];
	FILE *stream = fdopen(ends[own], own == 0 ? "r" : "w");
	int error = stream ? start(command, descriptors, &pipes[place].process) : errno;
	(void)close(ends[1 - own]);
	if (error) {
		if (stream)
			(void)fclose(stream);
		else
			(void)close(ends[own]);
		errno = error;
		return nullptr;
	}
	pipes[place].stream = stream;
	return stream;
}

FILE *popen(const char *command, const char *mode)
{
	int own = mode[0] == 'r' ? 0 : 1;
	int ends[2];
	size_t place = 0;
	while (place < PIPES_MOST && pipes[place].stream)
		place++;
	if (place == PIPES_MOST || (mode[0] != 'r' && mode[0] != 'w')) {
		errno = place == PIPES_MOST ? EMFILE : EINVAL;
		return nullptr;
	}
	int error = craton_pipe(ends);
	if (error) {
		errno = error;
		return nullptr;
	}
	return connect(command, ends, own, 1 - own, place);
}

int pclose(FILE *stream)
{
	for (size_t i = 0; stream && i < PIPES_MOST; i++) {
		if (pipes[i].stream != stream)
			continue;
		pipes[i].stream = nullptr;
		(void)fclose(stream);
		return finish(pipes[i].process);
	}
	errno = EINVAL;
	return -1;
}
