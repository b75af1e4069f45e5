// SPDX-License-Identifier: MIT OR Apache-2.0
/* A pair of queues, for commands and for their ends (NVM Express Base 1.4, 4.1 to 4.6). A command
 * is known by the number of its place among the driver's requests. */
#pragma once

#include <craton/runtime.h>

#define QUEUE_COMMANDS 64u /* at most */

struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t namespace;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t data[2]; /* physical: the first page, and the second or the list of the others */
	uint32_t words[6];
};
static_assert(sizeof(struct nvme_command) == 64);

struct nvme_end {
	uint32_t result;
	uint32_t reserved;
	uint16_t head;
	uint16_t queue;
	uint16_t id;
	uint16_t status; /* bit 0: phase */
};
static_assert(sizeof(struct nvme_end) == 16);

struct nvme_queue {
	struct nvme_command *commands;
	volatile struct nvme_end *ends;
	volatile uint32_t *tail_bell;
	volatile uint32_t *head_bell;
	uint32_t size;
	uint32_t tail;
	uint32_t head;
	bool phase; /* of the next end */
	bool is_begun;
};

/* `memory`: a page for commands and one for ends, which become zero; `size`: of both queues. */
void queue_open(struct nvme_queue *q, uint8_t *commands, uint8_t *ends, uint32_t size);

/* The caller has not more than size - 1 under way. */
void queue_begin(struct nvme_queue *q, const struct nvme_command *command);

/* Tells the controller of what was begun. */
void queue_kick(struct nvme_queue *q);

/* A command that has ended; false: none. */
bool queue_end(struct nvme_queue *q, struct nvme_end *end);

/* What a command's status says (4.6.1). */
[[nodiscard]] status_t nvme_status(uint16_t status);
