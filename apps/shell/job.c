// SPDX-License-Identifier: MIT OR Apache-2.0
// See job.h. Ctrl-C: an interactive shell makes one process of the job the terminal's foreground;
// when that one was interrupted, the shell interrupts the others. A shell that gets the interrupt
// itself (in a script) passes it on to all.
// Tests: tests/host/apps/cases/job_*.sh
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasm/status.h>
#include <wasm/trap.h>

struct jobs {
	struct job *list;
};

struct jobs *jobs_make(void)
{
	return memory_get(sizeof(struct jobs));
}

struct job *job_make(void)
{
	return memory_get(sizeof(struct job));
}

void job_free(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		if (job->processes[i].fd >= 0)
			(void)close(job->processes[i].fd);
		free(job->processes[i].name);
	}
	free(job->processes);
	free(job->text);
	free(job);
}

void jobs_free(struct jobs *jobs)
{
	while (jobs->list) {
		struct job *job = jobs->list;
		jobs->list = job->next;
		job_free(job);
	}
	free(jobs);
}

// Last part of a path, without ".wasm"; malloc'd.
static char *program_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = memory_string(slash && slash[1] ? slash + 1 : path);
	size_t length = strlen(name);
	if (length > 5 && strcmp(name + length - 5, ".wasm") == 0)
		name[length - 5] = 0;
	return name;
}

int job_spawn(struct job *job, const struct craton_program *program)
{
	int fd;
	int error = craton_spawn(program, &fd);
	if (error)
		return error;
	struct process process = {.fd = fd, .name = program_name(program->arguments[0])};
	(void)craton_process_id(fd, &process.pid);
	job->processes =
		array_room(job->processes, job->count, &job->capacity, sizeof *job->processes);
	job->processes[job->count++] = process;
	return 0;
}

// --- How a program ended ----------------------------------------------------------------------

static void describe_trap(struct text *out, uint64_t kind)
{
	static const char *const texts[] = {
#define X(name, text) text,
		WASM_TRAP_LIST(X)
#undef X
	};
	if (kind < sizeof texts / sizeof texts[0])
		text_format(out, "%s (trap)", texts[kind]);
	else
		text_format(out, "trap %llu", (unsigned long long)kind);
}

// The place in the file, if the module is wrong; 0: nobody can say what is wrong.
static void describe_module(struct text *out, uint64_t detail)
{
	static const char *const texts[] = {
#define X(name, text) text,
		WASM_STATUS_LIST(X)
#undef X
	};
	uint64_t status = detail & 0xffff;
	if (status == 0 || status >= sizeof texts / sizeof texts[0])
		text_string(out, "it could not be compiled or loaded within its limits");
	else
		text_format(out, "not a valid program: %s", texts[status]);
	if (detail >> 16 != 0)
		text_format(out, " at byte %llu", (unsigned long long)(detail >> 16));
}

