// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_disk.h. */
#include "vfs_disk.h"

#include "blocks.h"
#include "cache.h"
#include "estate_host.h"
#include "wall_time.h"

#include <craton/estate.h>
#include <stdlib.h>
#include <string.h>

#define ROOT      1u
#define QUEUE     256u
#define FILE_SIZE ((size_t)DISK_PAGES * BLOCK_SIZE)

struct node {          /* in the estate */
	uint32_t type; /* 0: free */
	uint32_t names;
	uint32_t retained;
	uint32_t pages; /* allocated */
	uint64_t size;
	uint64_t modified;
	uint64_t accessed;
	char target[64];
};

struct name_entry {
	uint32_t node; /* 0: free */
	char name[32];
};

struct disk {
	struct node nodes[DISK_NODES + 1];
	struct name_entry names[2 * DISK_NODES];
};

enum kind { FILL, WRITE, FLUSH, LOOK };

struct pending {
	enum kind kind;
	struct page_run run;
	uint64_t ticket;
	bool is_done; /* only its end has to be told, perhaps again */
	struct page_end end;
	uint8_t bytes[DISK_PAGES][BLOCK_SIZE]; /* of a write, when it began */
};

static struct disk *disk;
static uint8_t platter[DISK_NODES + 1][FILE_SIZE];
static uint8_t lasting[DISK_NODES + 1][FILE_SIZE];
static struct pending queue[QUEUE];
static unsigned queued;
static uint64_t last_ticket;
static uint64_t done_ticket;
static uint32_t capacity;
static unsigned later_percent;
static unsigned failing_percent;
static unsigned fills;
static unsigned writes;

jmp_buf *disk_dies_at_write;

static struct node *node_at(uint64_t number)
{
	assert_true(number >= ROOT && number <= DISK_NODES);
	assert_true(disk->nodes[number].type != 0);
	return &disk->nodes[number];
}

/* --- the queue ------------------------------------------------------------------------------- */

static struct pending *enqueue(enum kind kind)
{
	assert_true(queued < QUEUE);
	queue[queued] = (struct pending){.kind = kind};
	return &queue[queued++];
}

/* True: the call cannot be done now; it will be worth another try when something has ended. */
static bool later(void)
{
	if ((unsigned)rand() % 100 >= later_percent)
		return false;
	(void)enqueue(LOOK);
	return true;
}

static status_t trouble(void)
{
	return (unsigned)rand() % 100 < failing_percent ? ERR_IO : OK;
}

static bool is_transfer(const struct pending *p)
{
	return (p->kind == FILL || p->kind == WRITE) && !p->is_done;
}

static bool is_queued(uint64_t id)
{
	for (unsigned i = 0; i < queued; i++) {
		if ((queue[i].kind == FILL || queue[i].kind == WRITE) && queue[i].run.id == id)
			return true;
	}
	return false;
}

/* No two transfers of a page are under way at once. */
static void assert_alone(const struct page_run *r)
{
	uint64_t end = r->offset + (uint64_t)r->count * BLOCK_SIZE;

	for (unsigned i = 0; i < queued; i++) {
		const struct page_run *other = &queue[i].run;
		uint64_t other_end = other->offset + (uint64_t)other->count * BLOCK_SIZE;

		if (!is_transfer(&queue[i]))
			continue;
		for (uint32_t n = 0; n < r->count * other->count; n++)
			assert_false(r->blocks[n % r->count] == other->blocks[n / r->count]);
		assert_false(
			other->node == r->node && other->offset < end && r->offset < other_end);
	}
}

static status_t begin(enum kind kind, const struct page_run *r)
{
	struct pending *p;

	assert_int_equal(r->offset % BLOCK_SIZE, 0);
	assert_true(r->count > 0 && r->count <= DISK_PAGES);
	assert_int_equal(r->is_write, kind == WRITE);
	assert_true(node_at(r->node)->retained > 0 || kind == WRITE);
	if (is_queued(r->id))
		return OK;
	assert_alone(r);
	p = enqueue(kind);
	p->run = *r;
	for (uint32_t i = 0; kind == WRITE && i < r->count; i++)
		memcpy(p->bytes[i], block_data(r->blocks[i]), BLOCK_SIZE);
	return OK;
}

static status_t fill(struct volume *v, const struct page_run *r)
{
	(void)v;
	fills += r->count;
	return begin(FILL, r);
}

static status_t write_back(struct volume *v, const struct page_run *r)
{
	status_t status;

	(void)v;
	writes += r->count;
	assert_true(r->offset + (uint64_t)(r->count - 1) * BLOCK_SIZE < node_at(r->node)->size);
	status = begin(WRITE, r);
	if (disk_dies_at_write != nullptr)
		longjmp(*disk_dies_at_write, 1);
	return status;
}

