// SPDX-License-Identifier: MIT OR Apache-2.0
// Files of the EFI partition (sections 13.4 and 13.5).
#include "boot/platform.h"
#include "uefi.h"

#define ADVICE_MEDIUM "Write the image again, or use another medium."

static EFI_FILE_HANDLE open_volume(void)
{
	static EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	static EFI_GUID volume_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_LOADED_IMAGE *image;
	EFI_FILE_IO_INTERFACE *volume;
	EFI_FILE_HANDLE root;
	if (uefi.boot->HandleProtocol(uefi.image, &image_guid, (void **)&image) != EFI_SUCCESS)
		return nullptr;
	if (uefi.boot->HandleProtocol(image->DeviceHandle, &volume_guid, (void **)&volume) !=
		EFI_SUCCESS)
		return nullptr;
	return volume->OpenVolume(volume, &root) == EFI_SUCCESS ? root : nullptr;
}

// Setting the position to the end is how a file's size is asked for without its other data.
static status_t file_size(EFI_FILE_HANDLE file, uint64_t *size)
{
	if (file->SetPosition(file, UINT64_MAX) != EFI_SUCCESS ||
		file->GetPosition(file, size) != EFI_SUCCESS ||
		file->SetPosition(file, 0) != EFI_SUCCESS)
		return ERR_IO;
	return OK;
}

static status_t read_bytes(EFI_FILE_HANDLE file, uint64_t address, uint64_t size)
{
	for (uint64_t done = 0; done < size;) {
		UINTN part = size - done;
		if (file->Read(file, &part, (void *)(address + done)) != EFI_SUCCESS || part == 0)
			return ERR_IO;
		done += part;
	}
	return OK;
}

static status_t read_open_file(EFI_FILE_HANDLE file, uint32_t kind, const void **data,
	uint64_t *size, struct report *report)
{
	uint64_t address;
	if (file_size(file, size) != OK)
		return report_failure(report, ERR_IO, "This file cannot be read.", ADVICE_MEDIUM);
	if (platform_allocate(*size + 1, kind, &address) != OK)
		return report_failure(report, ERR_NO_MEMORY,
			"There is not enough memory for this file.", ADVICE_MEMORY);
	if (read_bytes(file, address, *size) != OK)
		return report_failure(report, ERR_IO, "This file cannot be read.", ADVICE_MEDIUM);
	*data = (const void *)address;
	return OK;
}

status_t file_read(const CHAR16 *path, const char *name, uint32_t kind, const void **data,
	uint64_t *size, struct report *report)
{
	EFI_FILE_HANDLE file;
	*report = (struct report){.subject = name};
	EFI_FILE_HANDLE root = open_volume();
	if (!root)
		return report_failure(report, ERR_IO,
			"The volume that the loader came from cannot be read.", ADVICE_MEDIUM);
	if (root->Open(root, &file, (CHAR16 *)path, EFI_FILE_MODE_READ, 0) != EFI_SUCCESS) {
		root->Close(root);
		return report_failure(report, ERR_NOT_FOUND,
			"This file is missing on the EFI partition.", ADVICE_MEDIUM);
	}
	status_t status = read_open_file(file, kind, data, size, report);
	file->Close(file);
	root->Close(root);
	return status;
}
