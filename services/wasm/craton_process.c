// SPDX-License-Identifier: MIT OR Apache-2.0
/* Programs started by this one: wait for them, end them; and this one's own number. */
#include "craton.h"

#define WAIT_NOW     1u /* flag of the import and of process.wait */
#define REASON_LIMIT 127u

status_t process_take_end(description_t *process, bool now)
{
	struct call call = {.words = {process->id, now ? WAIT_NOW : 0}};
	status_t status = now ? service_call(SERVICE_NUMBER_PROCESS, PROCESS_WAIT, &call)
			      : service_wait(SERVICE_NUMBER_PROCESS, PROCESS_WAIT, &call);

	if (status != OK)
		return status;
	process->has_ended = true;
	process->exit = (struct process_exit){
		.status = (uint32_t)call.words[0],
		.cause = (uint32_t)call.words[1],
		.detail = call.words[2],
		.cpu_ns = call.words[3],
		.memory_peak = call.words[4],
	};
	return OK;
}

/* v: descriptor, flags, result. */
errno_t craton_wait(struct wasi *wasi, memory_t *memory, values_t *v)
{
	description_t *process;
	status_t status = OK;
	errno_t error =
		description_of(wasi, v[0].i32, DESCRIPTOR_KIND_PROCESS, WASI_CHILD, &process);

	if (error != WASI_SUCCESS)
		return error;
	if ((v[1].i32 & ~WAIT_NOW) != 0)
		return WASI_INVAL;
	if (!process->has_ended)
		status = process_take_end(process, (v[1].i32 & WAIT_NOW) != 0);
	if (status == ERR_NOT_FOUND)
		return WASI_CHILD;
	return status == OK ? store(memory, v[2].i32, &process->exit, sizeof(process->exit))
			    : errno_of(status);
}

errno_t craton_process_id(struct wasi *wasi, memory_t *memory, values_t *v)
{
	description_t *process;
	errno_t error =
		description_of(wasi, v[0].i32, DESCRIPTOR_KIND_PROCESS, WASI_CHILD, &process);

	return error == WASI_SUCCESS ? store(memory, v[1].i32, &process->id, sizeof(process->id))
				     : error;
}

errno_t craton_kill(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {v[0].i64, v[1].i32};
	status_t status;

	(void)wasi;
	(void)memory;
	if (v[1].i32 == 0 || v[1].i32 > REASON_LIMIT)
		return WASI_INVAL;
	status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_KILL, words);
	if (status == ERR_NOT_FOUND)
		return WASI_SRCH;
	return status == ERR_ACCESS ? WASI_PERM : errno_of(status);
}

errno_t craton_getpid(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t pid = service_start()->badge;

	(void)wasi;
	return store(memory, v[0].i32, &pid, sizeof(pid));
}
