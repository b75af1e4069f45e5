// SPDX-License-Identifier: MIT OR Apache-2.0
/* The estate: memory that outlives the service's process. A kill can come at any instruction, so
 * changes are made in transactions with an undo log: before a part is changed its old contents are
 * saved; a commit forgets the log; an instance that finds a log that was not committed puts the
 * old contents back. So each instance finds the state after the last commit.
 * The estate is at the same address in each instance; it may hold pointers into itself.
 * Tests: tests/host/lib/estate_test.c (killed at every write), model: tests/model/estate.pml */
#pragma once

#include <craton/runtime.h>

/* Opens the estate at `base` (page-aligned, zero when it is new). True: it holds the state of an
 * earlier instance with the same `version`, rolled back to its last commit. False: it was new,
 * invalid or of another version, and is empty now (a cold start). */
bool estate_open(void *base, size_t size, uint64_t version);

/* Cuts zeroed memory off the estate; never given back, so services build pools of it. Calls in
 * the same order give the same addresses in each instance. nullptr: there is no more. */
void *estate_allocate(size_t size, size_t alignment);

/* Saves the present contents of a part of the estate, before it is changed; or of other memory that
 * outlives the process, if each instance maps it at the same address before it opens the estate. */
void estate_save(const void *part, size_t size);

/* Ends the transaction: what was changed is kept. */
void estate_commit(void);

/* Undoes the transaction. */
void estate_rollback(void);

/* Changes one field. */
#define ESTATE_SET(field, value)                      \
	do {                                          \
		estate_save(&(field), sizeof(field)); \
		(field) = (value);                    \
	} while (0)
