// SPDX-License-Identifier: MIT OR Apache-2.0
/* Disks: requests to their drivers, which go on when either side is started again. A driver takes
 * bytes from, and puts them to, memory that is shared with it (share.h): blocks of the pool, and
 * what a file system keeps. Disks and their parts are units, whose numbers stay the same and have
 * gaps between the drivers. Host tests have another implementation. */
#pragma once

#include <abi/protocol/block.h>
#include <craton/runtime.h>

#define DRIVE_UNITS_MOST 256u

/* Memory that the driver knows. */
struct drive_bytes {
	uint64_t object;
	uint64_t offset;
};

/* In a new instance, with the estate open: the slots, where a disk was used before. False: they
 * are gone, or the estate is too small. */
bool drive_open(void);

/* Before the first request for a unit. ERR_NOT_FOUND: there is no driver, or it does not answer. */
[[nodiscard]] status_t drive_connect(uint64_t unit);
/* True: requests for it can begin. Who never asked for that has changed nothing. */
bool drive_is_used(uint64_t unit);

/* Asks the drivers what units there are: at the start, and when one is missing. Not while bytes of
 * a request in the message page are needed. */
void drive_look(void);

/* Signals have come. True: one said that units have come or gone. */
bool drive_is_changed(uint64_t bits);

/* The unit with this number, also one that is gone, as long as it may be in use; nullptr: there is
 * none. */
const struct block_unit *drive_unit(uint64_t number);

/* The first from `*number` on that is there, which becomes its; nullptr: there are no more. */
const struct block_unit *drive_next(uint64_t *number);

/* The first from `*number` on that is gone and has not been let go since the last look; false:
 * none. Nothing of it is used any more: another unit may get the number. */
bool drive_next_gone(uint64_t *number);
void drive_let_go(uint64_t number);

/* Both are on the same disk. */
bool drive_is_same_disk(uint64_t a, uint64_t b);

/* By its name, such as "vda1". ERR_NOT_FOUND. */
[[nodiscard]] status_t drive_find(const char *name, size_t size, uint64_t *number);

/* `request`: unit, id, operation, offset, size, flags. False: too many are under way. */
bool drive_begin(const struct block_slot *request, struct drive_bytes bytes);

/* The same for bytes in pages of the pool, from byte `into` of the first one on; `request` has a
 * size that ends within the pages of `blocks`. How many bytes were begun: 0 if too many are under
 * way; less than all, in whole pages, if they lie in too many places. */
[[nodiscard]] uint32_t drive_begin_pages(
	const struct block_slot *request, const uint32_t *blocks, uint32_t into);

/* A request of the unit that is under way, or has ended and was not seen: the smallest id from
 * `*id` to `last`, which becomes `*id`. */
bool drive_find_begun(uint64_t unit, uint64_t *id, uint64_t last);

/* Tells the drivers of what was begun. */
void drive_kick(void);

/* The driver refuses to write to the unit from now on, or does so no more. ERR_DEADLINE: it does
 * not answer. */
[[nodiscard]] status_t drive_protect(uint64_t unit, bool is_on);

/* A request that has ended; false: none. */
bool drive_end(uint64_t *unit, uint64_t *id, status_t *status);

/* An object is used by no request of the unit's driver and may go. ERR_BUSY. */
[[nodiscard]] status_t drive_forget(uint64_t unit, uint64_t object);
