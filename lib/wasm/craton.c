// SPDX-License-Identifier: MIT OR Apache-2.0
// craton.h over the imports of module `craton`. Packs arguments; holds no state.
// Tests: tests/host/apps/craton_node.mjs runs every user of these.
#include "craton.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/libc-find-relpath.h>

static uint32_t address_of(const void *pointer)
{
	return (uint32_t)(uintptr_t)pointer;
}

// Zero-terminated strings, one after the other.
struct string_block {
	char *bytes;
	size_t size;
};

static int strings_pack(char *const *strings, struct string_block *block)
{
	block->size = 0;
	for (size_t i = 0; strings[i]; i++)
		block->size += strlen(strings[i]) + 1;
	block->bytes = malloc(block->size ? block->size : 1);
	if (!block->bytes)
		return ENOMEM;
	char *to = block->bytes;
	for (size_t i = 0; strings[i]; i++) {
		size_t size = strlen(strings[i]) + 1;
		memcpy(to, strings[i], size);
		to += size;
	}
	return 0;
}

static void request_fill(struct spawn_request *request, const struct craton_program *program,
	const struct string_block *arguments, const struct string_block *environment)
{
	*request = (struct spawn_request){
		.path = address_of(program->path),
		.path_len = (uint32_t)strlen(program->path),
		.arguments = address_of(arguments->bytes),
		.arguments_len = (uint32_t)arguments->size,
		.environment = address_of(environment->bytes),
		.environment_len = (uint32_t)environment->size,
		.directory = address_of(program->directory),
		.directory_len = (uint32_t)strlen(program->directory),
		.descriptors = address_of(program->descriptors),
		.descriptor_count = program->descriptor_count,
		.memory_limit = program->memory_limit,
		.time_limit_ns = program->time_limit_ns,
	};
}

int craton_spawn(const struct craton_program *program, int *process)
{
	struct craton_program full = *program;
	struct string_block arguments = {}, environment = {};
	struct spawn_request request;
	int32_t fd = -1;
	if (!full.directory)
		full.directory = getenv("PWD");
	if (!full.directory)
		full.directory = "/";
	int error = strings_pack(full.arguments, &arguments);
	if (!error)
		error = strings_pack(full.environment, &environment);
	if (!error) {
		request_fill(&request, &full, &arguments, &environment);
		error = __craton_spawn(&request, &fd);
	}
	free(arguments.bytes);
	free(environment.bytes);
	if (!error)
		*process = fd;
	return error;
}

int craton_wait(int process, struct process_exit *exit)
{
	return __craton_wait(process, 0, exit);
}

int craton_wait_now(int process, struct process_exit *exit)
{
	return __craton_wait(process, 1, exit);
}

int craton_process_id(int process, uint64_t *pid)
{
	return __craton_process_id(process, pid);
}

int craton_kill(uint64_t pid, int reason)
{
	return __craton_kill((int64_t)pid, reason);
}

uint64_t craton_pid(void)
{
	uint64_t pid = 0;
	return __craton_getpid(&pid) ? 0 : pid;
}

int craton_pipe(int ends[2])
{
	return __craton_pipe(&ends[0], &ends[1]);
}

int craton_dup(int fd, int *copy)
{
	return __craton_dup(fd, copy);
}

int craton_lock(int fd, int operation, int64_t offset, int64_t size)
{
	return __craton_lock(fd, operation, offset, size);
}

int craton_tty_state(int fd, struct tty_state *state)
{
	return __craton_tty_get(fd, state);
}

int craton_tty_raw(int fd, int raw)
{
	return __craton_tty_set(fd, raw);
}

int craton_tty_foreground(int fd, int process)
{
	return __craton_tty_foreground(fd, process);
}

int craton_interrupt_mode(int mode)
{
	return __craton_interrupt_mode(mode);
}

uint32_t craton_interrupts(void)
{
	uint32_t count = 0;
	return __craton_interrupt_take(&count) ? 0 : count;
}

// One attempt with a buffer of `room` bytes; `*used` is how many there are.
static int records_try(int kind, uint64_t argument, void *buffer, uint32_t room, uint32_t *used)
{
	*used = 0;
	return __craton_info(kind, (int64_t)argument, buffer, (int32_t)room, used);
}

int craton_records(int kind, uint64_t argument, size_t record_size, void **records, size_t *count)
{
	uint32_t room = (uint32_t)record_size * 32, used = 0;
	for (int attempt = 0; attempt < 8; attempt++) {
		void *buffer = calloc(1, room);
		if (!buffer)
			return ENOMEM;
		int error = records_try(kind, argument, buffer, room, &used);
		if (!error && used <= room) {
			*records = buffer;
			*count = used / record_size;
			return 0;
		}
		free(buffer);
		if (error)
			return error;
		room = used + (uint32_t)record_size * 8;
	}
	return EAGAIN;
}

int craton_records_some(int kind, uint64_t argument, void *buffer, size_t size, size_t *used)
{
	uint32_t filled = 0;
	int error = records_try(kind, argument, buffer, (uint32_t)size, &filled);
	*used = filled;
	return error;
}

int craton_trace(unsigned mode)
{
	return __craton_trace_control((int32_t)mode);
}

int craton_service_control(const char *name, int operation)
{
	return __craton_service_control(name, (int32_t)strlen(name), operation);
}

int craton_watch(int fd, uint32_t events, int *changes)
{
	return __craton_watch(fd, (int32_t)events, (uint32_t *)changes);
}

int craton_access(const char *path, bool follow, struct file_access *access)
{
	char relative[PATH_MAX];
	const char *prefix;
	char *rest = relative;
	int directory = __wasilibc_find_relpath(path, &prefix, &rest, sizeof relative);
	if (directory < 0)
		return ENOENT;
	return __craton_access_get(directory, follow, rest, (int32_t)strlen(rest), access);
}

int craton_access_set(int fd, const struct file_access *access)
{
	return __craton_access_set(fd, access);
}

int craton_power(int operation, int status)
{
	return __craton_power(operation, status);
}

// From the root on: a path that is not is one in the working directory.
static int whole_path(const char *path, char whole[PATH_MAX])
{
	char directory[PATH_MAX] = "";
	if (path[0] != '/' && getcwd(directory, sizeof directory) == nullptr)
		return errno;
	int length = snprintf(whole, PATH_MAX, "%s%s%s", directory, directory[0] ? "/" : "", path);
	return length < PATH_MAX ? 0 : ENAMETOOLONG;
}

int craton_mount(const char *device, const char *path, bool read_only)
{
	char whole[PATH_MAX];
	int error = whole_path(path, whole);
	return error ? error
		     : __craton_mount(device, (int32_t)strlen(device), whole,
			       (int32_t)strlen(whole), read_only);
}

int craton_unmount(const char *path, bool give_up)
{
	char whole[PATH_MAX];
	int error = whole_path(path, whole);
	return error ? error : __craton_unmount(whole, (int32_t)strlen(whole), give_up);
}

int craton_sync(void)
{
	return __craton_sync();
}

int craton_log(int level, const char *text)
{
	return __craton_log_write(level, text, (int32_t)strlen(text));
}
