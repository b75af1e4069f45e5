// SPDX-License-Identifier: MIT OR Apache-2.0
// Function types under numbers, such that equal types have one number (core spec 3.3, "type
// equivalence", for recursive groups of function types) and subtypes can be told (3.3.11).
// Modules have one space each while they are compiled, stores one for all their modules.
#ifndef WASM_BASE_TYPES_H
#define WASM_BASE_TYPES_H

#include "base/arena.h"
#include "base/array.h"
#include "wasm/types.h"

// In a group that is to be interned: a reference to the member at this position of the group.
constexpr uint32_t TYPE_RELATIVE = 0x61;

static inline enum wasm_type type_relative(uint32_t position)
{
	return (enum wasm_type)(TYPE_RELATIVE | position << 8);
}

struct type_definition {
	struct wasm_function_type type; // references have numbers of the same space
	enum wasm_type supertype;       // wasm_type_defined or type_relative; 0: none
	bool is_final;
	uint32_t group; // number of the group's first member
	uint32_t group_size;
	uint32_t depth;               // number of supertypes
	enum wasm_type references[2]; // (ref null T) and (ref T), for lists of one type
};

struct type_space {
	struct arena *arena;
	const struct wasm_allocator *allocator;
	struct array definitions; // struct type_definition
	struct array groups;      // struct type_group, of the first `compared` definitions
	uint32_t compared;
	uint32_t *buckets; // a power of two of them, or null
	uint32_t bucket_count;
	uint32_t steps; // in buckets so far: types made to collide are refused
};

// Lists and groups go to `arena`, which must live as long.
void type_space_init(
	struct type_space *space, struct arena *arena, const struct wasm_allocator *allocator);
void type_space_free(struct type_space *space);

// Finds or adds a recursive group. `members` has type, supertype and is_final set; references in
// it are numbers of the space or relative. Its lists are copied if need be. `*first`: number of the
// first member, the others follow. NO_MEMORY, LIMIT_WORK.
enum wasm_status type_space_intern(struct type_space *space, const struct type_definition *members,
	uint32_t count, uint32_t *first);

// Makes room for `count` definitions in an empty space, which the caller sets, all fields: groups
// that are known to differ from each other. They are made comparable only when others are added.
// NO_MEMORY.
enum wasm_status type_space_adopt(
	struct type_space *space, uint32_t count, struct type_definition **definitions);

// What type_space_intern and type_space_adopt's callers set alike, once type, supertype and
// is_final are: `position` in a group of `count` from `first` on.
void type_space_place(struct type_space *space, struct type_definition *definition, uint32_t first,
	uint32_t count, uint32_t position);

// Adds all groups of `from` to an empty space, where they have the same numbers. On failure some
// are there. NO_MEMORY.
enum wasm_status type_space_copy(struct type_space *space, const struct type_space *from);

static inline const struct type_definition *type_space_at(
	const struct type_space *space, uint32_t number)
{
	return &((const struct type_definition *)space->definitions.items)[number];
}

// Is type number `a` number `b`, or declared below it?
bool type_number_matches(const struct type_space *space, uint32_t a, uint32_t b);
// May a value of type `a` be where `b` is wanted?
bool type_matches(const struct type_space *space, enum wasm_type a, enum wasm_type b);
// May a function of type `a` be declared below `b`?
bool type_function_matches(const struct type_space *space, const struct wasm_function_type *a,
	const struct wasm_function_type *b);

#endif
