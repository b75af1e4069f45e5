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

/* Nothing has been saved since the last transaction ended. */
bool estate_is_clean(void);

/* Called once, when the transaction that is open ends: with true behind its commit, with false when
 * it was undone. A kill can come between the end and the call. */
typedef void (*estate_ended_function)(bool is_kept);
void estate_when_ended(estate_ended_function ended);

/* An outer transaction comprises those that follow, until it ends: what they commit stays through
 * kills, but is undone if the outer one is. So a service can take part in a transaction that
 * another decides about. Begun between transactions. */
void estate_outer_begin(void);
void estate_outer_end(bool is_kept);

/* Also one that an instance before has begun. */
bool estate_outer_is_open(void);

/* Nothing was committed into it. */
bool estate_outer_is_empty(void);

/* Changes one field. */
#define ESTATE_SET(field, value)                      \
	do {                                          \
		estate_save(&(field), sizeof(field)); \
		(field) = (value);                    \
	} while (0)
