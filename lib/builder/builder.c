// SPDX-License-Identifier: MIT OR Apache-2.0
/* Building services: see craton/builder.h. */
#include <abi/syscall.h>
#include <boot/elf.h>
#include <craton/builder.h>
#include <craton/service.h>
#include <hash/blake2b.h>

#define PAGE        4096u
#define PAGE_ORDER  12u
#define TABLE_COUNT 32u
#define STACK_ORDER 16u
#define PAGES_ORDER 14u /* start, message, upcall */
#define PIECE       0x200000u
#define SLICE_NS    10000000u
#define IMAGE_LOW   0x100000000000u
#define IMAGE_SPACE 0x400000000000u
#define SLOT_ORDER  6u
#define SMALL_ORDER 6u /* endpoints, notifications */
#define RETYPE_MAX  32u

/* Slots of a service at its builder, from `built.base`. */
enum {
	AT_UNTYPED, /* of the instance */
	AT_CNODE,
	AT_ENDPOINT,
	AT_NOTIFICATION,
	AT_ESTATE,
	AT_FAULT,
	AT_CONTEXT,
	AT_SPACE,
	AT_THREAD,
	AT_IMAGE,
	AT_STACK,
	AT_PAGES,
	AT_PERSISTENT, /* + slot of an object: the untyped that it is made from */
	AT_TIME = AT_PERSISTENT + AT_FAULT,
	AT_MESSAGE,
	AT_SEGMENT,                     /* copies of IMAGE, one for each segment */
	AT_ESTATE_MAP = AT_SEGMENT + 8, /* pieces of the estate */
	AT_BUNDLE = AT_ESTATE_MAP + 32, /* pieces of the bundle */
	AT_TABLES = AT_BUNDLE + 64,
	AT_PING = AT_TABLES + TABLE_COUNT,
	AT_END,
};

static_assert(AT_END <= BUILDER_SLOTS);

static uint64_t random_next(struct builder *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

/* --- small steps ------------------------------------------------------------------------------ */

static status_t make(struct builder *b, handle_t untyped, uint64_t type, uint64_t size,
	uint64_t slot, handle_t *handle)
{
	uint64_t tag;
	status_t status = untyped_retype(untyped, type, size, 1, b->cnode, slot, &tag);

	*handle = handle_of(slot, tag);
	return status;
}

static status_t make_many(handle_t cnode, handle_t untyped, uint64_t type, uint64_t slot,
	uint64_t count, uint64_t *tag)
{
	status_t status = OK;

	for (uint64_t done = 0; status == OK && done < count; done += RETYPE_MAX) {
		uint64_t n = count - done < RETYPE_MAX ? count - done : RETYPE_MAX;
		uint64_t first;

		status = untyped_retype(untyped, type, 0, n, cnode, slot + done, &first);
		if (done == 0)
			*tag = first;
	}
	return status;
}

static status_t copy(
	struct builder *b, handle_t source, uint64_t slot, uint64_t rights, handle_t *handle)
{
	uint64_t tag;
	status_t status = cnode_copy(b->cnode, slot, source, rights, &tag);

	*handle = handle_of(slot, tag);
	return status;
}

/* Copies that the last instance had mapped went out of its space with it; the slots are still
 * filled. */
static status_t empty_slots(struct builder *b, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		status_t status = cnode_delete(b->cnode, first + i);

		if (status != OK && status != ERR_STALE)
			return status;
	}
	return OK;
}

/* Copies `source` to a well-known slot of the service. */
static status_t give(struct built *s, uint64_t slot, handle_t source, uint64_t rights)
{
	return cnode_copy(s->cnode, slot, source, rights, &s->tags[slot]);
}

/* The same; what was there before goes. */
static status_t give_again(struct built *s, uint64_t slot, handle_t source, uint64_t rights)
{
	status_t status = cnode_delete(s->cnode, slot);

	if (status != OK && status != ERR_STALE)
		return status;
	return give(s, slot, source, rights);
}

