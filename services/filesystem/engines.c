// SPDX-License-Identifier: MIT OR Apache-2.0
/* See engines.h. */
#include "engines.h"

#include <exfat/exfat.h>
#include <ext4/ext4.h>
#include <fat/fat.h>
#include <iso9660/iso9660.h>

static const struct file_engine *const engines[] = {
	&ext4_engine, &fat_engine, &exfat_engine, &iso9660_engine};

#define ENGINES (sizeof(engines) / sizeof(engines[0]))

void engines_begin(uint8_t *memory, size_t size)
{
	(void)memory;
	(void)size;
}

size_t engines_own_memory(void)
{
	return 0;
}

const struct file_engine *engine_of_kind(uint64_t kind)
{
	return kind < ENGINES ? engines[kind] : nullptr;
}
