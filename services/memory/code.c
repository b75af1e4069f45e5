// SPDX-License-Identifier: MIT OR Apache-2.0
/* Memory that a compile worker fills with machine code. It is open while the worker, the only
 * program that has it mapped, writes; sealing it takes it from the worker, and from then on nobody
 * can write to it: it is mapped readable and executable only. So code exists in programs that the
 * worker made and the process service took, and in no other.
 *
 * Pieces are whole chunks and units (pool.c), so that even large code is few mappings. */
#include "memory.h"

#include <craton/estate.h>

#define CHUNK_SIZE ((uint64_t)CHUNK_PAGES * PAGE)

struct code *code_find(uint64_t number)
{
	uint64_t index = number - MEMORY_CODE_FIRST;

	if (number < MEMORY_CODE_FIRST || index >= CODES || memory->codes[index].state == CODE_FREE)
		return nullptr;
	return &memory->codes[index];
}

uint64_t code_number(const struct code *code)
{
	return MEMORY_CODE_FIRST + (uint64_t)(code - memory->codes);
}

struct code *code_of(uint64_t owner)
{
	for (uint32_t i = 0; i < CODES; i++) {
		struct code *code = &memory->codes[i];

		if (code->state != CODE_FREE && code->owner == owner)
			return code;
	}
	return nullptr;
}

static uint64_t piece_size(const struct code *code, uint32_t piece)
{
	return piece < code->whole ? CHUNK_SIZE : MEMORY_SHARED_UNIT;
}

uint64_t code_room(const struct code *code)
{
	return code->whole * CHUNK_SIZE +
	       (code->pieces - code->whole) * (uint64_t)MEMORY_SHARED_UNIT;
}

static void free_pieces(struct code *code)
{
	for (uint32_t i = 0; i < code->pieces; i++)
		units_release(i < code->whole, code->unit[i]);
	ESTATE_SET(code->state, CODE_FREE);
}

/* The pieces of `code->size` bytes. */
static status_t take_pieces(struct code *code)
{
	uint64_t whole = code->size / CHUNK_SIZE;
	uint64_t units = (code->size % CHUNK_SIZE + MEMORY_SHARED_UNIT - 1) / MEMORY_SHARED_UNIT;
	status_t status = OK;

	while (status == OK && code->pieces < whole + units) {
		uint32_t unit;

		status = units_allocate(code->pieces < whole, &unit);
		if (status != OK)
			break;
		code->whole += code->pieces < whole;
		code->unit[code->pieces++] = (uint16_t)unit;
	}
	if (status != OK)
		free_pieces(code);
	return status;
}

static struct code *free_entry(void)
{
	for (uint32_t i = 0; i < CODES; i++) {
		if (memory->codes[i].state == CODE_FREE)
			return &memory->codes[i];
	}
	return nullptr;
}

status_t code_create(struct space *owner, uint64_t size, struct code **out)
{
	struct code *code = free_entry();
	status_t status;

	if (size == 0 || size > CODE_MAX)
		return ERR_RANGE;
	if (code == nullptr)
		return ERR_TOO_MANY;
	if (space_charge(owner, size) != OK)
		return ERR_QUOTA;
	estate_save(code, sizeof(*code));
	*code = (struct code){.size = size, .owner = owner->pid, .state = CODE_OPEN};
	status = take_pieces(code);
	if (status != OK)
		space_discharge(owner, size);
	*out = code;
	return status;
}

/* How much from `offset` on lies in one piece of memory; `*unit`, `*inside`: where it begins. */
static uint64_t piece_at(const struct code *code, uint64_t offset, uint32_t *unit, uint64_t *inside)
{
	uint64_t start = 0;
	uint32_t i = 0;

	while (offset - start >= piece_size(code, i))
		start += piece_size(code, i++);
	*unit = code->unit[i];
	*inside = offset - start;
	return piece_size(code, i) - *inside;
}

status_t code_map(struct space *space, const struct code *code, const struct region *region)
{
	uint64_t size = region->end - region->start;
	status_t status = OK;

	for (uint64_t at = 0, done; status == OK && at < size; at += done) {
		uint32_t unit = 0;
		uint64_t inside = 0;

		done = piece_at(code, region->offset + at, &unit, &inside);
		done = done < size - at ? done : size - at;
		status = mapping_add_frame(space, region->start + at,
			slot_handle(SLOT_CHUNK + 2u * (unit / CHUNK_UNITS) + 1),
			(uint64_t)(unit % CHUNK_UNITS) * MEMORY_SHARED_UNIT + inside, done / PAGE,
			region->flags & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE));
	}
	return status;
}

void code_unmap(struct space *space, const struct code *code)
{
	for (link_t link = space->regions; link != 0;) {
		const struct region *region = &memory->regions[link - 1];

		link = region->next;
		if (region->object != code_number(code))
			continue;
		if (region_remove(space, region->start, region->end) != OK)
			runtime_abort("a whole region cannot be removed");
		link = space->regions;
	}
}

void code_seal(struct space *owner, struct code *code)
{
	code_unmap(owner, code);
	ESTATE_SET(code->state, CODE_SEALED);
	space_discharge(owner, code->size);
}

void code_take(struct code *code)
{
	ESTATE_SET(code->owner, 0);
}

void code_destroy(struct code *code)
{
	ESTATE_SET(code->owner, 0);
	ESTATE_SET(code->dying, 1);
	if (code->references == 0)
		free_pieces(code);
}

void code_owner_gone(uint64_t pid)
{
	struct code *code = code_of(pid);

	if (code != nullptr)
		code_destroy(code);
}

void code_reference(uint64_t number)
{
	struct code *code = code_find(number);

	if (code != nullptr)
		ESTATE_SET(code->references, code->references + 1);
}

void code_unreference(uint64_t number)
{
	struct code *code = code_find(number);

	if (code == nullptr)
		return;
	ESTATE_SET(code->references, code->references - 1);
	if (code->references == 0 && code->dying != 0)
		free_pieces(code);
}
