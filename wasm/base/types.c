// SPDX-License-Identifier: MIT OR Apache-2.0
// A group is kept twice: as it is compared, with relative references, and as definitions.
#include "base/types.h"

constexpr uint32_t STEP_LIMIT = 20000000;

struct type_group {
	const struct type_definition *members;
	uint32_t count;
	uint32_t first;
	uint32_t hash;
	uint32_t next; // in its bucket, or WASM_NO_INDEX
};

void type_space_init(
	struct type_space *space, struct arena *arena, const struct wasm_allocator *allocator)
{
	*space = (struct type_space){.arena = arena, .allocator = allocator};
}

void type_space_free(struct type_space *space)
{
	array_free(&space->definitions, space->allocator, sizeof(struct type_definition));
	array_free(&space->groups, space->allocator, sizeof(struct type_group));
	wasm_free(space->allocator, space->buckets, space->bucket_count, sizeof(uint32_t));
	space->buckets = nullptr;
	space->bucket_count = 0;
}

// --- equality --------------------------------------------------------------------------------

static uint32_t hash_word(uint32_t hash, uint32_t word)
{
	hash = (hash ^ word) * 16777619u;
	return hash ^ hash >> 15;
}

static uint32_t hash_list(uint32_t hash, const enum wasm_type *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		hash = hash_word(hash, types[i]);
	return hash_word(hash, count);
}

static uint32_t hash_group(const struct type_definition *members, uint32_t count)
{
	uint32_t hash = hash_word(2166136261u, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct wasm_function_type *type = &members[i].type;
		hash = hash_list(hash, type->parameters, type->parameter_count);
		hash = hash_list(hash, type->results, type->result_count);
		hash = hash_word(hash, members[i].supertype);
		hash = hash_word(hash, members[i].is_final);
	}
	return hash;
}

static bool lists_equal(const enum wasm_type *a, const enum wasm_type *b, uint32_t count)
{
	return count == 0 || memcmp(a, b, count * sizeof(*a)) == 0;
}

static bool members_equal(const struct type_definition *a, const struct type_definition *b)
{
	return a->type.parameter_count == b->type.parameter_count &&
	       a->type.result_count == b->type.result_count && a->supertype == b->supertype &&
	       a->is_final == b->is_final &&
	       lists_equal(a->type.parameters, b->type.parameters, a->type.parameter_count) &&
	       lists_equal(a->type.results, b->type.results, a->type.result_count);
}

static bool group_equals(
	const struct type_group *group, const struct type_definition *members, uint32_t count)
{
	if (group->count != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!members_equal(&group->members[i], &members[i]))
			return false;
	return true;
}

// --- adding ----------------------------------------------------------------------------------

static enum wasm_type resolve(enum wasm_type type, uint32_t first)
{
	if (wasm_type_code(type) != TYPE_RELATIVE)
		return type;
	return (enum wasm_type)(
		wasm_type_defined(first + wasm_type_number(type)) | (type & WASM_TYPE_NOT_NULL));
}

static const enum wasm_type *copy_list(struct type_space *space, const enum wasm_type *types,
	uint32_t count, uint32_t first, bool resolved)
{
	enum wasm_type *copy = arena_allocate(space->arena, count, sizeof(*copy));
	for (uint32_t i = 0; copy != nullptr && i < count; i++)
		copy[i] = resolved ? resolve(types[i], first) : types[i];
	return copy;
}

static bool has_relative(const enum wasm_type *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (wasm_type_code(types[i]) == TYPE_RELATIVE)
			return true;
	return false;
}

void type_space_place(struct type_space *space, struct type_definition *definition, uint32_t first,
	uint32_t count, uint32_t position)
{
	definition->group = first;
	definition->group_size = count;
	definition->references[0] = wasm_type_defined(first + position);
	definition->references[1] =
		(enum wasm_type)(definition->references[0] | WASM_TYPE_NOT_NULL);
	definition->depth =
		definition->supertype == 0
			? 0
			: type_space_at(space, wasm_type_number(definition->supertype))->depth + 1;
}

// The form for use; shares its lists with the compared form unless they differ.
static struct type_definition resolve_member(struct type_space *space,
	const struct type_definition *member, uint32_t first, uint32_t count, uint32_t position)
{
	struct type_definition d = *member;
	struct wasm_function_type *type = &d.type;
	if (has_relative(type->parameters, type->parameter_count))
		type->parameters =
			copy_list(space, type->parameters, type->parameter_count, first, true);
	if (has_relative(type->results, type->result_count))
		type->results = copy_list(space, type->results, type->result_count, first, true);
	d.supertype = resolve(d.supertype, first);
	type_space_place(space, &d, first, count, position);
	return d;
}

