// SPDX-License-Identifier: MIT OR Apache-2.0
// From the monitor's start information to the common hand-over.
#include "boot/cpu.h"
#include "boot/handover.h"
#include "boot/platform.h"
#include "memory.h"
#include "start_info.h"

#include <string.h>

#define ADVICE_MONITOR "Use QEMU 7 or later, or another monitor with PVH version 1."

enum { LOADER_PVH = 2 };
enum { EXIT_PORT = 0xf4, EXIT_LOADER_FAILED = 125 };

extern const char image_start[];
extern const char image_end[];
extern const uint64_t pvh_tsc_entry;

[[noreturn]] void pvh_main(const struct pvh_start_info *start);

static struct handover handover;
static char command_line[OPTIONS_LENGTH_MAX + 2]; // one more than allowed, to notice it

static const void *at_physical(uint64_t address)
{
	return (const void *)address;
}

static void copy_command_line(uint64_t address)
{
	const char *line = address ? at_physical(address) : "";
	for (uint64_t i = 0; i < sizeof command_line - 1 && line[i] != '\0'; i++)
		command_line[i] = line[i];
	handover.command_line = command_line;
}

static status_t check_start(const struct pvh_start_info *start, struct report *report)
{
	report->subject = "monitor";
	if (start->magic != PVH_MAGIC || start->version < 1 || start->memory_map_count == 0)
		return report_failure(report, ERR_NOT_SUPPORTED,
			"It passed no memory map after the PVH convention.", ADVICE_MONITOR);
	if (start->module_count == 0)
		return report_failure(report, ERR_NOT_FOUND, "It passed no bundle.",
			"Pass craton.bundle as the initial RAM disk (-initrd).");
	return OK;
}

// The monitor's structures are read before anything is allocated.
static status_t read_start(const struct pvh_start_info *start, struct report *report)
{
	const struct pvh_module *module = at_physical(start->modules);
	if (module->base > PVH_MAPPED_END || module->size > PVH_MAPPED_END - module->base)
		return report_failure(report, ERR_NOT_SUPPORTED,
			"It placed the bundle above 4 GiB.", ADVICE_MONITOR);
	status_t status = memory_begin(at_physical(start->memory_map), start->memory_map_count);
	uint64_t image = (uint64_t)image_start;
	if (status == OK)
		status = memory_reserve(image, (uint64_t)image_end - image, MEMORY_KIND_LOADER);
	if (status == OK)
		status = memory_reserve(module->base, module->size, MEMORY_KIND_BUNDLE);
	if (status != OK)
		return report_failure(
			report, status, "Its memory map has too many entries.", ADVICE_MONITOR);
	handover.bundle = at_physical(module->base);
	handover.bundle_size = module->size;
	handover.rsdp = start->rsdp;
	handover.loader = LOADER_PVH;
	handover.tsc_entry = pvh_tsc_entry;
	copy_command_line(start->command_line);
	return OK;
}

// Frames of the bundle are mapped for the first task, so it must begin at a page.
static status_t align_bundle(struct report *report)
{
	uint64_t base = (uint64_t)handover.bundle;
	if (base % ABI_PAGE_SIZE == 0)
		return OK;
	uint64_t copy;
	if (platform_allocate(handover.bundle_size, MEMORY_KIND_BUNDLE, &copy) != OK)
		return report_failure(report, ERR_NO_MEMORY,
			"There is not enough memory for the bundle.", ADVICE_MEMORY);
	memcpy((void *)copy, handover.bundle, handover.bundle_size);
	handover.bundle = at_physical(copy);
	return OK;
}

static status_t prepare(const struct pvh_start_info *start, struct report *report)
{
	status_t status = check_start(start, report);
	if (status == OK)
		status = read_start(start, report);
	if (status == OK)
		status = align_bundle(report);
	entropy_begin(&handover.entropy);
	if (status == OK)
		status = handover_prepare(&handover, report);
	if (status == OK)
		status = memory_copy(&handover.map);
	return status;
}

void pvh_main(const struct pvh_start_info *start)
{
	struct report report = {};
	if (prepare(start, &report) == OK)
		handover_enter(&handover);
	handover_complain(&report);
	cpu_out32(EXIT_PORT, EXIT_LOADER_FAILED); // ends an emulator that listens there
	cpu_halt();
}
