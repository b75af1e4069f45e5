// SPDX-License-Identifier: MIT OR Apache-2.0
/* The driver of virtio disks (VIRTIO 1.2, 5.2): all of them in one process. */
#include <abi/syscall.h>
#include <craton/block_server.h>
#include <craton/driver.h>
#include <craton/virtio.h>

#define SECTOR  512u
#define SCRATCH 0x6000u /* of a disk's unit of memory: for partition tables */
#define HEADERS VIRTIO_QUEUE_BYTES

/* Features (5.2.3). */
#define FEATURE_READ_ONLY  ((uint64_t)1 << 5)
#define FEATURE_BLOCK_SIZE ((uint64_t)1 << 6)
#define FEATURE_FLUSH      ((uint64_t)1 << 9)
#define FEATURE_DISCARD    ((uint64_t)1 << 13)

/* The device's configuration (5.2.4). */
enum { CONFIG_CAPACITY = 0, CONFIG_BLOCK_SIZE = 20, CONFIG_END = 24 };

enum { TYPE_READ = 0, TYPE_WRITE = 1, TYPE_FLUSH = 4, TYPE_DISCARD = 11 };
enum { RESULT_OK = 0, RESULT_NOT_SUPPORTED = 2 };

/* What a request begins with, and what of it does not lie with the client. */
struct header {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
	uint64_t discard_sector;
	uint32_t discard_count;
	uint32_t discard_flags;
	uint8_t result;
	uint8_t padding[31];
};
static_assert(sizeof(struct header) == 64);
static_assert(HEADERS + VIRTIO_REQUESTS * sizeof(struct header) <= SCRATCH);

struct disk {
	struct virtio_device device;
	struct virtio_queue queue;
	uint8_t *memory;
	uint64_t physical;
	bool is_open;
	bool is_begun;  /* the device has not been told of all */
	bool must_last; /* it has a cache */
	/* What is under way. */
	uint32_t tokens[VIRTIO_REQUESTS];
	bool flush_follows[VIRTIO_REQUESTS]; /* a write that lasts: then it ends */
};

static struct disk disks[DRIVER_DEVICES];

static struct header *header_at(const struct disk *d, uint32_t request)
{
	return (struct header *)(d->memory + HEADERS) + request;
}

/* --- requests -----------------------------------------------------------------------------------
 */

struct transfer {
	uint32_t type;
	uint64_t offset;
	uint64_t physical;
	uint32_t size;
	uint32_t token;
	bool flush_follows;
};

static unsigned lay_parts(const struct disk *d, uint32_t request, const struct transfer *t,
	struct virtio_part parts[3])
{
	uint64_t header = d->physical + HEADERS + request * sizeof(struct header);
	unsigned count = 0;

	parts[count++] =
		(struct virtio_part){header, offsetof(struct header, discard_sector), false};
	if (t->type == TYPE_DISCARD)
		parts[count++] = (struct virtio_part){
			header + offsetof(struct header, discard_sector), 16, false};
	else if (t->size != 0)
		parts[count++] = (struct virtio_part){t->physical, t->size, t->type == TYPE_READ};
	parts[count++] = (struct virtio_part){header + offsetof(struct header, result), 1, true};
	return count;
}

static bool begin(struct disk *d, const struct transfer *t)
{
	uint32_t request = virtio_free_request(&d->queue);
	struct virtio_part parts[3];

	if (request == VIRTIO_REQUESTS)
		return false;
	*header_at(d, request) = (struct header){
		.type = t->type,
		.sector = t->type == TYPE_READ || t->type == TYPE_WRITE ? t->offset / SECTOR : 0,
		.discard_sector = t->offset / SECTOR,
		.discard_count = t->size / SECTOR,
		.result = UINT8_MAX,
	};
	d->tokens[request] = t->token;
	d->flush_follows[request] = t->flush_follows;
	virtio_begin(&d->queue, parts, lay_parts(d, request, t, parts));
	d->is_begun = true;
	return true;
}

static uint32_t type_of(uint32_t operation)
{
	static const uint32_t types[] = {
		[BLOCK_OPERATION_READ] = TYPE_READ,
		[BLOCK_OPERATION_WRITE] = TYPE_WRITE,
		[BLOCK_OPERATION_FLUSH] = TYPE_FLUSH,
		[BLOCK_OPERATION_DISCARD] = TYPE_DISCARD,
	};

	return types[operation];
}

