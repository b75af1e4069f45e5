// SPDX-License-Identifier: MIT OR Apache-2.0
/* A VIRTIO device's registers (VIRTIO 1.2, 4.1.4): see craton/virtio.h. */
#include "registers.h"

#include <abi/syscall.h>
#include <craton/print.h>
#include <craton/service.h>

#define CONFIG_BYTES      256u
#define CAPABILITIES      0x34u
#define CAPABILITY_VENDOR 0x09u
#define CAPABILITIES_MOST 32u
#define RESET_NS          2000000000u
#define PAUSE_NS          1000000u
#define WINDOWS           6u

enum { PART_COMMON = 1, PART_NOTIFY = 2, PART_DEVICE = 4, PARTS = 5 };

/* Where a structure lies. */
struct part {
	uint32_t window;
	uint32_t offset;
	uint32_t size;  /* 0: it has none */
	uint32_t extra; /* of PART_NOTIFY: the step between doorbells */
};

static uint32_t config(unsigned nth, uint32_t offset)
{
	uint32_t value = 0;

	return offset < CONFIG_BYTES && driver_config(nth, offset & ~3u, &value) == OK ? value : 0;
}

/* The first of a kind is the one that the device prefers. */
static void take_part(unsigned nth, uint32_t at, struct part parts[PARTS])
{
	uint32_t kind = config(nth, at) >> 24;

	if (kind >= PARTS || parts[kind].size != 0)
		return;
	parts[kind] = (struct part){
		.window = config(nth, at + 4) & 0xff,
		.offset = config(nth, at + 8),
		.size = config(nth, at + 12),
		.extra = config(nth, at + 16),
	};
}

static void find_parts(unsigned nth, struct part parts[PARTS])
{
	uint32_t at = config(nth, CAPABILITIES) & 0xfc;

	for (unsigned i = 0; i < CAPABILITIES_MOST && at >= 0x40; i++) {
		uint32_t word = config(nth, at);

		if ((word & 0xff) == CAPABILITY_VENDOR)
			take_part(nth, at, parts);
		at = word >> 8 & 0xfc;
	}
}

static volatile uint8_t *mapped[DRIVER_DEVICES][WINDOWS];
static size_t sizes[DRIVER_DEVICES][WINDOWS];

static status_t map_part(
	unsigned nth, const struct part *part, size_t least, volatile uint8_t **registers)
{
	status_t status = OK;

	if (part->size < least || part->window >= WINDOWS)
		return ERR_NOT_SUPPORTED;
	if (mapped[nth][part->window] == nullptr)
		status = driver_window(
			nth, part->window, &mapped[nth][part->window], &sizes[nth][part->window]);
	if (status != OK)
		return status;
	*registers = mapped[nth][part->window] + part->offset;
	return part->offset <= sizes[nth][part->window] &&
			       part->size <= sizes[nth][part->window] - part->offset &&
			       part->offset % 4 == 0
		       ? OK
		       : ERR_NOT_SUPPORTED;
}

static status_t reset(struct virtio_device *d)
{
	uint64_t end = time_now() + RESET_NS;

	put8(d->common, COMMON_STATUS, 0);
	while (get8(d->common, COMMON_STATUS) != 0) {
		if (get32(d->common, COMMON_DEVICE_FEATURE_SELECT) == DRIVER_NO_DEVICE)
			return ERR_GONE;
		if (time_now() > end)
			return ERR_DEADLINE;
		driver_pause(PAUSE_NS);
	}
	return OK;
}

status_t virtio_open(struct virtio_device *d, unsigned nth)
{
	struct part parts[PARTS] = {0};
	status_t status;

	*d = (struct virtio_device){.nth = nth};
	find_parts(nth, parts);
	status = map_part(nth, &parts[PART_COMMON], COMMON_SIZE, &d->common);
	if (status == OK)
		status = map_part(nth, &parts[PART_NOTIFY], 2, &d->notify);
	if (status == OK)
		status = map_part(nth, &parts[PART_DEVICE], 8, &d->specific);
	d->notify_size = parts[PART_NOTIFY].size;
	d->notify_step = parts[PART_NOTIFY].extra;
	d->specific_size = parts[PART_DEVICE].size;
	return status == OK ? reset(d) : status;
}

void virtio_close(struct virtio_device *d, unsigned nth)
{
	if (d->common != nullptr && reset(d) == ERR_DEADLINE)
		debug_print("virtio: device %u does not stop\n", nth);
	*d = (struct virtio_device){0};
	memset(mapped[nth], 0, sizeof(mapped[nth]));
}

status_t virtio_negotiate(struct virtio_device *d, uint64_t wanted)
{
	uint64_t offered;

	put8(d->common, COMMON_STATUS, STATUS_KNOWN);
	put8(d->common, COMMON_STATUS, STATUS_KNOWN | STATUS_DRIVER);
	put32(d->common, COMMON_DEVICE_FEATURE_SELECT, 0);
	offered = get32(d->common, COMMON_DEVICE_FEATURE);
	put32(d->common, COMMON_DEVICE_FEATURE_SELECT, 1);
	offered |= (uint64_t)get32(d->common, COMMON_DEVICE_FEATURE) << 32;
	d->features = offered & (wanted | VIRTIO_VERSION_1 | VIRTIO_ACCESS_PLATFORM);
	put32(d->common, COMMON_DRIVER_FEATURE_SELECT, 0);
	put32(d->common, COMMON_DRIVER_FEATURE, (uint32_t)d->features);
	put32(d->common, COMMON_DRIVER_FEATURE_SELECT, 1);
	put32(d->common, COMMON_DRIVER_FEATURE, (uint32_t)(d->features >> 32));
	put8(d->common, COMMON_STATUS, STATUS_KNOWN | STATUS_DRIVER | STATUS_FEATURES_OK);
	return (d->features & VIRTIO_VERSION_1) != 0 &&
			       (get8(d->common, COMMON_STATUS) & STATUS_FEATURES_OK) != 0
		       ? OK
		       : ERR_NOT_SUPPORTED;
}

void virtio_ready(struct virtio_device *d)
{
	put8(d->common, COMMON_STATUS,
		STATUS_KNOWN | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}
