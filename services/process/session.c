// SPDX-License-Identifier: MIT OR Apache-2.0
/* The console's first program: the shell, or the line given with `cmd=` at boot. */
#include "process.h"

#include <abi/protocol/console.h>
#include <abi/protocol/supervisor.h>
#include <abi/protocol/vfs.h>
#include <craton/estate.h>
#include <craton/print.h>

#define SHELL "/bin/sh"

/* The rest of the system's command line after `cmd=`, or nullptr. */
static const char *boot_command(void)
{
	const char *line = (const char *)service_start()->command_line;

	for (const char *at = line; *at != 0; at++) {
		if ((at == line || at[-1] == ' ') && strncmp(at, "cmd=", 4) == 0)
			return at + 4;
	}
	return nullptr;
}

static size_t append(struct process *p, size_t at, const char *text)
{
	size_t size = strlen(text) + 1;

	if (at + size > BLOB_SIZE / 2)
		return at;
	memcpy(p->blob + at, text, size);
	return at + size;
}

static size_t append_arguments(struct process *p, size_t at, const char *command)
{
	at = append(p, at, "sh");
	if (command == nullptr)
		return at;
	at = append(p, at, "-c");
	return append(p, at, command);
}

static void fill_blob(struct process *p, const char *command)
{
	static const char path[] = SHELL;
	struct process_descriptor *descriptors;
	size_t at = sizeof(path) - 1;
	size_t end;

	memcpy(p->blob, path, at);
	p->start.path_size = at;
	end = append_arguments(p, at, command);
	p->start.arguments_size = end - at;
	at = end;
	end = append(p, end, "PATH=/bin:/app");
	end = append(p, end, "HOME=/home");
	end = append(p, end, "TERM=xterm");
	end = append(p, end, "PWD=/");
	p->start.environment_size = end - at;
	at = end;
	p->blob[end++] = '/';
	p->start.directory_size = end - at;
	p->start.descriptor_count = 3;
	descriptors = blob_descriptors(p);
	for (uint32_t i = 0; i < 3; i++)
		descriptors[i] = (struct process_descriptor){i, DESCRIPTOR_KIND_TERMINAL, 0};
	memcpy(p->name, "sh", 3);
}

static void write_console(const char *text)
{
	struct call call = {.in = text, .in_size = strlen(text)};

	call.words[0] = call.in_size;
	(void)!peer_call(SERVICE_NUMBER_CONSOLE, CONSOLE_WRITE, &call);
}

static void print_banner(void)
{
	char text[160];

	print_to(text, sizeof(text),
		"\n\033[1mCraton\033[0m  interface %lx, %lu CPU%s, %lu MiB\n"
		"Type `help' for the commands, `help CMD' for one of them.\n\n",
		(uint64_t)ABI_HASH, service_start()->cpu_count,
		service_start()->cpu_count == 1 ? "" : "s", service_start()->memory_total >> 20);
	write_console(text);
}

static void power_off(uint64_t status)
{
	static const uint32_t files[] = {VFS_SYNC, VFS_UNMOUNT};
	uint64_t words[6] = {0};

	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)!peer_ask(SERVICE_NUMBER_VFS, files[i], words);
		memset(words, 0, sizeof(words));
	}
	(void)!peer_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_DRAIN, words);
	words[0] = 0;
	words[1] = status;
	(void)!peer_ask(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_POWER, words);
}

void session_start(void)
{
	struct process *p;
	status_t status = process_prepare(0, &p);
	uint64_t words[6] = {0};

	if (boot_command() == nullptr)
		print_banner();
	if (status == OK) {
		fill_blob(p, boot_command());
		p->permissions = PERMISSION_SYSTEM;
		p->quota = MEMORY_LIMIT;
		p->start.memory_limit = MEMORY_LIMIT;
		ESTATE_SET(table->session_pid, p->pid);
		status = process_start_program(p);
	}
	if (status != OK) {
		debug_print("process: cannot start %s: error %ld\n", SHELL, status);
		if (boot_command() != nullptr)
			power_off(126);
		return;
	}
	words[0] = p->pid;
	(void)!peer_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_SET_FOREGROUND, words);
}

void session_ended(uint64_t status)
{
	if (boot_command() != nullptr) {
		estate_commit();
		power_off(status);
		return;
	}
	session_start();
}