static const struct type_definition *copy_members(
	struct type_space *space, const struct type_definition *members, uint32_t count)
{
	struct type_definition *copy = arena_allocate(space->arena, count, sizeof(*copy));
	for (uint32_t i = 0; copy != nullptr && i < count; i++) {
		struct wasm_function_type *type = &copy[i].type;
		copy[i] = members[i];
		type->parameters =
			copy_list(space, type->parameters, type->parameter_count, 0, false);
		type->results = copy_list(space, type->results, type->result_count, 0, false);
		if (type->parameters == nullptr || type->results == nullptr)
			return nullptr;
	}
	return copy;
}

static enum wasm_status grow_buckets(struct type_space *space)
{
	if (space->groups.count < space->bucket_count)
		return WASM_OK;
	uint32_t count = space->bucket_count == 0 ? 64 : space->bucket_count * 4;
	uint32_t *buckets = wasm_allocate(space->allocator, count, sizeof(*buckets));
	if (buckets == nullptr)
		return WASM_NO_MEMORY;
	memset(buckets, 0xff, count * sizeof(*buckets)); // WASM_NO_INDEX
	struct type_group *groups = space->groups.items;
	for (uint32_t i = 0; i < space->groups.count; i++) {
		uint32_t *bucket = &buckets[groups[i].hash & (count - 1)];
		groups[i].next = *bucket;
		*bucket = i;
	}
	wasm_free(space->allocator, space->buckets, space->bucket_count, sizeof(*buckets));
	space->buckets = buckets;
	space->bucket_count = count;
	return WASM_OK;
}

static enum wasm_status add_group(struct type_space *space, const struct type_definition *members,
	uint32_t count, uint32_t hash)
{
	uint32_t first = space->definitions.count;
	uint32_t *bucket = &space->buckets[hash & (space->bucket_count - 1)];
	struct type_group group = {
		copy_members(space, members, count), count, first, hash, *bucket};
	if (group.members == nullptr)
		return WASM_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		struct type_definition d =
			resolve_member(space, &group.members[i], first, count, i);
		if (d.type.parameters == nullptr || d.type.results == nullptr)
			return WASM_NO_MEMORY;
		enum wasm_status status =
			array_push(&space->definitions, space->allocator, sizeof(d), &d);
		if (status != WASM_OK)
			return status;
	}
	*bucket = space->groups.count;
	space->compared = space->definitions.count;
	return array_push(&space->groups, space->allocator, sizeof(group), &group);
}

// --- adopted definitions ---------------------------------------------------------------------

enum wasm_status type_space_adopt(
	struct type_space *space, uint32_t count, struct type_definition **definitions)
{
	enum wasm_status status = array_reserve(
		&space->definitions, space->allocator, sizeof(struct type_definition), count);
	if (status != WASM_OK)
		return status;
	space->definitions.count = count;
	*definitions = space->definitions.items;
	return WASM_OK;
}

static enum wasm_type relate(enum wasm_type type, uint32_t first)
{
	if (wasm_type_code(type) != WASM_TYPE_DEFINED || wasm_type_number(type) < first)
		return type;
	return (enum wasm_type)(
		type_relative(wasm_type_number(type) - first) | (type & WASM_TYPE_NOT_NULL));
}

static const enum wasm_type *relate_list(
	struct type_space *space, const enum wasm_type *types, uint32_t count, uint32_t first)
{
	enum wasm_type *copy = arena_allocate(space->arena, count, sizeof(*copy));
	for (uint32_t i = 0; copy != nullptr && i < count; i++)
		copy[i] = relate(types[i], first);
	return copy;
}

// The form of a group that is compared, from the one that is used.
static const struct type_definition *relate_members(
	struct type_space *space, uint32_t first, uint32_t count)
{
	struct type_definition *copy = arena_allocate(space->arena, count, sizeof(*copy));
	for (uint32_t i = 0; copy != nullptr && i < count; i++) {
		struct wasm_function_type *type = &copy[i].type;
		copy[i] = *type_space_at(space, first + i);
		copy[i].supertype = relate(copy[i].supertype, first);
		type->parameters =
			relate_list(space, type->parameters, type->parameter_count, first);
		type->results = relate_list(space, type->results, type->result_count, first);
		if (type->parameters == nullptr || type->results == nullptr)
			return nullptr;
	}
	return copy;
}

