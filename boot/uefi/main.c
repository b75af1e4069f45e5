// SPDX-License-Identifier: MIT OR Apache-2.0
// The UEFI application: finds everything on the EFI partition and in the firmware's tables, then
// takes the common path.
#include "boot/cpu.h"
#include "boot/platform.h"
#include "uefi.h"

#include <string.h>

enum { LOADER_UEFI = 1, RANDOM_BYTES = 32 };

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

struct uefi uefi;
static struct handover handover;
static char command_line[OPTIONS_LENGTH_MAX + 1];

static bool guid_equals(const EFI_GUID *left, const EFI_GUID *right)
{
	return memcmp(left, right, sizeof *left) == 0;
}

// The root pointer of ACPI 2.0 or, in its absence, of 1.0 (section 4.6).
static uint64_t find_rsdp(void)
{
	static const EFI_GUID version_1 = ACPI_TABLE_GUID;
	static const EFI_GUID version_2 = ACPI_20_TABLE_GUID;
	uint64_t found = 0;
	for (UINTN i = 0; i < uefi.system->NumberOfTableEntries; i++) {
		const EFI_CONFIGURATION_TABLE *table = &uefi.system->ConfigurationTable[i];
		if (guid_equals(&table->VendorGuid, &version_2))
			return (uint64_t)table->VendorTable;
		if (guid_equals(&table->VendorGuid, &version_1))
			found = (uint64_t)table->VendorTable;
	}
	return found;
}

// The firmware's random numbers, where it has some (section 37.5).
static void mix_firmware_random(struct entropy *entropy)
{
	static EFI_GUID guid = EFI_RNG_PROTOCOL_GUID;
	EFI_RNG_PROTOCOL *generator;
	uint8_t bytes[RANDOM_BYTES];
	if (uefi.boot->LocateProtocol(&guid, nullptr, (void **)&generator) == EFI_SUCCESS &&
		generator->GetRNG(generator, nullptr, sizeof bytes, bytes) == EFI_SUCCESS)
		entropy_mix(entropy, bytes, sizeof bytes, 8 * sizeof bytes);
}

static status_t read_options(struct report *report)
{
	const void *text;
	uint64_t size;
	status_t status = file_read(u"\\craton\\boot.txt", "\\craton\\boot.txt", MEMORY_KIND_LOADER,
		&text, &size, report);
	if (status == ERR_NOT_FOUND) {
		size = 0;
		text = "";
	} else if (status != OK) {
		return status;
	}
	handover.command_line = command_line;
	return options_join(command_line, sizeof command_line, text, size, report);
}

static status_t prepare(struct report *report)
{
	handover.loader = LOADER_UEFI;
	handover.rsdp = find_rsdp();
	graphics_describe(&handover.framebuffer);
	entropy_begin(&handover.entropy);
	mix_firmware_random(&handover.entropy);
	status_t status = read_options(report);
	if (status == OK)
		status = file_read(u"\\craton\\bundle", "\\craton\\bundle", MEMORY_KIND_BUNDLE,
			&handover.bundle, &handover.bundle_size, report);
	if (status == OK)
		status = handover_prepare(&handover, report);
	if (status == OK)
		status = memory_prepare(&handover.map, report);
	if (status == OK)
		status = memory_leave(&handover.map, report);
	return status;
}

static void wait_for_key(void)
{
	SIMPLE_INPUT_INTERFACE *input = uefi.system->ConIn;
	UINTN index;
	if (!input)
		return;
	platform_print("Press a key to go back to the firmware.\n");
	input->Reset(input, FALSE);
	uefi.boot->WaitForEvent(1, &input->WaitForKey, &index);
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system)
{
	struct report report = {};
	handover.tsc_entry = cpu_time_stamp();
	uefi = (struct uefi){.image = image, .system = system, .boot = system->BootServices};
	uefi.boot->SetWatchdogTimer(0, 0, 0, nullptr);
	if (prepare(&report) == OK)
		handover_enter(&handover);
	handover_complain(&report);
	wait_for_key();
	return EFI_LOAD_ERROR;
}
