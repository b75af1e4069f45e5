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
#define FEATURE_PART_SIZE  ((uint64_t)1 << 1)
#define FEATURE_PARTS      ((uint64_t)1 << 2)
#define FEATURE_READ_ONLY  ((uint64_t)1 << 5)
#define FEATURE_BLOCK_SIZE ((uint64_t)1 << 6)
#define FEATURE_FLUSH      ((uint64_t)1 << 9)
#define FEATURE_DISCARD    ((uint64_t)1 << 13)

/* The device's configuration (5.2.4). */
enum {
	CONFIG_CAPACITY = 0,
	CONFIG_PART_SIZE = 8,
	CONFIG_PARTS = 12,
	CONFIG_BLOCK_SIZE = 20,
	CONFIG_END = 24,
};

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

/* A request that is under way: in steps, if the device does not take all of it at once. */
struct transfer {
	struct block_request request;
	uint32_t type;
	uint32_t done;      /* bytes */
	uint32_t size;      /* of this step */
	bool flush_follows; /* a write that lasts: then it ends */
};

struct disk {
	struct virtio_device device;
	struct virtio_queue queue;
	uint8_t *memory;
	uint64_t physical;
	bool is_open;
	bool is_begun;  /* the device has not been told of all */
	bool must_last; /* it has a cache */
	struct block_limits limits;
	struct transfer under_way[VIRTIO_REQUESTS];
};

static struct disk disks[DRIVER_DEVICES];

static struct header *header_at(const struct disk *d, uint32_t request)
{
	return (struct header *)(d->memory + HEADERS) + request;
}

/* --- requests -----------------------------------------------------------------------------------
 */

/* Header, bytes, result; the bytes of this step. */
static unsigned lay_parts(const struct disk *d, uint32_t number, struct transfer *t,
	struct virtio_part parts[VIRTIO_PARTS])
{
	uint64_t header = d->physical + HEADERS + number * sizeof(struct header);
	struct block_part bytes[BLOCK_PIECES];
	uint32_t pieces = 0;
	unsigned count = 0;

	parts[count++] =
		(struct virtio_part){header, offsetof(struct header, discard_sector), false};
	if (t->type == TYPE_DISCARD)
		parts[count++] = (struct virtio_part){
			header + offsetof(struct header, discard_sector), 16, false};
	if (t->type == TYPE_READ || t->type == TYPE_WRITE)
		t->size = block_parts(&t->request, t->done, d->limits, bytes, &pieces);
	for (uint32_t i = 0; i < pieces; i++)
		parts[count++] = (struct virtio_part){
			bytes[i].physical, bytes[i].size, t->type == TYPE_READ};
	parts[count++] = (struct virtio_part){header + offsetof(struct header, result), 1, true};
	return count;
}

static bool begin(struct disk *d, const struct transfer *transfer)
{
	uint32_t number = virtio_free_request(&d->queue);
	struct virtio_part parts[VIRTIO_PARTS];
	struct transfer *t;
	uint64_t sector = (transfer->request.offset + transfer->done) / SECTOR;

	if (number == VIRTIO_REQUESTS)
		return false;
	t = &d->under_way[number];
	*t = *transfer;
	*header_at(d, number) = (struct header){
		.type = t->type,
		.sector = t->type == TYPE_READ || t->type == TYPE_WRITE ? sector : 0,
		.discard_sector = sector,
		.discard_count = t->request.size / SECTOR,
		.result = UINT8_MAX,
	};
	virtio_begin(&d->queue, parts, lay_parts(d, number, t, parts));
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
	return begin(d, &(struct transfer){.request = *r,
				.type = type_of(r->operation),
				.flush_follows = r->lasting && d->must_last});
}

static status_t status_of(uint8_t result)
{
	if (result == RESULT_OK)
		return OK;
	return result == RESULT_NOT_SUPPORTED ? ERR_NOT_SUPPORTED : ERR_IO;
}

/* What a request goes on with; false: with nothing. */
static bool next_step(struct transfer *t)
{
	t->done += t->size;
	if (t->size != 0 && t->done < t->request.size)
		return true;
	if (!t->flush_follows)
		return false;
	t->type = TYPE_FLUSH;
	t->flush_follows = false;
	t->size = 0;
	return true;
}

/* The place that the step had is free, so the next finds room. */
static void end(struct disk *d, uint32_t number)
{
	struct transfer t = d->under_way[number];
	status_t status = status_of(header_at(d, number)->result);

	if (status != OK || !next_step(&t))
		block_done(t.request.token, status);
	else if (!begin(d, &t))
		block_done(t.request.token, ERR_IO);
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

static uint32_t config32(const struct disk *d, size_t offset)
{
	return *(const volatile uint32_t *)(d->device.specific + offset);
}

static uint32_t sector_of(const struct disk *d)
{
	uint32_t size = SECTOR;

	if ((d->device.features & FEATURE_BLOCK_SIZE) != 0 && d->device.specific_size >= CONFIG_END)
		size = config32(d, CONFIG_BLOCK_SIZE);
	return size >= SECTOR && size <= 4096 && (size & (size - 1)) == 0 ? size : SECTOR;
}

/* A device that says nothing, or nonsense, takes one part of one sector at least. */
static struct block_limits limits_of(const struct disk *d)
{
	struct block_limits limits = {BLOCK_PIECES, UINT32_MAX / SECTOR * SECTOR};
	bool can_say = d->device.specific_size >= CONFIG_END;
	uint32_t others = 2; /* descriptors of a request: its header, its result */

	if (limits.parts > d->queue.parts - others)
		limits.parts = d->queue.parts - others;
	if (can_say && (d->device.features & FEATURE_PARTS) != 0 &&
		config32(d, CONFIG_PARTS) < limits.parts)
		limits.parts = config32(d, CONFIG_PARTS);
	if (can_say && (d->device.features & FEATURE_PART_SIZE) != 0)
		limits.part_size = config32(d, CONFIG_PART_SIZE) / SECTOR * SECTOR;
	limits.parts = limits.parts > 0 ? limits.parts : 1;
	limits.part_size = limits.part_size > 0 ? limits.part_size : SECTOR;
	return limits;
}

static status_t open_device(unsigned nth)
{
	struct disk *d = &disks[nth];
	status_t status = driver_memory(nth, &d->memory, &d->physical);

	if (status == OK)
		status = virtio_open(&d->device, nth);
	if (status == OK)
		status = virtio_negotiate(
			&d->device, FEATURE_PART_SIZE | FEATURE_PARTS | FEATURE_READ_ONLY |
					    FEATURE_BLOCK_SIZE | FEATURE_FLUSH | FEATURE_DISCARD);
	if (status == OK)
		status = driver_enable(nth);
	if (status == OK)
		status = virtio_queue_open(&d->queue, &d->device, 0, d->memory, d->physical);
	if (status != OK)
		return status;
	virtio_ready(&d->device);
	d->must_last = (d->device.features & FEATURE_FLUSH) != 0;
	d->limits = limits_of(d);
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