static enum wasm_status compare_group(struct type_space *space, uint32_t first)
{
	uint32_t count = type_space_at(space, first)->group_size;
	struct type_group group = {relate_members(space, first, count), count, first, 0, 0};
	enum wasm_status status = group.members == nullptr ? WASM_NO_MEMORY : grow_buckets(space);
	if (status != WASM_OK)
		return status;
	group.hash = hash_group(group.members, count);
	uint32_t *bucket = &space->buckets[group.hash & (space->bucket_count - 1)];
	group.next = *bucket;
	status = array_push(&space->groups, space->allocator, sizeof(group), &group);
	if (status != WASM_OK)
		return status;
	*bucket = space->groups.count - 1;
	space->compared = first + count;
	return WASM_OK;
}

static enum wasm_status compare_adopted(struct type_space *space)
{
	enum wasm_status status = WASM_OK;
	while (space->compared < space->definitions.count && status == WASM_OK)
		status = compare_group(space, space->compared);
	return status;
}

enum wasm_status type_space_intern(struct type_space *space, const struct type_definition *members,
	uint32_t count, uint32_t *first)
{
	enum wasm_status status = compare_adopted(space);
	if (status == WASM_OK)
		status = grow_buckets(space);
	if (status == WASM_OK)
		status = array_reserve(&space->groups, space->allocator, sizeof(struct type_group),
			space->groups.count + 1u);
	if (status != WASM_OK)
		return status;
	uint32_t hash = hash_group(members, count);
	const struct type_group *groups = space->groups.items;
	for (uint32_t i = space->buckets[hash & (space->bucket_count - 1)]; i != WASM_NO_INDEX;
		i = groups[i].next) {
		if (groups[i].hash == hash && group_equals(&groups[i], members, count)) {
			*first = groups[i].first;
			return WASM_OK;
		}
		if (++space->steps > STEP_LIMIT)
			return WASM_LIMIT_WORK;
	}
	*first = space->definitions.count;
	return add_group(space, members, count, hash);
}

enum wasm_status type_space_copy(struct type_space *space, const struct type_space *from)
{
	const struct type_group *groups = from->groups.items;
	enum wasm_status status = WASM_OK;
	uint32_t number;
	for (uint32_t i = 0; i < from->groups.count && status == WASM_OK; i++)
		status = type_space_intern(space, groups[i].members, groups[i].count, &number);
	return status;
}

// --- matching --------------------------------------------------------------------------------

bool type_number_matches(const struct type_space *space, uint32_t a, uint32_t b)
{
	uint32_t depth = type_space_at(space, b)->depth;
	while (a != b && type_space_at(space, a)->depth > depth)
		a = wasm_type_number(type_space_at(space, a)->supertype);
	return a == b;
}

static bool heap_matches(const struct type_space *space, enum wasm_type a, enum wasm_type b)
{
	enum wasm_type code = wasm_type_code(a);
	switch (wasm_type_code(b)) {
	case WASM_TYPE_FUNCREF:
		return code == WASM_TYPE_FUNCREF || code == WASM_TYPE_DEFINED ||
		       code == WASM_TYPE_NULLFUNCREF;
	case WASM_TYPE_EXTERNREF:
		return code == WASM_TYPE_EXTERNREF || code == WASM_TYPE_NULLEXTERNREF;
	case WASM_TYPE_EXNREF:
		return code == WASM_TYPE_EXNREF || code == WASM_TYPE_NULLEXNREF;
	case WASM_TYPE_DEFINED:
		return code == WASM_TYPE_NULLFUNCREF ||
		       (code == WASM_TYPE_DEFINED && type_number_matches(space, wasm_type_number(a),
							     wasm_type_number(b)));
	default:
		return code == wasm_type_code(b);
	}
}

bool type_matches(const struct type_space *space, enum wasm_type a, enum wasm_type b)
{
	if (a == b)
		return true;
	if (!wasm_type_is_reference(a) || !wasm_type_is_reference(b))
		return false;
	if ((b & WASM_TYPE_NOT_NULL) != 0 && (a & WASM_TYPE_NOT_NULL) == 0)
		return false;
	return heap_matches(space, a, b);
}

bool type_function_matches(const struct type_space *space, const struct wasm_function_type *a,
	const struct wasm_function_type *b)
{
	if (a->parameter_count != b->parameter_count || a->result_count != b->result_count)
		return false;
	for (uint32_t i = 0; i < a->parameter_count; i++)
		if (!type_matches(space, b->parameters[i], a->parameters[i]))
			return false;
	for (uint32_t i = 0; i < a->result_count; i++)
		if (!type_matches(space, a->results[i], b->results[i]))
			return false;
	return true;
}
