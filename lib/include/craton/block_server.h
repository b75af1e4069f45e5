// SPDX-License-Identifier: MIT OR Apache-2.0
/* The part of a disk driver that its clients see (abi/services/block.toml): slots of requests,
 * which outlive both sides, units and partitions. The driver says how requests are begun. A request
 * that was under way when the driver died is begun again; what clients wrote is checked. Tests:
 * tests/host/lib/block_test.c */
#pragma once

#include <abi/protocol/block.h>
#include <craton/service.h>

#define BLOCK_UNITS_MOST 64u

/* A request, checked; bytes from the disk's beginning. */
struct block_request {
	uint32_t token; /* tells its end */
	uint32_t operation;
	uint32_t disk;
	uint32_t size;
	uint64_t offset;
	uint64_t physical; /* of the bytes */
	bool lasting;
};

struct block_driver {
	const char *prefix; /* of the disks' names, such as "vd" */
	/* Begins; the end is told by block_done(), not from within. False: too many are under way.
	 */
	bool (*begin)(const struct block_request *request);
};

/* With the estate open. False: it is too small. */
bool block_open(const struct block_driver *driver);

/* A disk, numbered as they come; the same ones in each instance. `read` is for partition tables. */
void block_add_disk(uint64_t size, uint32_t sector, bool is_read_only,
	status_t (*read)(void *self, uint64_t offset, void *bytes, size_t size), void *self);

/* When all disks are there: goes on with what was under way. */
void block_start(void);

/* Clients have signalled, or there is room again: begins what there is. */
void block_work(void);

void block_done(uint32_t token, status_t status);

extern const struct service_method block_methods[];
extern const uint32_t block_method_count;
