// SPDX-License-Identifier: MIT OR Apache-2.0
/* The terminal and interrupts. */
#include "craton.h"

#include <abi/protocol/console.h>

static errno_t check_terminal(struct wasi *wasi, uint32_t fd)
{
	description_t *terminal;
	errno_t error = description_of(wasi, fd, DESCRIPTOR_KIND_TERMINAL, WASI_NOTTY, &terminal);

	if (error != WASI_SUCCESS)
		return error;
	return terminal->filetype == WASI_FILETYPE_CHARACTER_DEVICE ? WASI_SUCCESS : WASI_NOTTY;
}

/* v: descriptor, result. */
errno_t craton_tty_get(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0};
	errno_t error = check_terminal(wasi, v[0].i32);
	struct tty_state state;

	if (error == WASI_SUCCESS)
		error = errno_of(service_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_GET, words));
	if (error != WASI_SUCCESS)
		return error;
	state = (struct tty_state){
		(uint32_t)words[0], (uint32_t)words[1], (uint32_t)words[2], (uint32_t)words[3]};
	return store(memory, v[1].i32, &state, sizeof(state));
}

/* v: descriptor, mode. */
errno_t craton_tty_set(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {v[1].i32};
	errno_t error = check_terminal(wasi, v[0].i32);

	(void)memory;
	return error == WASI_SUCCESS
		       ? errno_of(service_ask(SERVICE_NUMBER_CONSOLE, CONSOLE_SET_MODE, words))
		       : error;
}

/* v: descriptor, descriptor of a process or -1. */
errno_t craton_tty_foreground(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {service_start()->badge};
	description_t *process;
	errno_t error = check_terminal(wasi, v[0].i32);

	(void)memory;
	if (error == WASI_SUCCESS && v[1].i32 != UINT32_MAX) {
		error = description_of(
			wasi, v[1].i32, DESCRIPTOR_KIND_PROCESS, WASI_CHILD, &process);
		words[0] = error == WASI_SUCCESS ? process->id : 0;
	}
	return error == WASI_SUCCESS ? errno_of(service_ask(SERVICE_NUMBER_CONSOLE,
					       CONSOLE_SET_FOREGROUND, words))
				     : error;
}

errno_t craton_interrupt_mode(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {v[0].i32};

	(void)wasi;
	(void)memory;
	return errno_of(service_ask(SERVICE_NUMBER_PROCESS, PROCESS_INTERRUPT_MODE, words));
}

errno_t craton_interrupt_take(struct wasi *wasi, memory_t *memory, values_t *v)
{
	uint64_t words[6] = {0};
	status_t status = service_ask(SERVICE_NUMBER_PROCESS, PROCESS_INTERRUPT_TAKE, words);
	uint32_t count = (uint32_t)words[0];

	(void)wasi;
	interrupt_clear();
	return status == OK ? store(memory, v[0].i32, &count, sizeof(count)) : errno_of(status);
}
