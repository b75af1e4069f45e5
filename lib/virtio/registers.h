// SPDX-License-Identifier: MIT OR Apache-2.0
/* The common configuration structure (VIRTIO 1.2, 4.1.4.3), private to lib/virtio. */
#pragma once

#include <craton/virtio.h>

enum {
	COMMON_DEVICE_FEATURE_SELECT = 0x00,
	COMMON_DEVICE_FEATURE = 0x04,
	COMMON_DRIVER_FEATURE_SELECT = 0x08,
	COMMON_DRIVER_FEATURE = 0x0c,
	COMMON_CONFIG_VECTOR = 0x10,
	COMMON_QUEUES = 0x12,
	COMMON_STATUS = 0x14,
	COMMON_QUEUE_SELECT = 0x16,
	COMMON_QUEUE_SIZE = 0x18,
	COMMON_QUEUE_VECTOR = 0x1a,
	COMMON_QUEUE_ENABLE = 0x1c,
	COMMON_QUEUE_DOORBELL = 0x1e,
	COMMON_QUEUE_TABLE = 0x20,
	COMMON_QUEUE_AVAILABLE = 0x28,
	COMMON_QUEUE_USED = 0x30,
	COMMON_SIZE = 0x38,
};

/* Of COMMON_STATUS (2.1). */
enum {
	STATUS_KNOWN = 1,
	STATUS_DRIVER = 2,
	STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8,
};

#define NO_VECTOR 0xffffu

static inline uint8_t get8(volatile const uint8_t *base, size_t offset)
{
	return base[offset];
}

static inline void put8(volatile uint8_t *base, size_t offset, uint8_t value)
{
	base[offset] = value;
}

static inline uint16_t get16(volatile const uint8_t *base, size_t offset)
{
	return *(volatile const uint16_t *)(base + offset);
}

static inline void put16(volatile uint8_t *base, size_t offset, uint16_t value)
{
	*(volatile uint16_t *)(base + offset) = value;
}

static inline uint32_t get32(volatile const uint8_t *base, size_t offset)
{
	return *(volatile const uint32_t *)(base + offset);
}

static inline void put32(volatile uint8_t *base, size_t offset, uint32_t value)
{
	*(volatile uint32_t *)(base + offset) = value;
}

/* 8 bytes are written as two halves (4.1.3.1). */
static inline void put64(volatile uint8_t *base, size_t offset, uint64_t value)
{
	put32(base, offset, (uint32_t)value);
	put32(base, offset + 4, (uint32_t)(value >> 32));
}
