// SPDX-License-Identifier: MIT OR Apache-2.0
// craton.h over POSIX, so that the shell and commands run natively under sanitizers. Processes are
// named by descriptor numbers from PROCESS_BASE on. `sh --inherit` descriptors work as they do on
// Craton. Interrupts and the system's records are not there.
#include <craton.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr int PROCESS_MAX = 4096;

static pid_t processes[PROCESS_MAX]; // by descriptor: the reading end of a pipe that nobody writes

static void child_descriptors(const struct craton_program *program)
{
	int copies[16] = {};
	// First out of the way, then into place.
	for (uint32_t i = 0; i < program->descriptor_count && i < 16; i++)
		copies[i] = fcntl(program->descriptors[i].parent_fd, F_DUPFD, 200);
	for (int fd = 0; fd < 200; fd++)
		(void)close(fd);
	for (uint32_t i = 0; i < program->descriptor_count && i < 16; i++)
		(void)dup2(copies[i], program->descriptors[i].child_fd);
	for (int fd = 200; fd < 256; fd++)
		(void)close(fd);
}

int craton_spawn(const struct craton_program *program, int *process)
{
	int ends[2];
	if (access(program->path, X_OK) != 0)
		return errno == EACCES ? ENOEXEC : errno;
	if (pipe(ends) != 0)
		return errno;
	(void)close(ends[1]);
	pid_t pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0) {
		child_descriptors(program);
		if (program->directory && chdir(program->directory) != 0)
			_exit(126);
		(void)signal(SIGPIPE, SIG_DFL);
		(void)execve(program->path, program->arguments, program->environment);
		_exit(126);
	}
	processes[ends[0]] = pid;
	*process = ends[0];
	return 0;
}

static int wait_for(int process, struct process_exit *result, int flags)
{
	int status;
	pid_t pid = waitpid(processes[process], &status, flags);
	if (pid < 0)
		return errno;
	if (pid == 0)
		return EAGAIN;
	*result = (struct process_exit){};
	if (WIFEXITED(status)) {
		result->status = (uint32_t)WEXITSTATUS(status);
	} else {
		result->status = 128U + (uint32_t)WTERMSIG(status);
		result->cause =
			WTERMSIG(status) == SIGPIPE ? EXIT_CAUSE_BROKEN_PIPE : EXIT_CAUSE_KILLED;
		if (WTERMSIG(status) == SIGPIPE)
			result->status = 141;
	}
	return 0;
}

int craton_wait(int process, struct process_exit *exit)
{
	return wait_for(process, exit, 0);
}

int craton_wait_now(int process, struct process_exit *exit)
{
	return wait_for(process, exit, WNOHANG);
}

int craton_process_id(int process, uint64_t *pid)
{
	*pid = (uint64_t)processes[process];
	return 0;
}

int craton_kill(uint64_t pid, int reason)
{
	return kill((pid_t)pid, reason) == 0 ? 0 : errno;
}

uint64_t craton_pid(void)
{
	return (uint64_t)getpid();
}

int craton_pipe(int ends[2])
{
	return pipe(ends) == 0 ? 0 : errno;
}

int craton_dup(int fd, int *copy)
{
	*copy = dup(fd);
	return *copy >= 0 ? 0 : errno;
}

int craton_tty_state(int, struct tty_state *)
{
	return ENOTTY;
}

int craton_tty_raw(int, int)
{
	return ENOTTY;
}

int craton_tty_foreground(int, int)
{
	return ENOTTY;
}

int craton_interrupt_mode(int)
{
	return 0;
}

uint32_t craton_interrupts(void)
{
	return 0;
}

int craton_records(int, uint64_t, size_t, void **, size_t *)
{
	return ENOSYS;
}

int craton_service_control(const char *, int)
{
	return ENOSYS;
}

int craton_power(int, int)
{
	return ENOSYS;
}

int craton_watch(int, uint32_t, int *)
{
	return ENOSYS;
}

int craton_access(const char *path, bool follow, struct file_access *access)
{
	struct stat status;
	if ((follow ? stat : lstat)(path, &status) != 0)
		return errno;
	*access = (struct file_access){status.st_mode & 07777, status.st_uid, status.st_gid};
	return 0;
}

int craton_access_set(int fd, const struct file_access *access)
{
	if (access->mode != CRATON_ACCESS_LEAVE && fchmod(fd, access->mode) != 0)
		return errno;
	return fchown(fd, access->owner, access->group) != 0 ? errno : 0;
}

int craton_sync(void)
{
	return 0;
}

int craton_log(int, const char *)
{
	return ENOSYS;
}