static status_t map(handle_t space, handle_t frame, uint64_t offset, uint64_t address,
	uint64_t size, uint64_t rights)
{
	uint64_t missing;

	return address_space_map(
		space, frame, offset, address, (size + PAGE - 1) / PAGE, rights, &missing);
}

/* Maps a whole frame of any size through copies of its capability, in pieces that fit one call. */
static status_t map_pieces(struct builder *b, handle_t space, handle_t frame, uint64_t size,
	uint64_t address, uint64_t rights, uint64_t *slot)
{
	status_t status = OK;

	for (uint64_t done = 0; status == OK && done < size; done += PIECE) {
		uint64_t piece = size - done < PIECE ? size - done : PIECE;
		handle_t part;

		status = copy(b, frame, (*slot)++, rights, &part);
		if (status == OK)
			status = map(space, part, done, address + done, piece, rights);
	}
	return status;
}

/* --- the persistent part ------------------------------------------------------------------------
 */

static unsigned order_for(uint64_t size)
{
	unsigned order = PAGE_ORDER;

	while (((uint64_t)1 << order) < size)
		order++;
	return order;
}

/* An object with cleared memory of its own. */
static status_t make_cleared(struct builder *b, uint64_t type, uint64_t size, unsigned order,
	uint64_t slot, handle_t *handle)
{
	handle_t memory;
	status_t status =
		make(b, b->memory(order), OBJECT_UNTYPED, order, slot + AT_PERSISTENT, &memory);

	if (status == OK)
		status = untyped_reset(memory);
	return status == OK ? make(b, memory, type, size, slot, handle) : status;
}

static status_t prepare_objects(struct builder *b, struct built *s)
{
	const struct service_manifest *m = &s->manifest;
	handle_t estate;
	status_t status = OK;

	if (m->estate_order != 0)
		status = make_cleared(b, OBJECT_FRAME, m->estate_order, m->estate_order,
			s->base + AT_ESTATE, &estate);
	if (status == OK)
		status = make_cleared(b, OBJECT_CNODE, m->cnode_radix, m->cnode_radix + SLOT_ORDER,
			s->base + AT_CNODE, &s->cnode);
	if (status == OK)
		status = make(b, b->memory(SMALL_ORDER), OBJECT_ENDPOINT, 0, s->base + AT_ENDPOINT,
			&s->endpoint);
	if (status == OK)
		status = make(b, b->memory(SMALL_ORDER), OBJECT_NOTIFICATION, 0,
			s->base + AT_NOTIFICATION, &s->notification);
	return status;
}

/* All may write to the kernel's console. */
static uint64_t platform_rights(const struct service_manifest *m)
{
	if ((m->grants & SERVICE_GRANT_PLATFORM) != 0)
		return RIGHT_ALL;
	return RIGHT_WRITE | ((m->grants & SERVICE_GRANT_TRACE) != 0 ? RIGHT_DEBUG : 0) |
	       ((m->grants & SERVICE_GRANT_CRASH_RECORD) != 0 ? RIGHT_READ : 0);
}

static status_t give_grants(struct builder *b, struct built *s)
{
	const struct service_manifest *m = &s->manifest;
	status_t status = OK;

	if ((m->grants & SERVICE_GRANT_IRQ_CONTROL) != 0)
		status = give(s, PROCESS_SLOT_IRQ_CONTROL, b->irq_control, RIGHT_ALL);
	if (status == OK)
		status = give(s, PROCESS_SLOT_PLATFORM, b->platform, platform_rights(m));
	if (status == OK && m->port_count != 0)
		status = io_port_derive(b->io_port, m->first_port, m->port_count, s->cnode,
			PROCESS_SLOT_IO_PORT, &s->tags[PROCESS_SLOT_IO_PORT]);
	for (uint64_t i = 0; status == OK && i < b->bundle_frames; i++) {
		uint64_t type, rights, badge, tag, detail;

		if ((m->grants & SERVICE_GRANT_BUNDLE) == 0)
			break;
		status = cnode_inspect(
			b->cnode, b->bundle_first + i, &type, &rights, &badge, &tag, &detail);
		if (status == OK)
			status = give(s, PROCESS_SLOT_BUNDLE + i,
				handle_of(b->bundle_first + i, tag), RIGHT_READ | RIGHT_EXECUTE);
	}
	return status;
}

