// SPDX-License-Identifier: MIT OR Apache-2.0
// Programs that the shell started: one job per pipeline. Starting, waiting, telling how they ended.
#ifndef SHELL_JOB_H
#define SHELL_JOB_H

#include "shell.h"

#include <craton.h>

struct process {
	int fd; // stands for the process; -1 once it was waited for
	uint64_t pid;
	char *name;
	struct process_exit exit;
};

struct job {
	struct job *next;
	struct process *processes; // left to right
	size_t count, capacity;
	char *text; // for `jobs`
	int number; // %1 ...; 0: in the foreground
	int status; // of the last stage if that could not be started, else 0
};

struct jobs *jobs_make(void);
void jobs_free(struct jobs *jobs); // forgets running ones; they go on

struct job *job_make(void);
void job_free(struct job *job);
// Starts a program as the job's next process, with descriptors 0..2 of `fds` and `extra` more
// pairs. 0 or an errno.
int job_spawn(struct job *job, const struct craton_program *program);
// Waits for all processes, with Ctrl-C going to them; reports abnormal ends. The job's status.
int job_wait(struct shell *shell, struct job *job);
// So many jobs run in the background at most: the system limits a program's children, and some must
// be left for what is typed then.
constexpr unsigned JOBS_RUNNING_MAX = 40;
// False: so many run already.
bool jobs_have_room(struct shell *shell);
// Moves a job to the background list.
void job_background(struct shell *shell, struct job *job, char *text);
// Reports and forgets background jobs that ended. `all`: lists the running ones too.
void jobs_report(struct shell *shell, struct output *out, bool all);
// %n, or the job with this process; null: none.
struct job *jobs_find(struct shell *shell, const char *name);
struct job *jobs_first(struct shell *shell);
void jobs_remove(struct shell *shell, struct job *job); // frees it
void job_kill(struct job *job, int reason);

// "wc: memory limit of 64 MiB reached"; false: it ended in an ordinary way.
bool exit_describe(struct text *out, const char *name, const struct process_exit *exit);

#endif