static void do_fill(const struct page_run *r, uint32_t page, status_t status)
{
	uint8_t *to = block_data(r->blocks[page]);
	uint64_t offset = r->offset + (uint64_t)page * BLOCK_SIZE;
	uint64_t size = node_at(r->node)->size;

	memset(to, status == OK ? 0 : 0xee, BLOCK_SIZE);
	if (status != OK || offset >= FILE_SIZE || offset >= size)
		return;
	size = size - offset < BLOCK_SIZE ? size - offset : BLOCK_SIZE;
	memcpy(to, &platter[r->node][offset], size);
}

/* Also half a write may have come to the device when the power of its process goes. */
static void do_write(const struct pending *p, uint32_t page)
{
	const struct page_run *r = &p->run;
	uint64_t offset = r->offset + (uint64_t)page * BLOCK_SIZE;

	assert_memory_equal(block_data(r->blocks[page]), p->bytes[page], BLOCK_SIZE);
	assert_true(offset + BLOCK_SIZE <= FILE_SIZE);
	memcpy(&platter[r->node][offset], p->bytes[page], BLOCK_SIZE);
}

static void do_page(struct pending *p, uint32_t page)
{
	status_t status = trouble();

	if (p->kind == FILL)
		do_fill(&p->run, page, status);
	else if (status == OK)
		do_write(p, page);
	if (status == OK)
		return;
	p->end.status = status;
	p->end.failed |= (uint64_t)1 << page;
}

/* The end of a transfer is told again if a kill comes before it was taken note of. */
static void do_transfer(struct pending *p)
{
	for (uint32_t i = 0; !p->is_done && i < p->run.count; i++)
		do_page(p, i);
	p->is_done = true;
	cache_run_done(p->run.id, p->end);
}

bool disk_finish(unsigned choice)
{
	struct pending *p;
	uint64_t id;

	if (queued == 0)
		return false;
	p = &queue[choice % queued];
	id = p->run.id;
	if (p->kind == FLUSH) {
		memcpy(lasting, platter, sizeof(lasting));
		done_ticket = p->ticket > done_ticket ? p->ticket : done_ticket;
	} else if (p->kind != LOOK) {
		do_transfer(p);
	}
	assert_true(p->run.id == id);
	*p = queue[--queued];
	return true;
}

void disk_finish_all(void)
{
	while (disk_finish(0))
		;
}

unsigned disk_pending(void)
{
	return queued;
}

/* What was under way and is forgotten may have happened in part. */
void disk_kill(bool keep)
{
	for (unsigned i = 0; !keep && i < queued; i++) {
		const struct page_run *r = &queue[i].run;

		if (queue[i].kind == WRITE && !queue[i].is_done && rand() % 2 != 0)
			memcpy(&platter[r->node][r->offset], queue[i].bytes,
				(size_t)rand() % ((size_t)r->count * BLOCK_SIZE));
	}
	if (!keep)
		queued = 0;
}

/* --- names ----------------------------------------------------------------------------------- */

static struct name_entry *entry_find(struct name name)
{
	for (unsigned i = 0; i < 2 * DISK_NODES; i++) {
		struct name_entry *e = &disk->names[i];

		if (e->node != 0 && strlen(e->name) == name.size &&
			memcmp(e->name, name.text, name.size) == 0)
			return e;
	}
	return nullptr;
}

uint64_t disk_find(const char *name)
{
	const struct name_entry *e = entry_find((struct name){name, strlen(name)});

	return e != nullptr ? e->node : 0;
}

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	const struct name_entry *e = entry_find(name);

	(void)v;
	assert_int_equal(directory, ROOT);
	if (later())
		return FILE_LATER;
	*node = e != nullptr ? e->node : 0;
	return e != nullptr ? OK : ERR_NOT_FOUND;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	(void)v;
	(void)directory;
	*node = ROOT;
	return OK;
}

static status_t attributes(struct volume *v, uint64_t number, struct file_attributes *a)
{
	const struct node *node = node_at(number);

	(void)v;
	if (later())
		return FILE_LATER;
	*a = (struct file_attributes){
		.inode = number,
		.type = node->type,
		.links = node->names,
		.size = node->size,
		.modified_ns = node->modified,
		.accessed_ns = node->accessed,
	};
	return OK;
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	(void)v;
	(void)directory;
	if (later())
		return FILE_LATER;
	while (*cookie < 2 * DISK_NODES && disk->names[*cookie].node == 0)
		++*cookie;
	if (*cookie >= 2 * DISK_NODES)
		return ERR_NOT_FOUND;
	item->node = disk->names[*cookie].node;
	item->inode = item->node;
	item->type = (enum file_type)node_at(item->node)->type;
	item->name_size = strlen(disk->names[*cookie].name);
	memcpy(item->name, disk->names[*cookie].name, item->name_size + 1);
	++*cookie;
	return OK;
}

