// SPDX-License-Identifier: MIT OR Apache-2.0
/* The driver of a disk in memory. Boot option ramdisk=SIZE starts it and says how large it is. */
#include "ramdisk.h"
#include "size.h"

#include <craton/driver.h>
#include <craton/estate.h>
#include <craton/print.h>

#define ESTATE_VERSION 1u
#define SESSIONS       32u
#define OPTION_BYTES   32u

static void notified(uint64_t bits)
{
	(void)bits;
	block_work();
}

/* Without a disk it goes on: `svc restart ramdisk` tries again. */
static void open_disk(void)
{
	char text[OPTION_BYTES] = "";
	status_t status;

	(void)service_option("ramdisk", text, sizeof(text));
	status = ramdisk_open(text);
	if (status == OK)
		return;
	if (status == ERR_INVALID_ARGUMENT)
		debug_print("ramdisk: no disk: boot option ramdisk=SIZE, such as 64M, says how "
			    "large it is\n");
	else if (status == ERR_RANGE)
		debug_print("ramdisk: no disk: %s is more than the %lu MiB that it can have\n",
			text, SIZE_MOST >> 20);
	else if (status == ERR_QUOTA)
		debug_print("ramdisk: no disk: %s is more than half of the memory that is free\n",
			text);
	else
		debug_print("ramdisk: no disk: no memory for %s: error %ld\n", text, status);
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	estate_open((void *)PROCESS_ESTATE_ADDRESS, start->estate_size, ESTATE_VERSION);
	if (!block_open(&ramdisk_driver))
		runtime_abort("the estate is too small");
	if (driver_open() != OK)
		runtime_abort("no memory to share");
	open_disk();
	block_start();
	service_run(&(struct service){
		.start = start,
		.methods = block_methods,
		.method_count = block_method_count,
		.session_count = SESSIONS,
		.notified = notified,
	});
}
