// SPDX-License-Identifier: MIT OR Apache-2.0
// lspci, lsblk, mount, umount.
#include "command.h"
#include "system.h"

#include <craton.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- devices ---------------------------------------------------------------------------------

// PCI Code and ID Assignment Specification, chapter 1: what PCs have.
static const char *class_name(uint32_t class)
{
	static const struct {
		uint32_t class;
		const char *name;
	} names[] = {
		{0x0100, "SCSI controller"},
		{0x0101, "IDE controller"},
		{0x0106, "SATA controller"},
		{0x0108, "NVM controller"},
		{0x0200, "Ethernet controller"},
		{0x0300, "VGA controller"},
		{0x0403, "audio device"},
		{0x0600, "host bridge"},
		{0x0601, "ISA bridge"},
		{0x0604, "PCI bridge"},
		{0x0c03, "USB controller"},
		{0x0c05, "SMBus"},
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].class == class >> 8)
			return names[i].name;
	return "device";
}

static void windows_print(const struct device_record *device)
{
	for (unsigned i = 0; i < 6; i++) {
		uint64_t size = device->window_size[i];
		if (size == 0)
			continue;
		char text[24];
		size_format(text, size & ~(uint64_t)1);
		output_format(&out, "        %s %u: %#llx, %s\n", size & 1 ? "ports" : "memory", i,
			(unsigned long long)device->window[i], text);
	}
}

int command_lspci(int count, char **arguments)
{
	bool verbose = false;
	for (int option; (option = option_next(count, arguments, "v")) >= 0;)
		verbose = true;
	size_t records;
	struct device_record *devices =
		records_get(INFO_KIND_DEVICES, 0, sizeof *devices, &records);
	for (size_t i = 0; i < records; i++) {
		const struct device_record *d = &devices[i];
		output_format(&out, "%02x:%02x.%x %04x:%04x %s", d->address >> 8,
			d->address >> 3 & 31, d->address & 7, d->vendor, d->device,
			class_name(d->class));
		if (d->driver[0])
			output_format(&out, " (%.32s)", (const char *)d->driver);
		output_format(&out, "\n");
		if (verbose)
			windows_print(d);
	}
	free(devices);
	return 0;
}

// --- disks -----------------------------------------------------------------------------------

static const char *mounted_at(
	const struct filesystem_record *volumes, size_t count, const uint8_t *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp((const char *)volumes[i].device, (const char *)name) == 0)
			return (const char *)volumes[i].path;
	return "";
}

int command_lsblk(int count, char **arguments)
{
	bool bytes = false;
	for (int option; (option = option_next(count, arguments, "b")) >= 0;)
		bytes = true;
	size_t disk_count, volume_count;
	struct disk_record *disks = records_get(INFO_KIND_DISKS, 0, sizeof *disks, &disk_count);
	struct filesystem_record *volumes =
		records_get(INFO_KIND_FILESYSTEMS, 0, sizeof *volumes, &volume_count);
	output_format(&out, "%-10s %14s %-2s %-20s %s\n", "NAME", "SIZE", "", "TYPE", "MOUNTED ON");
	for (size_t i = 0; i < disk_count; i++) {
		const struct disk_record *d = &disks[i];
		char size[24], name[24];
		size_format(size, d->size);
		if (bytes)
			snprintf(size, sizeof size, "%llu", (unsigned long long)d->size);
		snprintf(name, sizeof name, "%s%.16s", d->is_partition ? "  " : "",
			(const char *)d->name);
		const char *path = mounted_at(volumes, volume_count, d->name);
		output_format(&out,
			path[0] ? "%-10s %14s %-2s %-20.32s %s\n" : "%-10s %14s %-2s %.32s%s\n",
			name, size, d->read_only ? "ro" : "rw", (const char *)d->type, path);
	}
	free(disks);
	free(volumes);
	return 0;
}

// --- mounting --------------------------------------------------------------------------------

static void mount_fail(const char *device, const char *path, int error)
{
	switch (error) {
	case ENOEXEC:
		die("%s has no file system that is known (ext4, FAT, exFAT, ISO 9660)", device);
	case EBUSY:
		die("%s is mounted already, or %s cannot be a place for it", device, path);
	case ENOENT:
		die("there is no disk %s or no directory %s; lsblk lists disks", device, path);
	case EACCES:
		die("not permitted: this needs the capability that the system's manifest gives to "
		    "the console's shell");
	case EMFILE:
		die("no more disks can be mounted at once: umount one first");
	case ENOMEM:
		die("not enough memory to mount a disk");
	case ENOTSUP:
		die("%s has features that are not known: see log", device);
	default:
		die("%s: %s", device, strerror(error));
	}
}

static void volumes_print(void)
{
	size_t records;
	struct filesystem_record *volumes =
		records_get(INFO_KIND_FILESYSTEMS, 0, sizeof *volumes, &records);
	for (size_t i = 0; i < records; i++) {
		const struct filesystem_record *v = &volumes[i];
		output_format(&out, "%s on %s type %s (%s)\n",
			(const char *)(v->device[0] ? v->device : v->name), (const char *)v->path,
			(const char *)v->name, v->read_only ? "ro" : "rw");
	}
	free(volumes);
}

int command_mount(int count, char **arguments)
{
	bool read_only = false;
	for (int option; (option = option_next(count, arguments, "r")) >= 0;)
		read_only = true;
	if (optind == count) {
		volumes_print();
		return 0;
	}
	if (count - optind != 2)
		die_usage();
	int error = craton_mount(arguments[optind], arguments[optind + 1], read_only);
	if (error)
		mount_fail(arguments[optind], arguments[optind + 1], error);
	return 0;
}

static size_t mounted_disks(void)
{
	size_t records, count = 0;
	struct filesystem_record *volumes =
		records_get(INFO_KIND_FILESYSTEMS, 0, sizeof *volumes, &records);
	for (size_t i = 0; i < records; i++)
		count += volumes[i].device[0] != 0;
	free(volumes);
	return count;
}

static void unmount(const char *path, bool give_up)
{
	size_t before = mounted_disks();
	int error = craton_unmount(path, give_up);
	if (error == EBUSY)
		complain("%s: files are open there", path);
	else if (error == EINVAL)
		complain("%s: nothing is mounted there", path);
	else if (error == EIO && mounted_disks() == before)
		complain(
			"%s: %s; umount -f gives up what cannot be written", path, strerror(error));
	else if (error)
		complain("%s: %s", path, strerror(error));
}

int command_umount(int count, char **arguments)
{
	bool give_up = false;
	for (int option; (option = option_next(count, arguments, "f")) >= 0;)
		give_up = true;
	if (optind == count)
		die_usage();
	for (; optind < count; optind++)
		unmount(arguments[optind], give_up);
	return command_status;
}
