// SPDX-License-Identifier: MIT OR Apache-2.0
/* The driver of NVMe disks (NVM Express Base 1.4): all of them in one process. A disk is a
 * namespace of a controller. */
#include "controller.h"

#include <craton/block_server.h>
#include <craton/print.h>

#define PAGE         4096u
#define FORCE_ACCESS (1u << 30) /* a write ends when it lasts */
#define DEALLOCATE   4u

enum { COMMAND_FLUSH = 0, COMMAND_WRITE = 1, COMMAND_READ = 2, COMMAND_DATASET = 9 };

/* What is under way: a request is done in parts that the controller can take. */
struct part {
	struct block_request request;
	uint32_t done;
	uint32_t size; /* of the part that is under way */
	bool is_used;
};

static struct nvme_controller controllers[DRIVER_DEVICES];
static struct part parts[DRIVER_DEVICES][REQUESTS];

static struct nvme_controller *controller_of(uint32_t disk)
{
	return &controllers[disk / NAMESPACES];
}

static struct nvme_namespace *namespace_of(uint32_t disk)
{
	return &controller_of(disk)->namespaces[disk % NAMESPACES];
}

/* --- requests -----------------------------------------------------------------------------------
 */

/* Where the bytes are (4.3): the second word is the second page, or a list of the others. */
static void lay_pages(
	const struct nvme_controller *c, uint32_t id, const struct part *p, uint64_t data[2])
{
	const struct block_limits all = {BLOCK_PIECES, UINT32_MAX};
	uint64_t *list = (uint64_t *)(c->memory + AT_LISTS + id * LIST_BYTES);
	struct block_part bytes[BLOCK_PIECES];
	uint32_t count, left = p->size;
	unsigned pages = 0;

	(void)!block_parts(&p->request, p->done, all, bytes, &count);
	for (uint32_t i = 0; i < count && left > 0; i++) {
		uint32_t size = bytes[i].size < left ? bytes[i].size : left;
		uint64_t end = bytes[i].physical + size;

		for (uint64_t at = bytes[i].physical; at < end; at = (at / PAGE + 1) * PAGE) {
			if (pages == 0)
				data[0] = at;
			else
				list[pages - 1] = at;
			pages++;
		}
		left -= size;
	}
	data[1] = pages < 2 ? 0 : list[0];
	if (pages > 2)
		data[1] = c->physical + AT_LISTS + id * LIST_BYTES;
}

static_assert(LIST_BYTES / sizeof(uint64_t) >= TRANSFER_MOST / PAGE);

static void lay_transfer(const struct nvme_controller *c, const struct nvme_namespace *n,
	uint32_t id, struct part *p, struct nvme_command *command)
{
	const struct block_request *r = &p->request;
	uint64_t sector = (r->offset + p->done) >> n->sector_bits;
	uint32_t left = r->size - p->done;

	p->size = left < c->transfer_most ? left : c->transfer_most;
	lay_pages(c, id, p, command->data);
	command->opcode = r->operation == BLOCK_OPERATION_READ ? COMMAND_READ : COMMAND_WRITE;
	command->words[0] = (uint32_t)sector;
	command->words[1] = (uint32_t)(sector >> 32);
	command->words[2] =
		((p->size >> n->sector_bits) - 1) |
		(r->lasting && r->operation == BLOCK_OPERATION_WRITE ? FORCE_ACCESS : 0);
}

/* One range (NVM Command Set, Dataset Management): attributes, sectors, the first one. */
static void lay_discard(const struct nvme_controller *c, const struct nvme_namespace *n,
	uint32_t id, struct part *p, struct nvme_command *command)
{
	uint8_t *range = c->memory + AT_LISTS + id * LIST_BYTES;
	uint32_t sectors = p->request.size >> n->sector_bits;
	uint64_t first = p->request.offset >> n->sector_bits;

	memset(range, 0, 4);
	memcpy(range + 4, &sectors, 4);
	memcpy(range + 8, &first, 8);
	p->size = p->request.size;
	command->opcode = COMMAND_DATASET;
	command->data[0] = c->physical + AT_LISTS + id * LIST_BYTES;
	command->words[1] = DEALLOCATE;
}

