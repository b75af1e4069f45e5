// SPDX-License-Identifier: MIT OR Apache-2.0
// fsinfo: what the superblock of an ext2, ext3 or ext4 volume says.
#include "../lib/little_endian.h"
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

constexpr int SUPER_OFFSET = 1024, SUPER_SIZE = 1024;

// Places in the superblock (Linux, Documentation/filesystems/ext4, "Super Block").
enum {
	INODES = 0,
	BLOCKS = 4,
	RESERVED = 8,
	FREE_BLOCKS = 12,
	FREE_INODES = 16,
	BLOCK_SHIFT = 24,
	GROUP_BLOCKS = 32,
	GROUP_INODES = 40,
	MOUNTED = 44,
	WRITTEN = 48,
	MOUNTS = 52,
	MAGIC = 56,
	STATE = 58,
	INODE_SIZE = 88,
	COMPATIBLE = 92,
	INCOMPATIBLE = 96,
	READ_ONLY_COMPATIBLE = 100,
	UUID = 104,
	LABEL = 120,
	LAST_PLACE = 136,
	MADE = 264,
	BLOCKS_HIGH = 336,
	RESERVED_HIGH = 340,
	FREE_HIGH = 344,
	ERROR_COUNT = 404,
};

struct feature {
	uint32_t bit;
	const char *name;
};

// As mke2fs calls them.
static const struct feature compatible[] = {
	{0x1, "dir_prealloc"},
	{0x4, "has_journal"},
	{0x8, "ext_attr"},
	{0x10, "resize_inode"},
	{0x20, "dir_index"},
	{0x200, "sparse_super2"},
	{0x400, "fast_commit"},
	{0x800, "stable_inodes"},
	{0x1000, "orphan_file"},
	{},
};
static const struct feature incompatible[] = {
	{0x1, "compression"},
	{0x2, "filetype"},
	{0x4, "needs_recovery"},
	{0x8, "journal_dev"},
	{0x10, "meta_bg"},
	{0x40, "extent"},
	{0x80, "64bit"},
	{0x100, "mmp"},
	{0x200, "flex_bg"},
	{0x400, "ea_inode"},
	{0x1000, "dirdata"},
	{0x2000, "metadata_csum_seed"},
	{0x4000, "large_dir"},
	{0x8000, "inline_data"},
	{0x10000, "encrypt"},
	{0x20000, "casefold"},
	{},
};
static const struct feature read_only_compatible[] = {
	{0x1, "sparse_super"},
	{0x2, "large_file"},
	{0x8, "huge_file"},
	{0x10, "uninit_bg"},
	{0x20, "dir_nlink"},
	{0x40, "extra_isize"},
	{0x100, "quota"},
	{0x200, "bigalloc"},
	{0x400, "metadata_csum"},
	{0x1000, "read-only"},
	{0x2000, "project"},
	{0x8000, "verity"},
	{0x10000, "orphan_present"},
	{},
};

static void features_print(const struct feature *known, uint32_t bits)
{
	for (; known->bit; known++) {
		if (bits & known->bit)
			output_format(&out, " %s", known->name);
		bits &= ~known->bit;
	}
	if (bits)
		output_format(&out, " %#x", (unsigned)bits);
}

static void text_print(const char *title, const unsigned char *bytes, size_t size)
{
	output_format(&out, "%-18s", title);
	for (size_t i = 0; i < size && bytes[i]; i++)
		output_char(&out, bytes[i] < ' ' || bytes[i] == 127 ? '?' : (char)bytes[i]);
	output_char(&out, '\n');
}

static void time_print(const char *title, uint32_t seconds)
{
	time_t time = seconds;
	char text[32] = "never";
	if (seconds)
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", gmtime(&time));
	output_format(&out, "%-18s%s\n", title, text);
}

static void amount_print(const char *title, uint64_t blocks, uint32_t shift)
{
	char text[16];
	size_format(text, blocks << shift);
	output_format(&out, "%-18s%llu (%s)\n", title, (unsigned long long)blocks, text);
}

static void state_print(const unsigned char *super)
{
	uint16_t state = get16(super + STATE);
	bool recover = get32(super + INCOMPATIBLE) & 4;
	output_format(&out, "%-18s%s%s%s\n", "state", state & 1 ? "clean" : "not clean",
		state & 2 ? ", with errors" : "",
		recover ? ", in use or its journal has to be replayed" : "");
	if (get32(super + ERROR_COUNT))
		output_format(
			&out, "%-18s%u\n", "errors seen", (unsigned)get32(super + ERROR_COUNT));
}

static uint64_t blocks_of(const unsigned char *super, int low, int high)
{
	bool is_wide = get32(super + INCOMPATIBLE) & 0x80;
	return get32(super + low) | (is_wide ? (uint64_t)get32(super + high) << 32 : 0);
}

static void super_print(const unsigned char *super)
{
	uint32_t shift = 10 + get32(super + BLOCK_SHIFT);
	text_print("label", super + LABEL, 16);
	output_format(&out, "%-18s", "number");
	for (int i = 0; i < 16; i++)
		output_format(&out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			super[UUID + i]);
	output_char(&out, '\n');
	state_print(super);
	output_format(&out, "%-18s", "features");
	features_print(compatible, get32(super + COMPATIBLE));
	features_print(incompatible, get32(super + INCOMPATIBLE));
	features_print(read_only_compatible, get32(super + READ_ONLY_COMPATIBLE));
	output_format(&out, "\n%-18s%u bytes, %u in a group\n", "blocks of", 1u << shift,
		(unsigned)get32(super + GROUP_BLOCKS));
	amount_print("blocks", blocks_of(super, BLOCKS, BLOCKS_HIGH), shift);
	amount_print("free blocks", blocks_of(super, FREE_BLOCKS, FREE_HIGH), shift);
	amount_print("reserved blocks", blocks_of(super, RESERVED, RESERVED_HIGH), shift);
	output_format(&out, "%-18s%u, %u free, of %u bytes, %u in a group\n", "inodes",
		(unsigned)get32(super + INODES), (unsigned)get32(super + FREE_INODES),
		get16(super + INODE_SIZE), (unsigned)get32(super + GROUP_INODES));
	time_print("made", get32(super + MADE));
	time_print("mounted", get32(super + MOUNTED));
	time_print("written", get32(super + WRITTEN));
	output_format(&out, "%-18s%u\n", "mounts", get16(super + MOUNTS));
	text_print("last mounted at", super + LAST_PLACE, 64);
}

static void show(const char *path)
{
	unsigned char super[SUPER_SIZE] = {};
	int fd = open(path, O_RDONLY);
	if (fd < 0 || pread(fd, super, SUPER_SIZE, SUPER_OFFSET) < 0)
		complain_file(path);
	else if (get16(super + MAGIC) != 0xef53 || get32(super + BLOCK_SHIFT) > 6)
		complain("%s: no ext2, ext3 or ext4", path);
	else
		super_print(super);
	if (fd >= 0)
		(void)close(fd);
}

int command_fsinfo(int count, char **arguments)
{
	if (option_next(count, arguments, "") >= 0 || optind == count)
		die_usage();
	for (; optind < count; optind++)
		show(arguments[optind]);
	return command_status;
}