/* The question goes to the service's notification, the answer to the builder's. */
static status_t connect_health(struct builder *b, struct built *s)
{
	uint64_t tag = 0;
	status_t status;

	if (s->manifest.heartbeat == 0)
		return OK;
	status = cnode_mint(
		b->cnode, s->base + AT_PING, s->notification, RIGHT_WRITE, SERVICE_PING, &tag);
	s->ping = handle_of(s->base + AT_PING, tag);
	if (status == OK)
		status = cnode_mint(s->cnode, PROCESS_SLOT_HEALTH, b->health, RIGHT_WRITE,
			s->health_badge, &s->tags[PROCESS_SLOT_HEALTH]);
	return status;
}

void builder_ping(const struct built *s)
{
	if (s->ping != 0)
		(void)!sys_signal(s->ping); /* a handle of our own */
}

status_t builder_give(struct built *s, uint64_t slot, handle_t source, uint64_t rights)
{
	return give(s, slot, source, rights);
}

status_t builder_prepare(struct builder *b, struct built *s)
{
	const struct service_manifest *m = &s->manifest;
	handle_t instance;
	uint64_t tag = 0;
	status_t status = make(b, b->memory(m->memory_order), OBJECT_UNTYPED, m->memory_order,
		s->base + AT_UNTYPED, &instance);

	if (status == OK)
		status = prepare_objects(b, s);
	if (status == OK)
		status = cnode_mint(b->cnode, s->base + AT_FAULT, b->fault_endpoint, RIGHT_WRITE,
			BADGE_SERVICE + m->number, &tag);
	if (status == OK)
		status = give(s, PROCESS_SLOT_CNODE, s->cnode, RIGHT_ALL);
	if (status == OK)
		status = give(s, PROCESS_SLOT_ENDPOINT, s->endpoint, RIGHT_ALL);
	if (status == OK)
		status = give(s, PROCESS_SLOT_NOTIFICATION, s->notification, RIGHT_ALL);
	if (status == OK)
		status = give(s, PROCESS_SLOT_TIME, b->time_frame, RIGHT_READ);
	if (status == OK)
		status = connect_health(b, s);
	return status == OK ? give_grants(b, s) : status;
}

status_t builder_connect(struct built *s, handle_t endpoint, uint32_t number)
{
	uint64_t slot = PROCESS_SLOT_SERVICE + number;

	/* A manager mints its programs' capabilities from an unbadged one; it is told apart by
	 * badge 0. */
	if ((s->manifest.grants & SERVICE_GRANT_MANAGER) != 0)
		return cnode_copy(
			s->cnode, slot, endpoint, RIGHT_WRITE | RIGHT_GRANT, &s->tags[slot]);
	return cnode_mint(s->cnode, slot, endpoint, RIGHT_WRITE | RIGHT_GRANT,
		BADGE_SERVICE + s->manifest.number, &s->tags[slot]);
}

status_t builder_connect_signal(struct built *s, const struct built *peer)
{
	uint32_t number = peer->manifest.number;

	return cnode_mint(s->cnode, PROCESS_SLOT_SIGNAL + number, peer->notification, RIGHT_WRITE,
		(uint64_t)SERVICE_SIGNAL << s->manifest.number, &s->signal_tags[number]);
}

/* --- the instance --------------------------------------------------------------------------------
 */

struct instance {
	handle_t untyped;
	handle_t space;
	handle_t thread;
	handle_t context;
	struct elf_image elf;
	uint64_t slide;
};

