// SPDX-License-Identifier: MIT OR Apache-2.0
/* FAT12, FAT16 and FAT32 with long names, as an engine of files (file_engine.h, where the rules
 * are).
 *
 * A file's node is the place of its entry, a directory's its first cluster. Changes are collected
 * in memory and reach the device in rounds (commit.h), in an order that loses nothing when the
 * power goes in between; what it leaves then is mended when the volume is mounted again (mend.h).
 * Tests: tests/host/services/vfs_engine_test.c, fat_name_test.c */
#pragma once

#include <craton/file_engine.h>

extern const struct file_engine fat_engine;
