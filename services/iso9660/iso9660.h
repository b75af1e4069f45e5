// SPDX-License-Identifier: MIT OR Apache-2.0
/* ISO 9660, as an engine of files (file_engine.h, where the rules are): for reading only. Names are
 * those of Rock Ridge, else those of Joliet, else the plain ones in small letters.
 * A file's node is where its record lies, a directory's its first block.
 * Tests: tests/system/disk_test.py iso; tests/host/services/vfs_engine_test.c (volumes that lie) */
#pragma once

#include <craton/file_engine.h>

extern const struct file_engine iso9660_engine;
