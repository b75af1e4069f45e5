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
	/* Begins; the end is told by block_done(), perhaps from within. False: too many are under
	 * way. */
	bool (*begin)(const struct block_request *request);
};

/* With the estate open. False: it is too small. */
bool block_open(const struct block_driver *driver);

/* A disk as its driver found it. */
struct block_disk {
	uint32_t number; /* below 64 */
	char name[16];   /* such as "vda"; partitions get numbers, behind a "p" if it ends with a
			    digit */
	uint64_t size;   /* bytes; 0: it cannot be used */
	uint32_t sector;
	bool is_read_only;
	/* For partition tables. */
	status_t (*read)(void *self, uint64_t offset, void *bytes, size_t size);
	void *self;
};

/* A disk has the same number in each instance; one that is not there any more is not added. */
void block_add_disk(const struct block_disk *disk);

/* The usual name of the nth disk of a kind: a prefix and a letter. */
void block_name_disk(char name[16], const char *prefix, uint32_t nth);

/* When all disks are there: goes on with what was under way. */
void block_start(void);

/* Clients have signalled, or there is room again: begins what there is. */
void block_work(void);

void block_done(uint32_t token, status_t status);

extern const struct service_method block_methods[];
extern const uint32_t block_method_count;
