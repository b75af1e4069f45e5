// SPDX-License-Identifier: MIT OR Apache-2.0
/* Split virtqueues (VIRTIO 1.2, 2.7): see craton/virtio.h. Request n owns the descriptors from
 * parts * n on, so there is no list of free descriptors that the device could spoil. */
#include "registers.h"

#define SIZE_MOST    256u
#define SIZE_LEAST   4u
#define FLAG_NEXT    1u
#define FLAG_WRITTEN 2u
#define AT_AVAILABLE 0x1000u /* behind the descriptors */
#define AT_USED      0x2000u

struct descriptor {
	uint64_t physical;
	uint32_t size;
	uint16_t flags;
	uint16_t next;
};

struct available {
	uint16_t flags;
	uint16_t index;
	uint16_t ring[];
};

struct used_entry {
	uint32_t descriptor;
	uint32_t size;
};

struct used {
	uint16_t flags;
	uint16_t index;
	struct used_entry ring[];
};

static_assert(SIZE_MOST * sizeof(struct descriptor) <= AT_AVAILABLE);
static_assert(AT_USED + sizeof(struct used) + SIZE_MOST * sizeof(struct used_entry) <=
	      VIRTIO_QUEUE_BYTES);
static_assert(VIRTIO_REQUESTS * VIRTIO_PARTS <= SIZE_MOST);

static uint32_t request_count(const struct virtio_queue *q)
{
	uint32_t count = q->size / q->parts;

	return count < VIRTIO_REQUESTS ? count : VIRTIO_REQUESTS;
}

static void make_free(struct virtio_queue *q)
{
	q->free = 0;
	for (uint32_t i = request_count(q); i-- > 0; q->free = i + 1) {
		q->next[i] = q->free;
		q->count[i] = 0;
	}
}

static uint16_t choose_size(uint16_t most)
{
	uint16_t size = SIZE_MOST;

	while (size > most)
		size /= 2;
	return size;
}

status_t virtio_queue_open(struct virtio_queue *q, struct virtio_device *d, uint16_t index,
	uint8_t *memory, uint64_t physical)
{
	size_t doorbell;

	if (index >= get16(d->common, COMMON_QUEUES))
		return ERR_NOT_FOUND;
	put16(d->common, COMMON_CONFIG_VECTOR, NO_VECTOR);
	put16(d->common, COMMON_QUEUE_SELECT, index);
	*q = (struct virtio_queue){
		.device = d,
		.index = index,
		.size = choose_size(get16(d->common, COMMON_QUEUE_SIZE)),
		.memory = memory,
	};
	q->parts = q->size < VIRTIO_PARTS ? q->size : VIRTIO_PARTS;
	doorbell = (size_t)get16(d->common, COMMON_QUEUE_DOORBELL) * d->notify_step;
	if (q->size < SIZE_LEAST || doorbell > d->notify_size - sizeof(uint16_t))
		return ERR_NOT_SUPPORTED;
	q->doorbell = (volatile uint16_t *)(d->notify + doorbell);
	memset(memory, 0, VIRTIO_QUEUE_BYTES);
	make_free(q);
	put16(d->common, COMMON_QUEUE_SIZE, q->size);
	put16(d->common, COMMON_QUEUE_VECTOR, 0);
	put64(d->common, COMMON_QUEUE_TABLE, physical);
	put64(d->common, COMMON_QUEUE_AVAILABLE, physical + AT_AVAILABLE);
	put64(d->common, COMMON_QUEUE_USED, physical + AT_USED);
	put16(d->common, COMMON_QUEUE_ENABLE, 1);
	return get16(d->common, COMMON_QUEUE_VECTOR) == 0 ? OK : ERR_NOT_SUPPORTED;
}

uint32_t virtio_free_request(const struct virtio_queue *q)
{
	return q->free != 0 ? q->free - 1 : VIRTIO_REQUESTS;
}

void virtio_begin(struct virtio_queue *q, const struct virtio_part *parts, unsigned count)
{
	struct descriptor *table = (struct descriptor *)q->memory;
	struct available *available = (struct available *)(q->memory + AT_AVAILABLE);
	uint32_t request = q->free - 1;
	uint16_t first = (uint16_t)(request * q->parts);
	uint16_t index = available->index;

	ASSERT(q->free != 0 && count > 0 && count <= q->parts);
	q->free = q->next[request];
	q->count[request] = count;
	for (unsigned i = 0; i < count; i++) {
		table[first + i] = (struct descriptor){
			.physical = parts[i].physical,
			.size = parts[i].size,
			.flags = (uint16_t)((parts[i].is_written ? FLAG_WRITTEN : 0) |
					    (i + 1 < count ? FLAG_NEXT : 0)),
			.next = (uint16_t)(first + i + 1),
		};
	}
	available->ring[index % q->size] = first;
	__atomic_store_n(&available->index, (uint16_t)(index + 1), __ATOMIC_RELEASE);
}

void virtio_kick(struct virtio_queue *q)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*q->doorbell = q->index;
}

bool virtio_end(struct virtio_queue *q, uint32_t *request)
{
	const struct used *used = (const struct used *)(q->memory + AT_USED);

	while (q->seen != __atomic_load_n(&used->index, __ATOMIC_ACQUIRE)) {
		uint32_t descriptor = used->ring[q->seen % q->size].descriptor;

		q->seen++;
		*request = descriptor / q->parts;
		if (descriptor % q->parts != 0 || *request >= request_count(q) ||
			q->count[*request] == 0)
			continue;
		q->count[*request] = 0;
		q->next[*request] = q->free;
		q->free = *request + 1;
		return true;
	}
	return false;
}
