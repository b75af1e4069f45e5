// SPDX-License-Identifier: MIT OR Apache-2.0
/* Devices, disks, and where these are mounted. */
#include "craton.h"

#include <abi/protocol/block.h>
#include <abi/protocol/devices.h>
#include <abi/protocol/supervisor.h>
#include <abi/protocol/vfs.h>

/* --- devices ------------------------------------------------------------------------------------
 */

static void name_driver(uint8_t number, uint8_t name[32])
{
	struct service_manifest manifest;

	if (number != 0 && record_fetch(SERVICE_NUMBER_SUPERVISOR, SUPERVISOR_MANIFEST,
				   (uint64_t[6]){number}, &manifest, sizeof(manifest)) == OK)
		memcpy(name, manifest.name, sizeof(manifest.name));
}

errno_t info_devices(uint64_t argument, struct sink *sink)
{
	status_t status = OK;

	(void)argument;
	if (!service_present(SERVICE_NUMBER_DEVICES))
		return WASI_PERM;
	for (uint64_t i = 0; status == OK; i++) {
		struct pci_device device;
		struct device_record record;

		status = record_fetch(SERVICE_NUMBER_DEVICES, DEVICES_LIST, (uint64_t[6]){i},
			&device, sizeof(device));
		if (status != OK)
			break;
		record = (struct device_record){
			.address = device.address,
			.vendor = device.vendor,
			.device = device.device,
			.subsystem = device.subsystem,
			.class = device.class,
			.revision = device.revision,
		};
		memcpy(record.window, device.window, sizeof(record.window));
		memcpy(record.window_size, device.window_size, sizeof(record.window_size));
		name_driver(device.owner, record.driver);
		sink_add(sink, &record, sizeof(record));
	}
	return records_ended(status);
}

/* --- disks --------------------------------------------------------------------------------------
 */

errno_t info_disks(uint64_t argument, struct sink *sink)
{
	status_t status = OK;

	(void)argument;
	for (uint64_t i = 0; status == OK; i++) {
		struct block_unit unit;
		struct disk_record record;

		status = record_fetch(
			SERVICE_NUMBER_VFS, VFS_DISK, (uint64_t[6]){i}, &unit, sizeof(unit));
		if (status != OK)
			break;
		record = (struct disk_record){
			.offset = unit.offset,
			.size = unit.size,
			.is_partition = unit.offset != 0,
			.read_only = unit.is_read_only,
		};
		memcpy(record.name, unit.name, sizeof(record.name));
		memcpy(record.type, unit.type, sizeof(record.type));
		sink_add(sink, &record, sizeof(record));
	}
	return records_ended(status);
}

/* v: device, its length, path, its length, flags. */
errno_t craton_mount(struct wasi *wasi, memory_t *memory, values_t *v)
{
	char text[MESSAGE_BYTES];
	struct call call = {.words = {0, v[4].i32, v[1].i32, 0}, .in = text};

	(void)wasi;
	if (v[1].i32 > sizeof(text) || v[3].i32 > sizeof(text) - v[1].i32)
		return WASI_NAMETOOLONG;
	if (!wasm_memory_read(memory, v[0].i32, text, v[1].i32) ||
		!wasm_memory_read(memory, v[2].i32, text + v[1].i32, v[3].i32))
		return WASI_FAULT;
	call.in_size = (size_t)v[1].i32 + v[3].i32;
	call.words[3] = call.in_size;
	return errno_of(service_call(SERVICE_NUMBER_VFS, VFS_MOUNT, &call));
}

/* v: path, its length, flags. */
errno_t craton_unmount(struct wasi *wasi, memory_t *memory, values_t *v)
{
	char text[MESSAGE_BYTES];
	struct call call = {.words = {0, v[1].i32, v[2].i32}, .in = text, .in_size = v[1].i32};

	(void)wasi;
	if (v[1].i32 > sizeof(text))
		return WASI_NAMETOOLONG;
	if (!wasm_memory_read(memory, v[0].i32, text, v[1].i32))
		return WASI_FAULT;
	return errno_of(service_call(SERVICE_NUMBER_VFS, VFS_UNMOUNT, &call));
}
