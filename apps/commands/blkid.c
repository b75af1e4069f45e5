// SPDX-License-Identifier: MIT OR Apache-2.0
// blkid: which file system, label and number each disk and partition has, from its first blocks.
#include "../lib/little_endian.h"
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr size_t HEAD = 36 * 1024; // as far as superblocks lie
#define DISKS "/dev/disk"

struct found {
	const char *type;
	char label[72], number[40];
};

// Text that is padded with blanks or zeros; what cannot be shown becomes a question mark.
static void take_label(struct found *found, const unsigned char *bytes, size_t size)
{
	while (size > 0 && (bytes[size - 1] == ' ' || bytes[size - 1] == 0))
		size--;
	for (size_t i = 0; i < size; i++)
		found->label[i] =
			(char)(bytes[i] < ' ' || bytes[i] == '"' || bytes[i] == 127 ? '?'
										    : bytes[i]);
	found->label[size] = 0;
}

static void take_uuid(struct found *found, const unsigned char *bytes)
{
	char *at = found->number;
	for (int i = 0; i < 16; i++)
		at += snprintf(
			at, 4, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
}

// --- kinds -----------------------------------------------------------------------------------

// ext2, ext3, ext4: told apart by their features as Linux does.
static bool is_ext(const unsigned char *head, struct found *found)
{
	const unsigned char *super = head + 1024;
	if (get16(super + 56) != 0xef53)
		return false;
	bool has_journal = get32(super + 92) & 4;
	bool is_new = (get32(super + 96) & ~0x1fu) || (get32(super + 100) & ~0x7u);
	found->type = is_new ? "ext4" : has_journal ? "ext3" : "ext2";
	take_uuid(found, super + 104);
	take_label(found, super + 120, 16);
	return true;
}

static void take_serial(struct found *found, const unsigned char *bytes)
{
	(void)snprintf(
		found->number, sizeof found->number, "%04x-%04x", get16(bytes + 2), get16(bytes));
}

static bool is_fat(const unsigned char *head, struct found *found)
{
	bool is_32 = memcmp(head + 82, "FAT32   ", 8) == 0;
	if (get16(head + 510) != 0xaa55 || (!is_32 && memcmp(head + 54, "FAT1", 4) != 0))
		return false;
	found->type = is_32 ? "vfat (FAT32)" : head[58] == '2' ? "vfat (FAT12)" : "vfat (FAT16)";
	take_serial(found, head + (is_32 ? 67 : 39));
	if (memcmp(head + (is_32 ? 71 : 43), "NO NAME", 7) != 0)
		take_label(found, head + (is_32 ? 71 : 43), 11);
	return true;
}

static bool is_other_boot(const unsigned char *head, struct found *found)
{
	if (memcmp(head + 3, "EXFAT   ", 8) == 0) {
		found->type = "exfat";
		take_serial(found, head + 100);
	} else if (memcmp(head + 3, "NTFS    ", 8) == 0) {
		found->type = "ntfs";
	}
	return found->type;
}

static bool is_iso(const unsigned char *head, struct found *found)
{
	const unsigned char *volume = head + 32768;
	if (memcmp(volume + 1, "CD001", 5) != 0)
		return false;
	found->type = "iso9660";
	take_label(found, volume + 40, 32);
	return true;
}

static bool is_swap(const unsigned char *head, struct found *found)
{
	if (memcmp(head + 4086, "SWAPSPACE2", 10) != 0)
		return false;
	found->type = "swap";
	take_uuid(found, head + 1036);
	take_label(found, head + 1052, 16);
	return true;
}

static bool is_table(const unsigned char *head, struct found *found)
{
	if (memcmp(head + 512, "EFI PART", 8) == 0)
		found->type = "partition table (GPT)";
	else if (get16(head + 510) == 0xaa55 && (head[446] & 0x7f) == 0 && (head[462] & 0x7f) == 0)
		found->type = "partition table (MBR)";
	return found->type;
}

static bool identify(const unsigned char *head, struct found *found)
{
	return is_ext(head, found) || is_fat(head, found) || is_other_boot(head, found) ||
	       is_iso(head, found) || is_swap(head, found) || is_table(head, found);
}

// --- disks -----------------------------------------------------------------------------------

// Zeros where it ends earlier. False: complained.
static bool read_head(const char *path, unsigned char *head)
{
	int fd = open(path, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : 1;
	for (size_t used = 0; size > 0 && used < HEAD; used += (size_t)size)
		size = read(fd, head + used, HEAD - used);
	if (size < 0)
		complain_file(path);
	if (fd >= 0)
		(void)close(fd);
	return size >= 0;
}

static void show(const char *path)
{
	unsigned char *head = calloc(1, HEAD);
	struct found found = {};
	if (!head)
		die("not enough memory");
	if (read_head(path, head) && identify(head, &found)) {
		output_format(&out, "%s:", path);
		if (found.label[0])
			output_format(&out, " LABEL=\"%s\"", found.label);
		if (found.number[0])
			output_format(&out, " UUID=\"%s\"", found.number);
		output_format(&out, " TYPE=\"%s\"\n", found.type);
	}
	free(head);
}

int command_blkid(int count, char **arguments)
{
	char **names;
	size_t name_count;
	if (option_next(count, arguments, "") >= 0)
		die_usage();
	for (int i = optind; i < count; i++)
		show(arguments[i]);
	if (optind < count || !directory_names(DISKS, &names, &name_count))
		return command_status;
	for (size_t i = 0; i < name_count; i++) {
		char *path = path_join(DISKS, names[i]);
		show(path);
		free(path);
	}
	names_free(names, name_count);
	return command_status;
}
