// SPDX-License-Identifier: MIT OR Apache-2.0
// Builtins that decide what runs next: loops, functions, other texts, jobs.
// Tests: tests/host/apps/cases/builtin_flow.sh, job_*.sh
#include "builtin.h"
#include "execute.h"
#include "job.h"
#include "parser.h"
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool number_read(struct shell *shell, const char *name, const char *word, long *value)
{
	char *end;
	*value = strtol(word, &end, 10);
	if (end != word && !*end && *value >= 0)
		return true;
	shell_abort(shell, 2, "%s: %s: a number is expected", name, word);
	return false;
}

static int leave_loops(struct shell *shell, int count, char **arguments, enum flow flow)
{
	long levels = 1;
	if (count > 1 && !number_read(shell, arguments[0], arguments[1], &levels))
		return 2;
	if (levels == 0) {
		shell_abort(shell, 2, "%s: 0: at least 1 is expected", arguments[0]);
		return 2;
	}
	if (shell->loops == 0)
		return 0;
	shell->flow = flow;
	shell->flow_levels = levels > shell->loops ? shell->loops : (int)levels;
	return 0;
}

BUILTIN(builtin_break)
{
	(void)out;
	return leave_loops(shell, count, arguments, FLOW_BREAK);
}

BUILTIN(builtin_continue)
{
	(void)out;
	return leave_loops(shell, count, arguments, FLOW_CONTINUE);
}

static int leave(struct shell *shell, int count, char **arguments, enum flow flow)
{
	long status = shell->status;
	if (count > 1 && !number_read(shell, arguments[0], arguments[1], &status))
		return 2;
	shell->flow = flow;
	return (int)(status & 255);
}

BUILTIN(builtin_return)
{
	(void)out;
	return leave(shell, count, arguments, shell->functions_active ? FLOW_RETURN : FLOW_EXIT);
}

BUILTIN(builtin_exit)
{
	(void)out;
	return leave(shell, count, arguments, FLOW_EXIT);
}

// --- Texts ------------------------------------------------------------------------------------

static char *file_text(struct shell *shell, const char *path)
{
	int fd = open(path, O_RDONLY);
	if (fd < 0) {
		shell_error(shell, "%s: %s", path, strerror(errno));
		return nullptr;
	}
	struct input input = {.fd = fd};
	struct text text = {};
	const char *bytes;
	size_t size;
	while (input_chunk(&input, &bytes, &size))
		text_add(&text, bytes, size);
	int error = input.error;
	input_free(&input);
	(void)close(fd);
	if (error) {
		shell_error(shell, "%s: %s", path, strerror(error));
		text_free(&text);
		return nullptr;
	}
	return text_take(&text);
}

// A file without '/' is looked for along $PATH, then here.
static char *source_find(struct shell *shell, const char *name)
{
	char *found = strchr(name, '/') ? nullptr : program_find(shell, name);
	return found ? found : memory_string(name);
}

static void run_sourced(struct shell *shell, const char *text)
{
	int line = shell->line;
	shell->status = 0;
	shell->functions_active++;
	run_text(shell, text);
	shell->functions_active--;
	shell->line = line;
	if (shell->flow == FLOW_RETURN)
		shell->flow = FLOW_NEXT;
}

BUILTIN(builtin_source)
{
	(void)out;
	if (count < 2) {
		shell_error(shell, "usage: . FILE [ARGUMENT...]");
		return 2;
	}
	char *path = source_find(shell, arguments[1]);
	char *text = file_text(shell, path);
	free(path);
	if (!text)
		return 2;
	char **outer = shell->arguments;
	int outer_count = shell->argument_count;
	if (count > 2) {
		shell->arguments = nullptr;
		shell_arguments(shell, count - 2, arguments + 2);
	}
	run_sourced(shell, text);
	if (count > 2) {
		shell_arguments(shell, 0, nullptr);
		free(shell->arguments);
		shell->arguments = outer;
		shell->argument_count = outer_count;
	}
	free(text);
	return shell->status;
}

BUILTIN(builtin_eval)
{
	(void)out;
	struct text text = {};
	for (int i = 1; i < count; i++)
		text_format(&text, "%s%s", i > 1 ? " " : "", arguments[i]);
	int line = shell->line;
	shell->status = 0;
	if (text.length)
		run_text(shell, text.bytes);
	shell->line = line;
	text_free(&text);
	return shell->status;
}

// There is no way to replace a running program: the shell waits and ends with the same status.
BUILTIN(builtin_exec)
{
	(void)out;
	if (count == 1)
		return 0;
	int status = execute_arguments(shell, arguments + 1, false);
	if (shell->flow == FLOW_NEXT && !(shell->interactive && status >= 126))
		shell->flow = FLOW_EXIT;
	return status;
}

// --- Kinds of commands ------------------------------------------------------------------------

static void describe_path(struct output *out, const char *name, const char *path, bool terse)
{
	if (terse)
		output_format(out, "%s\n", path);
	else
		output_format(out, "%s is %s\n", name, path);
}

