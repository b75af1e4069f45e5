// SPDX-License-Identifier: MIT OR Apache-2.0
/* The import module `craton` (abi/wasm.toml): one function for each import, in the files
 * craton_*.c. Each takes the WASI state, the instance whose memory holds its arguments, and the
 * arguments in the order of the description. */
#pragma once

#include "host.h"

#include <wasm/runtime.h>

typedef const struct wasm_instance memory_t;
typedef const union wasm_value values_t;

typedef errno_t craton_handler(struct wasi *wasi, memory_t *memory, values_t *v);

craton_handler craton_channel, craton_channel_call, craton_channel_receive, craton_channel_reply,
	craton_channel_buffer, craton_channel_buffer_end, craton_lock, craton_spawn, craton_wait,
	craton_pipe, craton_dup, craton_kill, craton_getpid, craton_tty_get, craton_tty_set,
	craton_tty_foreground, craton_interrupt_mode, craton_interrupt_take, craton_info,
	craton_service_control, craton_power, craton_log_write, craton_sync, craton_process_id,
	craton_trace_control, craton_watch, craton_access_get, craton_access_set, craton_mount,
	craton_unmount;

/* For struct wasm_host_modules: {craton_functions, craton_function_count, wasi}. */
extern const struct wasm_host_function craton_functions[];
extern const size_t craton_function_count;

/* The program's buffer for records. Those that do not fit are counted all the same. */
struct sink {
	uint8_t *bytes;
	uint32_t size;
	uint32_t used;
};

void sink_add(struct sink *sink, const void *record, uint32_t size);

/* One record of a service that gives them one by one; `words` as for the request. ERR_PROTOCOL: it
 * is shorter than `size`. */
[[nodiscard]] status_t record_fetch(
	uint32_t service, uint32_t method, uint64_t words[6], void *record, size_t size);

/* That there are no more records is no error. */
errno_t records_ended(status_t status);

/* Kinds of records of the trace: craton_trace.c. */
errno_t info_trace(uint64_t argument, struct sink *sink);
errno_t info_threads(uint64_t argument, struct sink *sink);
errno_t info_trace_status(uint64_t argument, struct sink *sink);

/* Devices and disks: craton_disk.c. */
errno_t info_devices(uint64_t argument, struct sink *sink);
errno_t info_disks(uint64_t argument, struct sink *sink);

/* Writes a result; WASI_FAULT when it does not lie in memory. */
static inline errno_t store(memory_t *memory, uint32_t address, const void *value, uint32_t size)
{
	return wasm_memory_write(memory, address, value, size) ? WASI_SUCCESS : WASI_FAULT;
}

/* The description behind a descriptor if it is of that kind; `otherwise` if it is not. */
errno_t description_of(struct wasi *wasi, uint32_t fd, uint32_t kind, errno_t otherwise,
	description_t **description);

/* Gives a new description a descriptor and writes its number; releases it on failure. */
errno_t descriptor_give(struct wasi *wasi, memory_t *memory, description_t *description,
	uint64_t rights, uint32_t address);