static void describe_size(struct text *out, uint64_t bytes)
{
	static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
	size_t unit = 0;
	while (unit < 3 && bytes >= 1024 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	text_format(out, "%llu %s", (unsigned long long)bytes, units[unit]);
}

static void describe_cause(struct text *out, const struct process_exit *exit)
{
	switch (exit->cause) {
	case EXIT_CAUSE_KILLED:
		text_format(out, "killed (reason %u)", exit->status > 128 ? exit->status - 128 : 0);
		break;
	case EXIT_CAUSE_INTERRUPTED:
		text_string(out, "interrupted");
		break;
	case EXIT_CAUSE_TRAPPED:
		describe_trap(out, exit->detail);
		break;
	case EXIT_CAUSE_MEMORY_LIMIT:
		text_string(out, "memory limit of ");
		describe_size(out, exit->detail);
		text_string(out, " reached");
		break;
	case EXIT_CAUSE_TIME_LIMIT:
		text_format(out, "CPU time limit of %llu ms reached",
			(unsigned long long)(exit->detail / 1000000));
		break;
	case EXIT_CAUSE_FAULTED:
		text_format(out, "fault at address 0x%llx", (unsigned long long)exit->detail);
		break;
	case EXIT_CAUSE_BAD_IMAGE:
		describe_module(out, exit->detail);
		break;
	default:
		text_string(out, "its runtime was lost; start it again");
	}
}

bool exit_describe(struct text *out, const char *name, const struct process_exit *exit)
{
	if (exit->cause == EXIT_CAUSE_EXITED || exit->cause == EXIT_CAUSE_BROKEN_PIPE)
		return false;
	text_format(out, "%s: ", name);
	describe_cause(out, exit);
	return true;
}

static void exit_report(struct shell *shell, const struct process *process)
{
	struct text message = {};
	if (exit_describe(&message, process->name, &process->exit)) {
		text_char(&message, '\n');
		if (shell->fds.real[2] >= 0)
			(void)write_all(shell->fds.real[2], message.bytes, message.length);
		if (shell->terminal >= 0)
			(void)craton_tty_raw(shell->terminal, 0);
	}
	text_free(&message);
}

// --- Waiting ----------------------------------------------------------------------------------

void job_kill(struct job *job, int reason)
{
	for (size_t i = 0; i < job->count; i++)
		if (job->processes[i].fd >= 0 && job->processes[i].pid)
			(void)craton_kill(job->processes[i].pid, reason);
}

static void process_end(struct shell *shell, struct process *process)
{
	(void)close(process->fd);
	process->fd = -1;
	shell->children_cpu_ns += process->exit.cpu_ns;
}

static void process_wait(struct shell *shell, struct job *job, struct process *process)
{
	if (shell->terminal >= 0)
		(void)craton_tty_foreground(shell->terminal, process->fd);
	int error = craton_wait(process->fd, &process->exit);
	while (error == EINTR) {
		(void)craton_interrupts();
		shell_interrupted(shell);
		job_kill(job, 2);
		error = craton_wait(process->fd, &process->exit);
	}
	if (error)
		process->exit =
			(struct process_exit){.status = 126, .cause = EXIT_CAUSE_RUNTIME_LOST};
	process_end(shell, process);
}

int job_wait(struct shell *shell, struct job *job)
{
	bool interrupted = false;
	for (size_t i = job->count; i-- > 0;) {
		struct process *process = &job->processes[i];
		if (process->fd < 0)
			continue;
		process_wait(shell, job, process);
		if (process->exit.cause == EXIT_CAUSE_INTERRUPTED && !interrupted) {
			interrupted = true;
			job_kill(job, 2);
		}
		if (!(interrupted && i + 1 < job->count))
			exit_report(shell, process);
	}
	if (shell->terminal >= 0)
		(void)craton_tty_foreground(shell->terminal, -1);
	if (interrupted)
		shell_interrupted(shell);
	if (job->status || job->count == 0)
		return job->status;
	return (int)(job->processes[job->count - 1].exit.status & 255);
}

// --- Background -------------------------------------------------------------------------------

void job_background(struct shell *shell, struct job *job, char *text)
{
	struct job **link = &shell->jobs->list;
	int number = 1;
	for (; *link; link = &(*link)->next)
		number = (*link)->number + 1;
	*link = job;
	job->number = number;
	job->text = text;
	if (job->count > 0)
		shell->last_background = job->processes[job->count - 1].pid;
	if (shell->interactive && shell->fds.real[2] >= 0) {
		struct text message = {};
		text_format(&message, "[%d] %llu\n", number,
			(unsigned long long)shell->last_background);
		(void)write_all(shell->fds.real[2], message.bytes, message.length);
		text_free(&message);
	}
}

// Looks without waiting; true if all processes have ended.
static bool job_ended(struct shell *shell, struct job *job)
{
	bool ended = true;
	for (size_t i = 0; i < job->count; i++) {
		struct process *process = &job->processes[i];
		if (process->fd < 0)
			continue;
		if (craton_wait_now(process->fd, &process->exit) != 0) {
			ended = false;
			continue;
		}
		process_end(shell, process);
		exit_report(shell, process);
	}
	return ended;
}

// Looking takes the ends of those that ended, so that their places are free.
bool jobs_have_room(struct shell *shell)
{
	unsigned running = 0;
	for (struct job *job = shell->jobs->list; job; job = job->next)
		running += !job_ended(shell, job);
	return running < JOBS_RUNNING_MAX;
}

void jobs_remove(struct shell *shell, struct job *job)
{
	struct job **link = &shell->jobs->list;
	while (*link && *link != job)
		link = &(*link)->next;
	if (*link)
		*link = job->next;
	job_free(job);
}

void jobs_report(struct shell *shell, struct output *out, bool all)
{
	struct job *next;
	for (struct job *job = shell->jobs->list; job; job = next) {
		next = job->next;
		bool ended = job_ended(shell, job);
		unsigned status = job->count ? job->processes[job->count - 1].exit.status : 0;
		if (ended && status)
			output_format(out, "[%d] ended with status %u\t%s\n", job->number, status,
				job->text);
		else if (ended || all)
			output_format(out, "[%d] %s\t%s\n", job->number, ended ? "done" : "running",
				job->text);
		if (ended && shell->interactive)
			jobs_remove(shell, job);
	}
}

struct job *jobs_first(struct shell *shell)
{
	return shell->jobs->list;
}

static bool job_has(const struct job *job, uint64_t pid)
{
	for (size_t i = 0; i < job->count; i++)
		if (job->processes[i].pid == pid)
			return true;
	return false;
}

struct job *jobs_find(struct shell *shell, const char *name)
{
	uint64_t number = strtoull(name + (name[0] == '%'), nullptr, 10);
	struct job *last = nullptr;
	for (struct job *job = shell->jobs->list; job; job = job->next) {
		last = job;
		if (name[0] == '%' ? (uint64_t)job->number == number : job_has(job, number))
			return job;
	}
	return strcmp(name, "%%") == 0 || strcmp(name, "%+") == 0 ? last : nullptr;
}