static handle_t slot_handle(struct builder *b, uint64_t slot)
{
	uint64_t type, rights, badge, tag, detail;

	if (cnode_inspect(b->cnode, slot, &type, &rights, &badge, &tag, &detail) != OK)
		return 0;
	return handle_of(slot, tag);
}

static status_t make_space(struct builder *b, struct built *s, struct instance *in)
{
	uint64_t tag;
	status_t status =
		make(b, in->untyped, OBJECT_ADDRESS_SPACE, 0, s->base + AT_SPACE, &in->space);

	if (status == OK)
		status = make_many(b->cnode, in->untyped, OBJECT_PAGE_TABLE, s->base + AT_TABLES,
			TABLE_COUNT, &tag);
	if (status == OK)
		status = address_space_give_tables(
			in->space, b->cnode, s->base + AT_TABLES, TABLE_COUNT);
	return status;
}

static status_t load_image(struct builder *b, struct built *s, struct instance *in)
{
	struct report report = {0};
	handle_t frame = slot_handle(b, s->base + AT_IMAGE);
	status_t status =
		map(b->space, frame, 0, b->window, in->elf.size, RIGHT_READ | RIGHT_WRITE);

	if (status != OK)
		return status;
	in->slide = IMAGE_LOW + random_next(b) % (IMAGE_SPACE / PAGE) * PAGE;
	status = elf_place(&in->elf, (uint8_t *)b->window, in->slide, &report);
	if (address_space_unmap(b->space, frame) != OK)
		status = ERR_NOT_MAPPED;
	for (uint64_t i = 0; status == OK && i < in->elf.segment_count; i++) {
		const struct elf_segment *segment = &in->elf.segments[i];
		handle_t part;

		status = copy(b, frame, s->base + AT_SEGMENT + i, segment->rights, &part);
		if (status == OK)
			status = map(in->space, part, segment->address - in->elf.low,
				segment->address + in->slide, segment->size, segment->rights);
	}
	return status;
}

static status_t map_estate(struct builder *b, struct built *s, struct instance *in)
{
	uint64_t slot = s->base + AT_ESTATE_MAP;

	status_t status = empty_slots(b, slot, AT_BUNDLE - AT_ESTATE_MAP);

	if (status != OK)
		return status;
	if (s->manifest.estate_order == 0)
		return OK;
	return map_pieces(b, in->space, slot_handle(b, s->base + AT_ESTATE),
		(uint64_t)1 << s->manifest.estate_order, PROCESS_ESTATE_ADDRESS,
		RIGHT_READ | RIGHT_WRITE, &slot);
}

static status_t map_bundle(struct builder *b, struct built *s, struct instance *in)
{
	uint64_t slot = s->base + AT_BUNDLE;
	uint64_t address = PROCESS_BUNDLE_ADDRESS;
	status_t status = empty_slots(b, slot, AT_TABLES - AT_BUNDLE);

	if (status != OK)
		return status;
	if ((s->manifest.grants & SERVICE_GRANT_BUNDLE) == 0)
		return OK;
	for (uint64_t i = 0; status == OK && i < b->bundle_frames; i++) {
		uint64_t type, rights, badge, tag, order;

		status = cnode_inspect(
			b->cnode, b->bundle_first + i, &type, &rights, &badge, &tag, &order);
		if (status == OK)
			status = map_pieces(b, in->space, handle_of(b->bundle_first + i, tag),
				(uint64_t)1 << order, address, RIGHT_READ, &slot);
		address += (uint64_t)1 << order;
	}
	return status;
}