static bool describe(struct shell *shell, const char *name, bool terse, struct output *out)
{
	const char *alias = alias_find(shell, name, strlen(name));
	if (alias)
		output_format(
			out, terse ? "alias %s='%s'\n" : "%s is an alias for %s\n", name, alias);
	else if (word_is_reserved(name))
		output_format(out, terse ? "%s\n" : "%s is a shell keyword\n", name);
	else if (function_find(shell, name))
		output_format(out, terse ? "%s\n" : "%s is a shell function\n", name);
	else if (builtin_find(name))
		output_format(out, terse ? "%s\n" : "%s is a shell builtin\n", name);
	else {
		char *path = program_find(shell, name);
		bool exists = path && access(path, F_OK) == 0;
		if (exists)
			describe_path(out, name, path, terse);
		free(path);
		return exists;
	}
	return true;
}

BUILTIN(builtin_type)
{
	int status = 0;
	for (int i = 1; i < count; i++) {
		if (describe(shell, arguments[i], false, out))
			continue;
		output_format(out, "%s: not found\n", arguments[i]);
		status = 127;
	}
	return status;
}

BUILTIN(builtin_command)
{
	bool terse = count > 1 && strcmp(arguments[1], "-v") == 0;
	bool verbose = count > 1 && strcmp(arguments[1], "-V") == 0;
	if (terse || verbose)
		return count > 2 && describe(shell, arguments[2], terse, out) ? 0 : 127;
	bool skip =
		count > 1 && (strcmp(arguments[1], "--") == 0 || strcmp(arguments[1], "-p") == 0);
	if (count <= 1 + skip)
		return 0;
	(void)output_flush(out);
	return execute_arguments(shell, arguments + 1 + skip, false);
}

// --- time -------------------------------------------------------------------------------------

static uint64_t clock_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
		return 0;
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

BUILTIN(builtin_time)
{
	(void)out;
	if (count == 1)
		return 0;
	uint64_t start = clock_now(), cpu = shell->children_cpu_ns;
	int status = execute_arguments(shell, arguments + 1, true);
	uint64_t real = (clock_now() - start) / 1000, used = (shell->children_cpu_ns - cpu) / 1000;
	struct text line = {};
	text_format(&line, "real %llu.%06llus  cpu %llu.%06llus\n",
		(unsigned long long)(real / 1000000), (unsigned long long)(real % 1000000),
		(unsigned long long)(used / 1000000), (unsigned long long)(used % 1000000));
	if (shell->fds.real[2] >= 0)
		(void)write_all(shell->fds.real[2], line.bytes, line.length);
	text_free(&line);
	return status;
}

// --- Jobs -------------------------------------------------------------------------------------

static int wait_job(struct shell *shell, struct job *job)
{
	int terminal = shell->terminal;
	shell->terminal = -1;
	int status = job_wait(shell, job);
	shell->terminal = terminal;
	jobs_remove(shell, job);
	return status;
}

BUILTIN(builtin_wait)
{
	(void)out;
	int status = 0;
	if (count == 1)
		while (jobs_first(shell) && shell->flow == FLOW_NEXT)
			(void)wait_job(shell, jobs_first(shell));
	for (int i = 1; i < count && shell->flow == FLOW_NEXT; i++) {
		struct job *job = jobs_find(shell, arguments[i]);
		if (!job)
			status = 127;
		else
			status = wait_job(shell, job);
	}
	return status;
}

BUILTIN(builtin_jobs)
{
	(void)count, (void)arguments;
	jobs_report(shell, out, true);
	return 0;
}

BUILTIN(builtin_fg)
{
	struct job *job = jobs_find(shell, count > 1 ? arguments[1] : "%%");
	if (!job) {
		shell_error(shell, "fg: there is no such job");
		return 1;
	}
	output_format(out, "%s\n", job->text);
	(void)output_flush(out);
	int status = job_wait(shell, job);
	jobs_remove(shell, job);
	return status;
}

static int reason_read(const char *word)
{
	static const struct {
		const char *name;
		int reason;
	} names[] = {{"HUP", 1}, {"INT", 2}, {"QUIT", 3}, {"KILL", 9}, {"TERM", 15}};
	if (strncmp(word, "SIG", 3) == 0)
		word += 3;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i].name, word) == 0)
			return names[i].reason;
	char *end;
	long value = strtol(word, &end, 10);
	return *end || end == word || value < 1 || value > 127 ? -1 : (int)value;
}

static int kill_one(struct shell *shell, const char *word, int reason)
{
	if (word[0] == '%') {
		struct job *job = jobs_find(shell, word);
		if (job)
			job_kill(job, reason);
		else
			shell_error(shell, "kill: %s: there is no such job", word);
		return job ? 0 : 1;
	}
	char *end;
	uint64_t pid = strtoull(word, &end, 10);
	int error = *end || end == word ? EINVAL : craton_kill(pid, reason);
	if (error)
		shell_error(shell, "kill: %s: %s", word,
			error == EINVAL ? "a process number or %job is expected" : strerror(error));
	return error ? 1 : 0;
}

BUILTIN(builtin_kill)
{
	(void)out;
	int reason = 15, first = 1, status = 0;
	if (count > 2 && strcmp(arguments[1], "-s") == 0) {
		reason = reason_read(arguments[2]);
		first = 3;
	} else if (count > 1 && arguments[1][0] == '-' && arguments[1][1]) {
		reason = reason_read(arguments[1] + 1);
		first = 2;
	}
	if (reason < 0 || first >= count) {
		shell_error(shell, "usage: %s", builtin_find("kill")->usage);
		return 2;
	}
	for (int i = first; i < count; i++)
		status |= kill_one(shell, arguments[i], reason);
	return status;
}
