// SPDX-License-Identifier: MIT OR Apache-2.0
/* The part of a disk driver that its clients see (abi/services/block.toml): slots of requests,
 * which outlive both sides, units and partitions. The driver says how requests are begun. A request
 * that was under way when the driver died is begun again; what clients wrote is checked. Tests:
 * tests/host/lib/block_test.c */
#pragma once

#include <abi/protocol/block.h>
#include <craton/service.h>

#define BLOCK_UNITS_MOST 64u

/* The count of changes behind a client's slots. */
static inline uint64_t *block_changes(struct block_slot *slots)
{
	static_assert(BLOCK_SLOTS * sizeof(struct block_slot) == BLOCK_CHANGES_OFFSET);
	return (uint64_t *)(slots + BLOCK_SLOTS);
}

/* Bytes that lie together in memory. */
struct block_part {
	uint64_t physical;
	uint32_t size;
};

/* A request, checked; bytes from the disk's beginning. All parts of its bytes but the last end with
 * a page (BLOCK_PAGE), and all but the first begin with one. */
struct block_request {
	uint32_t token; /* tells its end */
	uint32_t operation;
	uint32_t disk;
	uint32_t nth; /* its device */
	uint32_t size;
	uint64_t offset;
	uint64_t object; /* in which the bytes are, from `object_physical` on: for drivers that move
			    them themselves */
	uint64_t object_physical;
	uint64_t object_size;
	bool lasting;
	uint32_t part_count; /* of a read or write: at least 1 */
	struct block_part parts[BLOCK_PIECES];
};

/* What a device takes with one command. */
struct block_limits {
	uint32_t parts;     /* at most BLOCK_PIECES */
	uint32_t part_size; /* bytes, whole sectors */
};

/* The parts that the next command for a request moves, of which `done` bytes have been moved; the
 * bytes of them. */
[[nodiscard]] uint32_t block_parts(const struct block_request *request, uint32_t done,
	struct block_limits limits, struct block_part parts[BLOCK_PIECES], uint32_t *count);

#define BLOCK_TOKEN_OWN UINT32_MAX /* of a request of the driver itself */
#define BLOCK_SCRATCH   4096u      /* bytes */

struct block_driver {
	const char *name; /* for people */
	/* Opens the nth device, which is claimed, and adds its disks. */
	status_t (*open)(unsigned nth);
	/* The nth device goes, or has gone, however far it was opened: resets it if it still
	 * answers, and forgets it with all that was under way, whose end is told by others. */
	void (*close)(unsigned nth);
	/* Begins; the end is told by block_done(), perhaps from within. False: too many are under
	 * way. */
	bool (*begin)(const struct block_request *request);
	/* The nth device has interrupted, whether it could be opened or not: tells what has ended.
	 */
	void (*take_ends)(unsigned nth);
	/* Tells the devices of what was begun. */
	void (*kick)(void);
	/* Requests have no time: resetting a silent device can take longer than a service may be
	 * silent itself, which would cost the driver's other devices more. */
	bool waits_for_ever;
	/* An object of a client goes: nothing of it is used any more. nullptr: it is nothing to the
	 * driver. */
	void (*forget)(uint64_t object);
};

/* The whole of a driver's program: its devices, as they come and go, and its clients. */
[[noreturn]] void block_run(const struct process_start *start, const struct block_driver *driver);

/* A disk as its driver found it. */
struct block_disk {
	uint32_t number; /* below 64; the same in each instance */
	unsigned nth;    /* its device */
	char name[16];   /* such as "vda"; partitions get numbers, behind a "p" if it ends with a
			    digit */
	uint64_t size;   /* bytes */
	uint32_t sector;
	bool is_read_only;
	/* Memory that the device reaches, of BLOCK_SCRATCH bytes, for the partition table. */
	const uint8_t *scratch;
	uint64_t scratch_physical;
};

/* Of the device that is being opened. */
void block_add_disk(const struct block_disk *disk);

/* The usual name of the nth disk of a kind: a prefix and a letter. */
void block_name_disk(char name[16], const char *prefix, uint32_t nth);

/* The first of these names that no disk has. */
void block_name_next(char name[16], const char *prefix);

/* Waits for the end of what the driver began with BLOCK_TOKEN_OWN. */
[[nodiscard]] status_t block_wait_own(unsigned nth);

void block_done(uint32_t token, status_t status);

/* Of requests, since the instance began. */
[[nodiscard]] uint64_t block_end_count(void);

/* --- parts of block_run, for tests and for drivers without a device ------------------------------
 */

/* With the estate open. False: it is too small. */
bool block_open(const struct block_driver *driver);

/* When all disks are there: goes on with what was under way. */
void block_start(void);

/* The disks of a device that goes: nothing is begun there any more. */
void block_remove_disks(unsigned nth);

/* The device reaches no memory any more: what was under way has failed. */
void block_end_all(unsigned nth);

/* How long a device may be at a request: looked after so often, so twice that at most. Disks that
 * have to spin up first need up to ten seconds. */
#define BLOCK_LOOK_NS 10000000000u

/* True: something is under way. */
bool block_is_busy(void);

/* Bit for each device with requests that were under way at the look before already. */
[[nodiscard]] uint64_t block_late(void);

/* A silent device was reset: what it had under way is begun again by block_work(). False: some of
 * that was begun again already. */
[[nodiscard]] bool block_begin_again(unsigned nth);

/* Then, all that is requested of it has ended: ERR_TIMED_OUT. */
void block_end_silent(unsigned nth);

/* Clients have signalled, or there is room again: begins what there is. */
void block_work(void);

extern const struct service_method block_methods[];
extern const uint32_t block_method_count;