static void fill_start(struct builder *b, struct built *s, struct process_start *start)
{
	*start = b->start;
	start->magic = PROCESS_MAGIC;
	start->abi_hash = ABI_HASH;
	start->badge = BADGE_SERVICE + s->manifest.number;
	start->epoch = s->epoch;
	start->after_failure = s->failed;
	for (unsigned i = 0; i < 4; i++)
		start->entropy[i] = random_next(b);
	start->estate_size =
		s->manifest.estate_order != 0 ? (uint64_t)1 << s->manifest.estate_order : 0;
	if ((s->manifest.grants & SERVICE_GRANT_BUNDLE) != 0) {
		start->bundle_size = b->bundle_size;
		start->bundle_frames = b->bundle_frames;
	}
	for (uint64_t i = 0; i < PROCESS_SERVICES; i++)
		start->signals[i] = s->signal_tags[i] != 0
					    ? handle_of(PROCESS_SLOT_SIGNAL + i, s->signal_tags[i])
					    : 0;
	for (uint64_t i = 0; i < PROCESS_HANDLES; i++)
		start->handles[i] = s->tags[i] != 0 ? handle_of(i, s->tags[i]) : 0;
}

/* Stack, start page, message page, upcall page, time page. */
static status_t make_pages(
	struct builder *b, struct built *s, struct instance *in, handle_t *message)
{
	handle_t stack;
	handle_t pages;
	handle_t part;
	status_t status =
		make(b, in->untyped, OBJECT_FRAME, STACK_ORDER, s->base + AT_STACK, &stack);

	if (status == OK)
		status = map(in->space, stack, 0, PROCESS_STACK_TOP - PROCESS_STACK_SIZE,
			PROCESS_STACK_SIZE, RIGHT_READ | RIGHT_WRITE);
	if (status == OK)
		status = make(
			b, in->untyped, OBJECT_FRAME, PAGE_ORDER, s->base + AT_MESSAGE, message);
	if (status == OK)
		status = map(in->space, *message, 0, PROCESS_MESSAGE_ADDRESS, PAGE,
			RIGHT_READ | RIGHT_WRITE);
	if (status == OK)
		status = empty_slots(b, s->base + AT_TIME, 1);
	if (status == OK)
		status = copy(b, b->time_frame, s->base + AT_TIME, RIGHT_READ, &part);
	if (status == OK)
		status = map(in->space, part, 0, PROCESS_TIME_ADDRESS, PAGE, RIGHT_READ);
	if (status == OK)
		status = make(b, in->untyped, OBJECT_FRAME, PAGE_ORDER, s->base + AT_PAGES, &pages);
	if (status == OK)
		status = map(b->space, pages, 0, b->window, PAGE, RIGHT_READ | RIGHT_WRITE);
	if (status != OK)
		return status;
	fill_start(b, s, (struct process_start *)b->window);
	status = address_space_unmap(b->space, pages);
	if (status == OK)
		status = map(in->space, pages, 0, PROCESS_START_ADDRESS, PAGE, RIGHT_READ);
	return status;
}

static status_t make_thread(struct builder *b, struct built *s, struct instance *in)
{
	status_t status = make(b, in->untyped, OBJECT_THREAD, 0, s->base + AT_THREAD, &in->thread);

	if (status == OK)
		status = make(b, in->untyped, OBJECT_SCHED_CONTEXT, 0, s->base + AT_CONTEXT,
			&in->context);
	if (status == OK)
		status = sched_context_configure(in->context, 0, SLICE_NS, 0, 0);
	if (status == OK)
		status = make_many(s->cnode, in->untyped, OBJECT_REPLY, PROCESS_SLOT_REPLY,
			PROCESS_REPLY_COUNT, &b->start.reply_tag);
	if (status == OK)
		status = give_again(s, PROCESS_SLOT_SPACE, in->space, RIGHT_ALL);
	if (status == OK)
		status = give_again(s, PROCESS_SLOT_THREAD, in->thread, RIGHT_ALL);
	if (status == OK)
		status = give_again(s, PROCESS_SLOT_CONTEXT, in->context, RIGHT_ALL);
	return status;
}

