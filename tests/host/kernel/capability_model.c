// SPDX-License-Identifier: MIT OR Apache-2.0
/* The model of the capability system: see capability_model.h. */
#include "capability_model.h"

#include <string.h>

struct model_cap model_caps[MODEL_NODES];
struct model_object model_objects[MODEL_NODES];

void model_reset(void)
{
	memset(model_caps, 0, sizeof(model_caps));
	memset(model_objects, 0, sizeof(model_objects));
}

int model_at(int place)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].place == place)
			return i;
	}
	return -1;
}

static int new_cap(struct model_cap cap)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used)
			continue;
		model_caps[i] = cap;
		model_caps[i].used = true;
		return i;
	}
	__builtin_trap();
}

static int new_object(struct model_object object)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_objects[i].used)
			continue;
		model_objects[i] = object;
		model_objects[i].used = true;
		return i;
	}
	__builtin_trap();
}

int model_root(int place, uint64_t type, uint64_t rights, uint64_t size)
{
	int object = new_object((struct model_object){.type = type, .size = size, .inside = -1});

	return new_cap((struct model_cap){
		.type = type, .rights = rights, .object = object, .parent = -1, .place = place});
}

/* --- making ----------------------------------------------------------------------------------- */

static uint64_t object_bytes(uint64_t type, uint64_t size)
{
	switch (type) {
	case OBJECT_UNTYPED:
	case OBJECT_FRAME:
		return size >= 12 && size < 48 ? (uint64_t)1 << size : 0;
	case OBJECT_CNODE:
		return size >= 2 && size <= ABI_CNODE_RADIX_MAX ? (uint64_t)64 << size : 0;
	case OBJECT_THREAD:
		return 2048;
	case OBJECT_SCHED_CONTEXT:
		return 256;
	case OBJECT_ENDPOINT:
	case OBJECT_REPLY:
	case OBJECT_NOTIFICATION:
		return 64;
	case OBJECT_ADDRESS_SPACE:
		return 8192;
	case OBJECT_PAGE_TABLE:
		return 4096;
	default:
		return 0;
	}
}

static uint64_t rights_of_new(uint64_t type)
{
	if (type == OBJECT_FRAME)
		return RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | RIGHT_PHYSICAL | RIGHT_CONTROL;
	if (type == OBJECT_ENDPOINT || type == OBJECT_NOTIFICATION)
		return RIGHT_READ | RIGHT_WRITE | RIGHT_GRANT;
	return RIGHT_ALL;
}

static uint64_t round_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static status_t places_free(int place, uint64_t count, int places_end)
{
	if (place < 0 || count > (uint64_t)(places_end - place))
		return ERR_RANGE;
	for (uint64_t i = 0; i < count; i++) {
		if (model_at(place + (int)i) >= 0)
			return ERR_OCCUPIED;
	}
	return OK;
}

status_t model_retype(
	int untyped, uint64_t type, uint64_t size, uint64_t count, int place, int places_end)
{
	struct model_object *memory = &model_objects[model_caps[untyped].object];
	uint64_t bytes = object_bytes(type, size);
	uint64_t start;
	status_t status;

	if (type == OBJECT_DMA_SPACE) /* the machine has no IOMMU */
		return count == 0 || count > 32 ? ERR_RANGE : ERR_NOT_SUPPORTED;
	if (type == OBJECT_NULL || type > OBJECT_FRAME)
		return type >= OBJECT_TYPE_COUNT || type == OBJECT_NULL ? ERR_INVALID_ARGUMENT
									: ERR_RANGE;
	if (bytes == 0 || count == 0 || count > 32)
		return ERR_RANGE;
	status = places_free(place, count, places_end);
	if (status != OK)
		return status;
	start = round_up(memory->taken, bytes);
	if (start + bytes * count > memory->size)
		return ERR_NO_MEMORY;
	for (uint64_t i = 0; i < count; i++) {
		int object = new_object((struct model_object){.type = type,
			.start = memory->start + start + i * bytes,
			.size = bytes,
			.inside = model_caps[untyped].object});

		(void)new_cap((struct model_cap){.type = type,
			.rights = rights_of_new(type),
			.object = object,
			.parent = -1,
			.place = place + (int)i});
	}
	memory->taken = start + bytes * count;
	return OK;
}

/* --- copying ---------------------------------------------------------------------------------- */

static bool is_single(int cap)
{
	return model_caps[cap].type == OBJECT_UNTYPED || model_caps[cap].type == OBJECT_PAGE_TABLE;
}

status_t model_copy(int source, int place, uint64_t rights)
{
	struct model_cap cap = model_caps[source];

	if (is_single(source))
		return ERR_WRONG_TYPE;
	cap.rights &= rights;
	cap.place = place;
	(void)new_cap(cap);
	return OK;
}

status_t model_mint(int source, int place, uint64_t rights, uint64_t badge)
{
	struct model_cap cap = model_caps[source];

	if (is_single(source))
		return ERR_WRONG_TYPE;
	if (badge != 0) {
		if (cap.type != OBJECT_ENDPOINT && cap.type != OBJECT_NOTIFICATION)
			return ERR_INVALID_ARGUMENT;
		if (badge >> 48 != 0)
			return ERR_RANGE;
		if (cap.badge != 0)
			return ERR_RIGHTS;
		cap.badge = badge;
	}
	if (cap.depth >= ABI_DERIVATION_DEPTH)
		return ERR_DEPTH;
	cap.depth++;
	cap.rights &= rights;
	cap.place = place;
	cap.parent = source;
	(void)new_cap(cap);
	return OK;
}

status_t model_move(int source, int place)
{
	model_caps[source].place = place;
	return OK;
}

/* --- removing --------------------------------------------------------------------------------- */

static bool names_object(int object)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].object == object)
			return true;
	}
	return false;
}

void model_delete(int cap)
{
	int object = model_caps[cap].object;

	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].parent == cap)
			model_delete(i);
	}
	model_caps[cap].used = false;
	if (model_caps[cap].type != OBJECT_UNTYPED && !names_object(object))
		model_objects[object].used = false;
}

static bool is_inside(int object, int memory)
{
	while (object >= 0 && object != memory)
		object = model_objects[object].inside;
	return object == memory;
}

/* The memory of an untyped object whose capability is gone belongs to what is around it. */
static void forget_inside(int memory)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (i != memory && model_objects[i].used && is_inside(i, memory))
			model_objects[i].used = false;
	}
}

static void revoke_memory(int memory)
{
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].object != memory &&
			is_inside(model_caps[i].object, memory))
			model_caps[i].used = false;
	}
	forget_inside(memory);
}

void model_revoke(int cap)
{
	if (model_caps[cap].type == OBJECT_UNTYPED) {
		revoke_memory(model_caps[cap].object);
		return;
	}
	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].parent == cap)
			model_delete(i);
	}
}

status_t model_reset_untyped(int cap)
{
	int memory = model_caps[cap].object;

	for (int i = 0; i < MODEL_NODES; i++) {
		if (model_caps[i].used && model_caps[i].object != memory &&
			is_inside(model_caps[i].object, memory))
			return ERR_HAS_CHILDREN;
	}
	forget_inside(memory);
	model_objects[memory].taken = 0;
	return OK;
}
