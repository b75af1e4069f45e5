// SPDX-License-Identifier: MIT OR Apache-2.0
/* Queues: see queue.h. */
#include "queue.h"

#define PAGE 4096u

/* Status codes: type << 8 | code. */
enum {
	STATUS_OK = 0,
	STATUS_BAD_OPCODE = 0x01,
	STATUS_WRITE_PROTECTED = 0x20,
	STATUS_RANGE = 0x80,
	STATUS_READ_ONLY = 0x182,
};

void queue_open(struct nvme_queue *q, uint8_t *commands, uint8_t *ends, uint32_t size)
{
	memset(commands, 0, PAGE);
	memset(ends, 0, PAGE);
	q->commands = (struct nvme_command *)commands;
	q->ends = (volatile struct nvme_end *)ends;
	q->size = size;
	q->tail = 0;
	q->head = 0;
	q->phase = true;
	q->is_begun = false;
}

void queue_begin(struct nvme_queue *q, const struct nvme_command *command)
{
	q->commands[q->tail] = *command;
	q->tail = (q->tail + 1) % q->size;
	q->is_begun = true;
}

void queue_kick(struct nvme_queue *q)
{
	if (!q->is_begun)
		return;
	q->is_begun = false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*q->tail_bell = q->tail;
}

bool queue_end(struct nvme_queue *q, struct nvme_end *end)
{
	volatile struct nvme_end *next = &q->ends[q->head];
	uint16_t status = next->status;

	if (((status & 1) != 0) != q->phase)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	*end = (struct nvme_end){.result = next->result, .id = next->id, .status = status};
	q->head = (q->head + 1) % q->size;
	if (q->head == 0)
		q->phase = !q->phase;
	*q->head_bell = q->head;
	return true;
}

status_t nvme_status(uint16_t status)
{
	switch (status >> 1 & 0x7ff) {
	case STATUS_OK:
		return OK;
	case STATUS_BAD_OPCODE:
		return ERR_NOT_SUPPORTED;
	case STATUS_WRITE_PROTECTED:
	case STATUS_READ_ONLY:
		return ERR_READ_ONLY;
	case STATUS_RANGE:
		return ERR_RANGE;
	default:
		return ERR_IO;
	}
}