static status_t run(struct builder *b, struct built *s, struct instance *in, handle_t message)
{
	struct thread_registers registers = {
		.rip = in->elf.entry + in->slide,
		.rsp = PROCESS_STACK_TOP,
		.rdi = PROCESS_START_ADDRESS,
	};
	status_t status = thread_configure(in->thread, s->cnode, in->space, message, in->context,
		slot_handle(b, s->base + AT_FAULT), 0);

	if (status == OK)
		status = thread_bind(in->thread, s->notification);
	if (status == OK)
		status = thread_set_registers(
			in->thread, (uint64_t)(uintptr_t)&registers, sizeof(registers));
	if (status == OK)
		status = thread_set_maximum(in->thread, s->manifest.priority, b->thread);
	if (status == OK)
		status = thread_set_priority(in->thread, s->manifest.priority, b->thread);
	if (status == OK)
		status = thread_resume(in->thread);
	s->thread = in->thread;
	return status;
}

/* Nobody can write to the bundle: once is enough. */
static status_t own_file(struct builder *b, struct built *s, const uint8_t **file, uint64_t *size)
{
	const char *name = (const char *)s->manifest.binary;
	status_t status;

	if (s->is_whole != 0)
		return builder_file(b, name, file, size);
	status = builder_whole_file(b, name, file, size);
	s->is_whole = status == OK;
	return status;
}

status_t builder_start(struct builder *b, struct built *s)
{
	struct instance in = {.untyped = slot_handle(b, s->base + AT_UNTYPED)};
	struct report report = {0};
	const uint8_t *file;
	handle_t message = 0;
	handle_t image;
	uint64_t size;
	status_t status = own_file(b, s, &file, &size);

	if (status == OK)
		status = elf_parse(&in.elf, file, size, &report);
	if (status == OK)
		status = untyped_reset(in.untyped);
	if (status == OK) /* the largest first: nothing is lost to alignment */
		status = make(b, in.untyped, OBJECT_FRAME, order_for(in.elf.size),
			s->base + AT_IMAGE, &image);
	if (status == OK)
		status = make_space(b, s, &in);
	if (status == OK)
		status = make_thread(b, s, &in);
	if (status == OK)
		status = load_image(b, s, &in);
	if (status == OK)
		status = map_estate(b, s, &in);
	if (status == OK)
		status = map_bundle(b, s, &in);
	if (status == OK)
		status = make_pages(b, s, &in, &message);
	if (status == OK)
		status = run(b, s, &in, message);
	s->epoch++;
	s->failed = 0;
	return status;
}

void builder_kill(struct builder *b, struct built *s)
{
	status_t status;

	/* Stopped first: it must not go on, and answer somebody, while it loses its parts. */
	(void)!thread_stop(s->thread);
	status = cnode_revoke(b->cnode, s->base + AT_UNTYPED);
	ASSERT(status == OK);
	s->thread = 0;
}

/* --- files
 * ------------------------------------------------------------------------------------------ */

static const struct bundle_entry *find_entry(const struct builder *b, const char *name)
{
	const struct bundle_header *header = (const struct bundle_header *)b->bundle;
	const struct bundle_entry *entries = (const struct bundle_entry *)(header + 1);

	for (uint32_t i = 0; i < header->count; i++) {
		if (strncmp((const char *)entries[i].name, name, sizeof(entries[i].name)) == 0)
			return &entries[i];
	}
	return nullptr;
}

status_t builder_file(
	const struct builder *b, const char *name, const uint8_t **data, uint64_t *size)
{
	const struct bundle_entry *entry = find_entry(b, name);

	if (entry == nullptr)
		return ERR_NOT_FOUND;
	*data = b->bundle + entry->offset;
	*size = entry->size;
	return OK;
}

status_t builder_whole_file(
	const struct builder *b, const char *name, const uint8_t **data, uint64_t *size)
{
	const struct bundle_entry *entry = find_entry(b, name);
	uint8_t digest[BLAKE2B_SIZE];

	if (entry == nullptr)
		return ERR_NOT_FOUND;
	blake2b(b->bundle + entry->offset, entry->size, digest);
	if (memcmp(digest, entry->hash, sizeof(digest)) != 0)
		return ERR_CORRUPT;
	return builder_file(b, name, data, size);
}
