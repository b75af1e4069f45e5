// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files in processes of their own (services/filesystem), one for each volume. What is
 * here offers the same as an engine in this process (craton/file_engine.h): each operation is a
 * call.
 *
 * Operations that change something are steps of a transaction of that process, which goes on until
 * the estate's transaction here ends, and ends in the same way. That it was kept is part of what is
 * committed here, so there is one instant at which both are.
 *
 * What the process says is believed as little as what a disk says: a size, a type or a name that
 * cannot be is ERR_IO. One that does not answer holds up the others for REMOTE_PATIENCE_NS; then
 * its operations are FILE_LATER, after some ten seconds ERR_IO, until it signals, or answers when
 * it is asked now and then, which takes a twentieth of the time. */
#pragma once

#include <craton/file_engine.h>

#define REMOTE_PATIENCE_NS 1000000000u

/* Volumes `count`: what each instance has of them. False: the estate is too small. */
bool remote_open(unsigned count);

/* What an engine of this kind is like when it is elsewhere. */
const struct file_engine *remote_engine(unsigned kind);

/* What is shared with the process of volume `index`, before the next. False: no memory. */
bool remote_prepare(unsigned index);

/* Volume `index` from now on: its state for remote_engine(kind). `memory`: the engine's. */
void *remote_choose(unsigned index, unsigned kind, const struct engine_environment *environment,
	uint8_t *memory);

/* It has not answered. */
bool remote_is_silent(const void *fs);

/* The process has signalled: it is there. */
void remote_heard(void *fs);

/* The volume has gone, or another engine is to look at it. */
void remote_end(void *fs);
