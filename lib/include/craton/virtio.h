// SPDX-License-Identifier: MIT OR Apache-2.0
/* VIRTIO devices on PCI (VIRTIO 1.2, chapter 4.1), for drivers of craton/driver.h: the modern
 * interface, also of transitional devices, and split virtqueues (2.7) with one descriptor for each
 * part of a request. What the device writes is checked before it is used. */
#pragma once

#include <craton/driver.h>

#define VIRTIO_VERSION_1       ((uint64_t)1 << 32) /* feature: always taken */
#define VIRTIO_ACCESS_PLATFORM ((uint64_t)1 << 33) /* the same: addresses go through the IOMMU */
#define VIRTIO_PARTS           10u                 /* of a request at most */
#define VIRTIO_REQUESTS        25u                 /* of a queue, at once */

struct virtio_device {
	unsigned nth; /* of the driver's devices */
	volatile uint8_t *common;
	volatile uint8_t *specific; /* the device's own configuration */
	size_t specific_size;
	volatile uint8_t *notify;
	size_t notify_size;
	uint32_t notify_step;
	uint64_t features; /* those that were agreed on */
};

/* Finds the registers of a claimed device, and resets it: it has stopped to reach memory when this
 * answers OK. ERR_NOT_SUPPORTED: it has no modern interface; ERR_DEADLINE: it does not stop;
 * ERR_GONE. */
[[nodiscard]] status_t virtio_open(struct virtio_device *device, unsigned nth);

/* A device that goes, or has gone, however far it was opened: resets it if it still answers. */
void virtio_close(struct virtio_device *device, unsigned nth);

/* Agrees on the features among `wanted` that the device has. ERR_NOT_SUPPORTED. */
[[nodiscard]] status_t virtio_negotiate(struct virtio_device *device, uint64_t wanted);

struct virtio_queue {
	struct virtio_device *device;
	uint16_t index;
	uint16_t size;  /* descriptors: a power of two */
	uint16_t seen;  /* ends that were taken */
	uint16_t parts; /* that a request can have here: at most VIRTIO_PARTS, at least 4 */
	volatile uint16_t *doorbell;
	uint8_t *memory;
	uint32_t free; /* first request that is free, + 1 */
	uint32_t next[VIRTIO_REQUESTS];
	uint32_t count[VIRTIO_REQUESTS]; /* parts of a request that is under way; 0: it is free */
};

/* Lays a queue into a unit of memory (driver_memory). ERR_NOT_FOUND: there is no such queue. */
[[nodiscard]] status_t virtio_queue_open(struct virtio_queue *queue, struct virtio_device *device,
	uint16_t index, uint8_t *memory, uint64_t physical);

/* Bytes of the unit behind the queue, for the driver's own use. */
#define VIRTIO_QUEUE_BYTES 0x4000u

/* The device works from now on. */
void virtio_ready(struct virtio_device *device);

struct virtio_part {
	uint64_t physical;
	uint32_t size;
	bool is_written; /* by the device */
};

/* A free request, or VIRTIO_REQUESTS: all are under way. */
uint32_t virtio_free_request(const struct virtio_queue *queue);

/* Begins the first free request, whose number this is; 1 to queue->parts parts, those that are
 * written last. */
void virtio_begin(struct virtio_queue *queue, const struct virtio_part *parts, unsigned count);

/* Tells the device of all that were begun. */
void virtio_kick(struct virtio_queue *queue);

/* A request that has ended; false: none. Nonsense of the device is passed over. */
bool virtio_end(struct virtio_queue *queue, uint32_t *request);
