// SPDX-License-Identifier: MIT OR Apache-2.0
/* The native program that runs a WASM program: see README.md. */
#include "program.h"

#include <abi/wasm_imports.h>
#include <craton/random.h>

static struct start_data data;

static void run_on_stack(void)
{
	program_run(&data);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	status_t status;

	services_init(start);
	random_init(start);
	status = heap_init() && stacks_init() ? faults_init(start) : ERR_NO_MEMORY;
	if (status == OK)
		status = start_data_read(&data);
	if (status != OK)
		program_exit(126, EXIT_CAUSE_RUNTIME_LOST, (uint64_t)-status);
	stack_enter(run_on_stack);
}
