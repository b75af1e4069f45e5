// SPDX-License-Identifier: MIT OR Apache-2.0
/* The volume of this process: an engine of files, driven by the VFS (abi/services/filesystem.toml),
 * which is also the driver of its disk. The engine's state is in memory that both processes map and
 * that outlives them.
 *
 * A step of a transaction of the VFS is an inner transaction of an outer one, which ends as the
 * VFS's does: so what was done is neither lost nor left over, whichever of the two is killed at any
 * instant. Meanwhile the engine's own work rests. */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/runtime.h>

#define VOLUME_MEMORY 0x200000u /* bytes of the engine's memory */

/* At the start of an instance: with the estate open, and the engine's memory mapped before.
 * `channel`: nullptr: there is none yet. False: the estate is too small. */
bool volume_open(uint8_t *channel, uint8_t *memory, bool after_failure);

/* The channel that the VFS has made meanwhile. */
void volume_connect(uint8_t *channel);

/* What was there is forgotten: the memory can go. Commits. */
void volume_end(void);

/* Begins with an empty memory. Commits. ERR_NOT_FOUND: there is no such engine. */
[[nodiscard]] status_t volume_begin(uint64_t kind, uint64_t size, bool read_only);

/* An operation: `words` as the protocol has them; commits. */
[[nodiscard]] status_t volume_serve(uint32_t method, uint64_t words[6]);

/* The VFS has signalled, or it is time: goes on with what is under way. */
void volume_work(void);

/* Nanoseconds since boot: when volume_work() is to be called at the latest. */
uint64_t volume_deadline(void);

/* True: the VFS is to be signalled; once. */
bool volume_has_news(void);
