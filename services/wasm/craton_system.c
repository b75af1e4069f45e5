// SPDX-License-Identifier: MIT OR Apache-2.0
/* Services, the machine's power, the system log. */
#include "craton.h"

#include <abi/protocol/console.h>
#include <abi/protocol/log.h>
#include <abi/protocol/supervisor.h>
#include <abi/protocol/vfs.h>

#define LOG_LEVELS 4u

/* Copies a text of the program; at most MESSAGE_BYTES. */
static errno_t copy_text(
	memory_t *memory, uint32_t address, uint32_t size, char text[MESSAGE_BYTES])
{
	if (size > MESSAGE_BYTES)
		return WASI_NAMETOOLONG;
	return wasm_memory_read(memory, address, text, size) ? WASI_SUCCESS : WASI_FAULT;
}

/* v: name, its length, operation. */
errno_t craton_service_control(struct wasi *wasi, memory_t *memory, values_t *v)
{
	char name[MESSAGE_BYTES];
	struct call call = {.words = {v[2].i32, v[1].i32}, .in = name, .in_size = v[1].i32};
	errno_t error = copy_text(memory, v[0].i32, v[1].i32, name);

	(void)wasi;
	if (error != WASI_SUCCESS)
		return error;
	if (!service_present(SERVICE_NUMBER_SUPERVISOR))
		return WASI_PERM;
	return errno_of(service_call(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_CONTROL, &call));
}

/* Of the files of all programs. */
static status_t sync_files(void)
{
	uint64_t words[6] = {0};

	return service_ask(SERVICE_NUMBER_VFS, VFS_SYNC, words);
}

errno_t craton_sync(struct wasi *wasi, memory_t *memory, values_t *v)
{
	(void)wasi;
	(void)memory;
	(void)v;
	return errno_of(sync_files());
}

static void unmount_all(void)
{
	uint64_t words[6] = {0};

	(void)!service_ask(SERVICE_NUMBER_VFS, VFS_UNMOUNT, words);
}

/* v: operation, status. What was written goes out first. */
errno_t craton_power(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {v[0].i32, v[1].i32};
	uint64_t none[6] = {0};

	(void)wasi;
	(void)memory;
	if (!service_present(SERVICE_NUMBER_SUPERVISOR))
		return WASI_PERM;
	(void)!sync_files();
	unmount_all();
	(void)!service_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_DRAIN, none);
	return errno_of(service_ask(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_POWER, words));
}

/* v: level, text, its length. Longer lines are cut. */
errno_t craton_log_write(struct wasi *wasi, memory_t *memory, values_t *v)
{
	char text[MESSAGE_BYTES];
	uint32_t size = v[2].i32 < MESSAGE_BYTES ? v[2].i32 : MESSAGE_BYTES;
	struct call call = {.words = {v[0].i32, size}, .in = text, .in_size = size};
	errno_t error = copy_text(memory, v[1].i32, size, text);

	(void)wasi;
	if (error != WASI_SUCCESS)
		return error;
	if (v[0].i32 >= LOG_LEVELS)
		return WASI_INVAL;
	return errno_of(service_call(SERVICE_NUMBER_LOG, LOG_WRITE, &call));
}