static status_t read(
	struct volume *v, uint64_t number, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	const struct node *node = node_at(number);

	(void)v;
	assert_int_equal(node->type, FILE_TYPE_SYMLINK);
	assert_int_equal(offset, 0);
	if (later())
		return FILE_LATER;
	*done = size < node->size ? size : node->size;
	memcpy(buffer, node->target, *done);
	return OK;
}

static status_t space(struct volume *v, uint64_t *total, uint64_t *used)
{
	(void)v;
	*total = (uint64_t)capacity * BLOCK_SIZE;
	*used = 0;
	for (unsigned i = 1; i <= DISK_NODES; i++)
		*used += (uint64_t)disk->nodes[i].pages * BLOCK_SIZE;
	return OK;
}

static status_t retain(struct volume *v, uint64_t number)
{
	struct node *node = node_at(number);

	(void)v;
	if (later())
		return FILE_LATER;
	assert_int_equal(node->retained, 0);
	ESTATE_SET(node->retained, 1);
	return OK;
}

static void drop_if_unused(struct volume *v, uint64_t number)
{
	struct node *node = node_at(number);

	if (node->names > 0 || node->retained > 0)
		return;
	for (unsigned i = 0; i < queued; i++)
		assert_false(is_transfer(&queue[i]) && queue[i].run.node == number);
	estate_save(node, sizeof(*node));
	*node = (struct node){0};
	cache_forget(v, number);
}

static void release(struct volume *v, uint64_t number)
{
	struct node *node = node_at(number);

	assert_int_equal(node->retained, 1);
	ESTATE_SET(node->retained, 0);
	drop_if_unused(v, number);
}

static struct name_entry *entry_free(void)
{
	for (unsigned i = 0; i < 2 * DISK_NODES; i++) {
		if (disk->names[i].node == 0)
			return &disk->names[i];
	}
	return nullptr;
}

