// SPDX-License-Identifier: MIT OR Apache-2.0
/* Rounds: how changes reach the device. FAT has no journal, so their order must be such that
 * whatever part of them is there when the power goes can be mended without losing a file that was
 * there before, or that was to last. Each changed buffer has a shadow, which says what is on the
 * device. A phase puts changes of one kind into the shadows and writes those; between two phases
 * the device is flushed:
 *
 *   new     clusters of directories, empty       (nothing refers to them yet)
 *   grow    table: clusters are taken            (chains may be longer than their files)
 *   long    pieces of long names                 (without their entry they mean nothing)
 *   short   entries, new or changed              (what is renamed has two names)
 *   gone    entries are removed                  (their chains belong to nobody)
 *   free    table: clusters are freed
 *
 * So within a round the place of a removed entry, and a freed cluster, are not used again. While a
 * round is under way nothing is changed (change_begin()). Each step is in the estate, so a new
 * instance does it again; all are harmless when repeated.
 * Tests: tests/host/services/vfs_engine_test.c (power cuts, kills) */
#pragma once

#include "fs.h"

/* What was changed up to now lasts when this is OK. */
[[nodiscard]] status_t commit_sync(struct fat *fs, uint64_t *ticket);

/* Commits (the estate). */
bool commit_work(struct fat *fs);
void commit_resume(struct fat *fs);
/* Of writes and flushes. */
void commit_io_done(struct fat *fs, uint64_t id, status_t status);

/* Nothing is under way. */
bool commit_is_quiet(const struct fat *fs);