static void begin_part(struct nvme_controller *c, uint32_t id)
{
	struct part *p = &parts[c->nth][id];
	const struct nvme_namespace *n = namespace_of(p->request.disk);
	struct nvme_command command = {.id = (uint16_t)id, .namespace = n->id};

	if (p->request.operation == BLOCK_OPERATION_FLUSH)
		command.opcode = COMMAND_FLUSH;
	else if (p->request.operation == BLOCK_OPERATION_DISCARD)
		lay_discard(c, n, id, p, &command);
	else
		lay_transfer(c, n, id, p, &command);
	queue_begin(&c->queue, &command);
}

/* OK: it must be asked; any other status is its end. */
static status_t check(const struct block_request *r)
{
	const struct nvme_controller *c = controller_of(r->disk);
	const struct nvme_namespace *n = namespace_of(r->disk);

	if (n->id == 0)
		return ERR_IO;
	if (r->operation == BLOCK_OPERATION_DISCARD && !c->can_discard)
		return ERR_NOT_SUPPORTED;
	return ((r->offset | r->size) & (((uint64_t)1 << n->sector_bits) - 1)) == 0 ? OK
										    : ERR_ALIGNMENT;
}

static uint32_t free_part(const struct nvme_controller *c)
{
	uint32_t most = c->queue.size - 1 < REQUESTS ? c->queue.size - 1 : REQUESTS;

	for (uint32_t id = 0; id < most; id++) {
		if (!parts[c->nth][id].is_used)
			return id;
	}
	return REQUESTS;
}

static bool begin_request(const struct block_request *r)
{
	struct nvme_controller *c = controller_of(r->disk);
	bool is_nothing = r->operation == BLOCK_OPERATION_FLUSH && !c->has_cache;
	status_t status = check(r);
	uint32_t id;

	if (status != OK || is_nothing) {
		block_done(r->token, status);
		return true;
	}
	id = free_part(c);
	if (id == REQUESTS)
		return false;
	parts[c->nth][id] = (struct part){.request = *r, .is_used = true};
	begin_part(c, id);
	return true;
}

static void finish(struct part *p, status_t status)
{
	p->is_used = false;
	block_done(p->request.token, status);
}

/* What the controller says about commands that nobody gave it is dropped. */
static void end(struct nvme_controller *c, const struct nvme_end *e)
{
	struct part *p = &parts[c->nth][e->id % REQUESTS];
	status_t status = nvme_status(e->status);

	if (e->id >= REQUESTS || !p->is_used)
		return;
	p->done += p->size;
	if (status == OK && p->done < p->request.size)
		begin_part(c, e->id);
	else
		finish(p, status);
}

static void take_ends(unsigned nth)
{
	struct nvme_controller *c = &controllers[nth];
	struct nvme_end e;

	while (c->queue.ends != nullptr && queue_end(&c->queue, &e))
		end(c, &e);
}

static void kick_all(void)
{
	for (uint32_t i = 0; i < DRIVER_DEVICES; i++)
		queue_kick(&controllers[i].queue);
}

/* --- start --------------------------------------------------------------------------------------
 */

static void add_disk(const struct nvme_controller *c, uint32_t number)
{
	const struct nvme_namespace *n = namespace_of(number);
	struct block_disk disk = {
		.number = number,
		.nth = c->nth,
		.size = n->sectors << n->sector_bits,
		.sector = 1u << n->sector_bits,
		.is_read_only = n->is_read_only,
		.scratch = c->memory + AT_SCRATCH,
		.scratch_physical = c->physical + AT_SCRATCH,
	};

	print_to(disk.name, sizeof(disk.name), "nvme%un%u", c->nth, n->id);
	block_add_disk(&disk);
}

static status_t open_controller(unsigned nth)
{
	struct nvme_controller *c = &controllers[nth];
	status_t status = controller_open(c, nth);

	if (status != OK) {
		memset(c->namespaces, 0, sizeof(c->namespaces));
		return status;
	}
	for (uint32_t i = 0; i < NAMESPACES; i++) {
		if (c->namespaces[i].id != 0)
			add_disk(c, nth * NAMESPACES + i);
	}
	return OK;
}

static void close_controller(unsigned nth)
{
	controller_close(&controllers[nth]);
	memset(parts[nth], 0, sizeof(parts[nth]));
}

void program_main(const void *argument)
{
	block_run(argument, &(struct block_driver){
				    .name = "nvme",
				    .open = open_controller,
				    .close = close_controller,
				    .begin = begin_request,
				    .take_ends = take_ends,
				    .kick = kick_all,
			    });
}
