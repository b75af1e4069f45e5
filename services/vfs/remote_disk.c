// SPDX-License-Identifier: MIT OR Apache-2.0
/* The disk of a file system in a process of its own: its requests are in slots, as a driver's
 * clients have them (abi/services/block.toml), and this is the driver. They go on to the real one
 * with bytes of the engine's memory, on the volume, and nowhere else. */
#include "remote_internal.h"

static struct block_slot *slot_at(const struct remote *r, uint32_t index)
{
	return (struct block_slot *)((uint8_t *)r->channel + FILESYSTEM_SLOTS_OFFSET) + index;
}

static_assert(FILESYSTEM_SLOTS_OFFSET + BLOCK_SLOTS * sizeof(struct block_slot) <=
	      FILESYSTEM_ITEMS_OFFSET);

static bool is_under_way(const struct remote *r, uint32_t slot)
{
	return (r->under_way[slot / 64] >> slot % 64 & 1) != 0;
}

static void set_under_way(struct remote *r, uint32_t slot, bool is)
{
	uint64_t bit = (uint64_t)1 << slot % 64;
	uint64_t *word = &r->under_way[slot / 64];

	*word = is ? *word | bit : *word & ~bit;
}

static bool is_requested(const struct remote *r, uint32_t slot)
{
	return __atomic_load_n(&slot_at(r, slot)->state, __ATOMIC_ACQUIRE) == BLOCK_STATE_REQUESTED;
}

static void finish(struct remote *r, uint32_t slot, status_t status)
{
	struct block_slot *s = slot_at(r, slot);

	set_under_way(r, slot, false);
	s->status = (uint64_t)-status;
	__atomic_store_n(&s->state, BLOCK_STATE_DONE, __ATOMIC_RELEASE);
	r->is_news = true;
}

/* Of a copy, as the process may write at any time. The real driver checks places on the volume. */
static status_t check(struct remote *r, const struct block_slot *s, struct engine_io *io)
{
	if (s->operation > BLOCK_OPERATION_FLUSH || s->id >= ENGINE_IDS)
		return ERR_INVALID_ARGUMENT;
	if (s->operation == BLOCK_OPERATION_WRITE && r->state->read_only != 0)
		return ERR_READ_ONLY;
	if (s->object_offset > REMOTE_MEMORY || s->size > REMOTE_MEMORY - s->object_offset)
		return ERR_RANGE;
	*io = (struct engine_io){
		.id = s->id,
		.offset = s->offset,
		.bytes = r->memory + s->object_offset,
		.size = s->size,
		.kind = (enum engine_io_kind)s->operation,
		.lasting = (s->flags & BLOCK_LASTING) != 0,
	};
	return OK;
}

/* False: the disk takes no more now. */
static bool begin(struct remote *r, uint32_t slot)
{
	const struct block_slot copy = *slot_at(r, slot);
	struct engine_io io;
	status_t status = check(r, &copy, &io);

	if (status != OK) {
		finish(r, slot, status);
		return true;
	}
	if (!r->environment->start(r->environment->self, &io))
		return false;
	set_under_way(r, slot, true);
	r->ids[slot] = copy.id;
	return true;
}

void remote_disk_work(struct remote *r)
{
	for (uint32_t i = 0; i < BLOCK_SLOTS; i++) {
		if (is_requested(r, i) && !is_under_way(r, i) && !begin(r, i))
			break;
	}
	if (r->is_news)
		remote_signal(r->index);
	r->is_news = false;
}

/* One that an instance before began is not known as under way yet. */
void remote_disk_done(struct remote *r, uint64_t id, status_t status)
{
	for (uint32_t i = 0; i < BLOCK_SLOTS; i++) {
		uint64_t own = is_under_way(r, i) ? r->ids[i] : slot_at(r, i)->id;

		if (own != id)
			continue;
		if (is_requested(r, i))
			finish(r, i, status);
		set_under_way(r, i, false);
	}
}

bool remote_disk_is_quiet(const struct remote *r)
{
	for (uint32_t i = 0; i < BLOCK_SLOTS / 64; i++) {
		if (r->under_way[i] != 0)
			return false;
	}
	return true;
}

void remote_disk_reset(struct remote *r)
{
	memset(slot_at(r, 0), 0, BLOCK_SLOTS * sizeof(struct block_slot));
	memset(r->under_way, 0, sizeof(r->under_way));
	r->is_news = false;
}
