// SPDX-License-Identifier: MIT OR Apache-2.0
/* An NVMe controller (NVM Express Base 1.4): its start, its queues, and what disks it has. */
#pragma once

#include "queue.h"

#include <craton/driver.h>

#define NAMESPACES 4u  /* of a controller, that are used */
#define REQUESTS   24u /* under way at most */
#define LIST_BYTES 512u

#define TRANSFER_MOST 0x40000u /* bytes of a command: a list has its pages but the first */

/* Offsets in the controller's unit of memory. */
enum {
	AT_ADMIN_COMMANDS = 0,
	AT_ADMIN_ENDS = 0x1000,
	AT_COMMANDS = 0x2000,
	AT_ENDS = 0x3000,
	AT_SCRATCH = 0x4000,
	AT_LISTS = 0x5000, /* LIST_BYTES for each request */
	AT_END = AT_LISTS + REQUESTS * LIST_BYTES,
};
static_assert(AT_END <= MEMORY_SHARED_UNIT);

/* A disk (Identify Namespace, 5.15.2). */
struct nvme_namespace {
	uint32_t id;          /* 0: there is none */
	uint32_t sector_bits; /* log2 of its bytes */
	uint64_t sectors;
	bool is_read_only;
};

struct nvme_controller {
	unsigned nth; /* device of the driver */
	volatile uint8_t *registers;
	uint8_t *memory;
	uint64_t physical;
	struct nvme_queue admin;
	struct nvme_queue queue;
	uint32_t transfer_most; /* bytes of a command */
	bool has_cache;
	bool can_discard;
	struct nvme_namespace namespaces[NAMESPACES];
};

/* Resets the claimed device, makes the queues, and finds the namespaces. ERR_NOT_SUPPORTED,
 * ERR_IO. */
[[nodiscard]] status_t controller_open(struct nvme_controller *c, unsigned nth);

/* One that goes, or has gone, however far it was opened: stops it if it still answers. */
void controller_close(struct nvme_controller *c);
