// SPDX-License-Identifier: MIT OR Apache-2.0
/* What drivers of PCI devices need: the device, its registers and interrupt from the device
 * manager, and memory that the device reaches. The nth device is the nth that the driver's manifest
 * matches. A new instance does the same as its predecessor and finds the same memory: claim, map,
 * reset the device, see that it is reset, only then enable. */
#pragma once

#include <craton/runtime.h>

#define DRIVER_DEVICES 8u /* of one driver */

/* Gets the device; its interrupt signals bits `bits` of the driver's notification. ERR_NOT_FOUND:
 * there is none with this number now; ERR_GONE: it goes, or has gone. */
[[nodiscard]] status_t driver_claim(unsigned nth, uint64_t bits);

/* The bit of the notification by which the device manager says that a device has come, or goes. */
#define DRIVER_CHANGED (SERVICE_SIGNAL << SERVICE_NUMBER_DEVICES)

/* Gives up a device that goes: it reaches no memory when this is answered, and its windows are not
 * mapped any more. */
[[nodiscard]] status_t driver_release(unsigned nth);

/* Registers of a device that is not there any more read as ones. */
#define DRIVER_NO_DEVICE UINT32_MAX

/* Maps a window of registers, at most 2 MiB of it. */
[[nodiscard]] status_t driver_window(
	unsigned nth, unsigned window, volatile uint8_t **registers, size_t *size);

/* 4 bytes of configuration space. ERR_RANGE. */
[[nodiscard]] status_t driver_config(unsigned nth, uint32_t offset, uint32_t *value);

/* Lets the device interrupt, and reach memory: what is pinned (driver_memory, driver_pin), where an
 * IOMMU confines it, else all. ERR_NOT_SUPPORTED: it cannot be confined; ERR_IO: it reached beyond
 * too often. */
[[nodiscard]] status_t driver_enable(unsigned nth);

/* The device interrupts no more, until driver_enable(). */
[[nodiscard]] status_t driver_quiet(unsigned nth);

/* Before the next interrupt can come. */
void driver_interrupt_seen(unsigned nth);

/* Waits for the nth device's interrupt, which was claimed with bit `nth`; there may be none for it
 * to see. ERR_DEADLINE; ERR_GONE: the device is. */
[[nodiscard]] status_t driver_wait(unsigned nth, uint64_t deadline);

/* Lets time pass. */
void driver_pause(uint64_t nanoseconds);

/* A register; `offset`: a multiple of 4 below the window's size. */
static inline uint32_t driver_read32(const volatile uint8_t *registers, uint32_t offset)
{
	return *(const volatile uint32_t *)(registers + offset);
}

static inline void driver_write32(volatile uint8_t *registers, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(registers + offset) = value;
}

/* A unit (MEMORY_SHARED_UNIT bytes) of memory that outlives the instance, zeroed at first, and
 * where the device finds it. `key`: the driver's name for it, below 0x100. */
[[nodiscard]] status_t driver_memory(uint64_t key, uint8_t **memory, uint64_t *physical);

/* --- memory that is shared with others
 * ------------------------------------------------------------
 */

/* Before all else: tells the memory service of this instance. */
[[nodiscard]] status_t driver_open(void);

/* A unit that another service (enum service_number) may map, too; always at the same address. */
[[nodiscard]] status_t driver_share(
	uint64_t key, uint64_t service, void **memory, uint64_t *object);

/* Where an object of others lies, which stays there until it is unpinned. ERR_NOT_FOUND: it is none
 * that this service was offered. */
[[nodiscard]] status_t driver_pin(uint64_t object, uint64_t *physical, uint64_t *size);
void driver_unpin(uint64_t object);