static bool is_offered(const struct disk *d, uint32_t operation)
{
	if (operation == BLOCK_OPERATION_FLUSH)
		return d->must_last;
	return operation != BLOCK_OPERATION_DISCARD || (d->device.features & FEATURE_DISCARD) != 0;
}

static bool begin_request(const struct block_request *r)
{
	struct disk *d = &disks[r->disk];

	if (!d->is_open) {
		block_done(r->token, ERR_IO);
		return true;
	}
	if (!is_offered(d, r->operation)) { /* a disk without a cache has flushed already */
		block_done(
			r->token, r->operation == BLOCK_OPERATION_FLUSH ? OK : ERR_NOT_SUPPORTED);
		return true;
	}
	return begin(d, &(struct transfer){type_of(r->operation), r->offset, r->physical, r->size,
				r->token, r->lasting && d->must_last});
}

static status_t status_of(uint8_t result)
{
	if (result == RESULT_OK)
		return OK;
	return result == RESULT_NOT_SUPPORTED ? ERR_NOT_SUPPORTED : ERR_IO;
}

/* The place that the write had is free, so the flush finds room. */
static void end(struct disk *d, uint32_t request)
{
	uint32_t token = d->tokens[request];
	status_t status = status_of(header_at(d, request)->result);

	if (status != OK || !d->flush_follows[request])
		block_done(token, status);
	else if (!begin(d, &(struct transfer){.type = TYPE_FLUSH, .token = token}))
		block_done(token, ERR_IO);
}

static void take_ends(unsigned nth)
{
	struct disk *d = &disks[nth];
	uint32_t request;

	while (d->is_open && virtio_end(&d->queue, &request))
		end(d, request);
}

static void kick_all(void)
{
	for (uint32_t i = 0; i < DRIVER_DEVICES; i++) {
		if (disks[i].is_begun)
			virtio_kick(&disks[i].queue);
		disks[i].is_begun = false;
	}
}

/* --- start --------------------------------------------------------------------------------------
 */

static uint64_t config64(const struct disk *d, size_t offset)
{
	const volatile uint32_t *at = (const volatile uint32_t *)(d->device.specific + offset);

	return at[0] | (uint64_t)at[1] << 32;
}

static uint32_t sector_of(const struct disk *d)
{
	uint32_t size = SECTOR;

	if ((d->device.features & FEATURE_BLOCK_SIZE) != 0 && d->device.specific_size >= CONFIG_END)
		size = *(const volatile uint32_t *)(d->device.specific + CONFIG_BLOCK_SIZE);
	return size >= SECTOR && size <= 4096 && (size & (size - 1)) == 0 ? size : SECTOR;
}

static status_t open_device(unsigned nth)
{
	struct disk *d = &disks[nth];
	status_t status = driver_memory(nth, &d->memory, &d->physical);

	if (status == OK)
		status = virtio_open(&d->device, nth);
	if (status == OK)
		status = virtio_negotiate(&d->device,
			FEATURE_READ_ONLY | FEATURE_BLOCK_SIZE | FEATURE_FLUSH | FEATURE_DISCARD);
	if (status == OK)
		status = driver_enable(nth);
	if (status == OK)
		status = virtio_queue_open(&d->queue, &d->device, 0, d->memory, d->physical);
	if (status != OK)
		return status;
	virtio_ready(&d->device);
	d->must_last = (d->device.features & FEATURE_FLUSH) != 0;
	return OK;
}

static status_t open_disk(unsigned nth)
{
	struct disk *d = &disks[nth];
	struct block_disk disk;
	status_t status = open_device(nth);

	if (status != OK)
		return status;
	d->is_open = true;
	disk = (struct block_disk){
		.number = nth,
		.nth = nth,
		.size = config64(d, CONFIG_CAPACITY) * SECTOR,
		.sector = sector_of(d),
		.is_read_only = (d->device.features & FEATURE_READ_ONLY) != 0,
		.scratch = d->memory + SCRATCH,
		.scratch_physical = d->physical + SCRATCH,
	};
	block_name_disk(disk.name, "vd", nth);
	block_add_disk(&disk);
	return OK;
}

static void close_disk(unsigned nth)
{
	struct disk *d = &disks[nth];

	virtio_close(&d->device, nth);
	memset(d, 0, sizeof(*d));
}

void program_main(const void *argument)
{
	block_run(argument, &(struct block_driver){
				    .name = "virtio-blk",
				    .open = open_disk,
				    .close = close_disk,
				    .begin = begin_request,
				    .take_ends = take_ends,
				    .kick = kick_all,
			    });
}