static status_t enter(uint64_t number, struct name name)
{
	struct name_entry *e = entry_free();

	if (name.size >= sizeof(e->name))
		return ERR_TOO_LONG;
	if (e == nullptr)
		return ERR_NO_SPACE;
	assert_null(entry_find(name));
	estate_save(e, sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->node = (uint32_t)number;
	memcpy(e->name, name.text, name.size);
	ESTATE_SET(node_at(number)->names, node_at(number)->names + 1);
	return OK;
}

static status_t create(struct volume *v, uint64_t directory, struct name name, enum file_type type,
	struct name target, uint64_t *number)
{
	struct node *node;

	(void)v;
	(void)directory;
	if (later())
		return FILE_LATER;
	if (trouble() != OK)
		return ERR_IO;
	if (type == FILE_TYPE_DIRECTORY)
		return ERR_NOT_SUPPORTED;
	for (*number = ROOT + 1; *number <= DISK_NODES; ++*number) {
		if (disk->nodes[*number].type == 0)
			break;
	}
	if (*number > DISK_NODES || entry_free() == nullptr)
		return ERR_NO_SPACE;
	node = &disk->nodes[*number];
	estate_save(node, sizeof(*node));
	*node = (struct node){.type = type, .size = target.size};
	memcpy(node->target, target.text != nullptr ? target.text : "", target.size);
	memset(platter[*number], 0xdd, FILE_SIZE); /* what was on the device before */
	return enter(*number, name);
}

static void leave(struct name name)
{
	struct name_entry *e = entry_find(name);
	struct node *node = node_at(e->node);

	ESTATE_SET(node->names, node->names - 1);
	ESTATE_SET(e->node, 0);
}

static status_t link(struct volume *v, uint64_t node, struct entry_name name)
{
	(void)v;
	return later() ? FILE_LATER : enter(node, name.name);
}

static status_t remove_name(struct volume *v, uint64_t node, struct entry_name name)
{
	(void)v;
	(void)node;
	if (later())
		return FILE_LATER;
	if (trouble() != OK)
		return ERR_IO;
	leave(name.name);
	return OK; /* it is held, so it goes when it is released */
}

static status_t rename_node(struct volume *v, uint64_t node, struct entry_name from,
	struct entry_name to, uint64_t replaced)
{
	(void)v;
	if (later())
		return FILE_LATER;
	if (replaced != 0)
		leave(to.name);
	leave(from.name);
	return enter(node, to.name);
}

static status_t set_times(struct volume *v, uint64_t number, uint64_t accessed, uint64_t modified)
{
	struct node *node = node_at(number);

	(void)v;
	estate_save(node, sizeof(*node));
	node->accessed = accessed;
	node->modified = modified;
	return OK;
}

/* --- contents -------------------------------------------------------------------------------- */

static uint32_t pages_of(uint64_t size)
{
	return (uint32_t)((size + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

/* What is on the device behind the end stays there: the cache has to see to it. */
static status_t set_size(struct volume *v, uint64_t number, uint64_t size)
{
	struct node *node = node_at(number);
	uint32_t from = pages_of(node->size);

	(void)v;
	if (later())
		return FILE_LATER;
	if (size > FILE_SIZE)
		return ERR_TOO_LONG;
	for (uint32_t i = from; i < pages_of(size); i++) /* a hole */
		memset(&platter[number][(size_t)i * BLOCK_SIZE], 0, BLOCK_SIZE);
	estate_save(node, sizeof(*node));
	node->size = size;
	node->modified = wall_time();
	if (node->pages > pages_of(size))
		node->pages = pages_of(size);
	return OK;
}

static status_t reserve(struct volume *v, uint64_t number, uint64_t offset, uint64_t size)
{
	struct node *node = node_at(number);
	uint64_t total;
	uint64_t used;
	uint64_t end = offset + size > node->size ? offset + size : node->size;

	if (later())
		return FILE_LATER;
	if (end > FILE_SIZE)
		return ERR_NO_SPACE;
	(void)!space(v, &total, &used);
	if (pages_of(end) > node->pages &&
		used / BLOCK_SIZE + pages_of(end) - node->pages > capacity)
		return ERR_NO_SPACE;
	for (uint32_t i = pages_of(node->size); i < pages_of(end); i++)
		memset(&platter[number][(size_t)i * BLOCK_SIZE], 0, BLOCK_SIZE);
	estate_save(node, sizeof(*node));
	node->size = end;
	node->pages = pages_of(end);
	node->modified = wall_time();
	return OK;
}

static status_t sync_node(struct volume *v, uint64_t node, uint64_t *ticket)
{
	(void)v;
	(void)node;
	if (*ticket == 0 || *ticket > last_ticket) {
		*ticket = ++last_ticket;
		enqueue(FLUSH)->ticket = *ticket;
	}
	for (unsigned i = 0; i < queued; i++) {
		if (queue[i].kind == FLUSH && queue[i].ticket == *ticket)
			return FILE_LATER;
	}
	return *ticket <= done_ticket ? OK : ERR_IO;
}

static const struct file_system_ops disk_ops = {
	.name = "disk",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = space,
	.retain = retain,
	.release = release,
	.create = create,
	.set_size = set_size,
	.set_times = set_times,
	.link = link,
	.remove = remove_name,
	.rename = rename_node,
	.fill = fill,
	.write_back = write_back,
	.reserve = reserve,
	.sync = sync_node,
};

/* --- for the test ---------------------------------------------------------------------------- */

void disk_mount(void)
{
	disk = estate_allocate(sizeof(*disk), 64);
	assert_non_null(disk);
	if (disk->nodes[ROOT].type == 0) {
		disk->nodes[ROOT] = (struct node){.type = FILE_TYPE_DIRECTORY, .names = 1};
		memset(platter, 0xdd, sizeof(platter));
		queued = 0;
		last_ticket = done_ticket = 0;
		fills = writes = 0;
		capacity = UINT32_MAX;
		disk_set_trouble(0, 0);
	}
	volume_mount(&disk_ops, ROOT, false, place_root(), "disk");
}

void disk_set_capacity(uint32_t pages)
{
	capacity = pages;
}

void disk_set_trouble(unsigned later_calls, unsigned failing)
{
	later_percent = later_calls;
	failing_percent = failing;
}

unsigned disk_fills(void)
{
	return fills;
}

unsigned disk_writes(void)
{
	return writes;
}

uint64_t disk_size(uint64_t node)
{
	return node_at(node)->size;
}

const uint8_t *disk_lasting(uint64_t node)
{
	return lasting[node];
}

uint8_t *disk_platter(uint64_t node)
{
	return platter[node];
}

unsigned disk_nodes_used(void)
{
	unsigned used = 0;

	for (unsigned i = ROOT + 1; i <= DISK_NODES; i++)
		used += disk->nodes[i].type != 0;
	return used;
}
