// SPDX-License-Identifier: MIT OR Apache-2.0
/* Compiled code, found by the SHA-256 of the module that it was made of. Code for other engine
 * builds does not get in; code that needs features of the CPU was made on this CPU. The first
 * source is the bundle, whose images the build made: the VFS compares them with their hash before
 * they are used. The second are sealed objects of the memory service, which nobody can write to;
 * those that were not used for longest go first. Applications reach neither.
 *
 * What hash a file's contents have is remembered, too, so that starting it again costs no hashing.
 */
#include "process.h"

#include <abi/protocol/memory.h>
#include <abi/protocol/vfs.h>
#include <craton/estate.h>
#include <wasm/compiler.h>
#include <wasm/image.h>

#define BUDGET ((uint64_t)64 << 20) /* bytes of code in memory objects */

/* --- code in the bundle ---------------------------------------------------------------------- */

bool code_place_of_bundle(uint64_t offset, uint64_t size, struct code_place *place)
{
	const struct wasm_image_header *header =
		(const struct wasm_image_header *)(PROCESS_BUNDLE_ADDRESS + offset);

	if (size < sizeof(*header) || header->magic != WASM_IMAGE_MAGIC)
		return false;
	*place = (struct code_place){
		.object = MEMORY_OBJECT_BUNDLE,
		.offset = offset,
		.size = size,
		.code_offset = header->sections[WASM_SECTION_CODE].offset,
		.code_size = header->sections[WASM_SECTION_CODE].size,
	};
	return code_place_is_sound(place);
}

/* The VFS says where the file is, and that it is as the build made it. */
static bool check_in_bundle(const struct bundle_entry *entry)
{
	struct call call = {.in = entry->name};

	call.in_size = strlen((const char *)entry->name);
	call.words[1] = call.in_size;
	return peer_call(SERVICE_NUMBER_VFS, VFS_PROGRAM, &call) == OK &&
	       call.words[0] == entry->offset;
}

/* The loader has verified the bundle's table. */
static bool find_in_bundle(const uint8_t hash[CODE_HASH], struct code_place *place)
{
	const uint8_t *base = (const uint8_t *)PROCESS_BUNDLE_ADDRESS;
	const struct bundle_header *bundle = (const struct bundle_header *)base;
	const struct bundle_entry *entries = (const struct bundle_entry *)(bundle + 1);

	for (uint32_t i = 0; i < bundle->count; i++) {
		const struct wasm_image_header *header =
			(const struct wasm_image_header *)(base + entries[i].offset);

		if (code_place_of_bundle(entries[i].offset, entries[i].size, place) &&
			memcmp(header->module_hash, hash, CODE_HASH) == 0 &&
			header->engine_hash == wasm_engine_hash() &&
			(header->cpu_features & ~wasm_cpu_features_detect()) == 0)
			return check_in_bundle(&entries[i]);
	}
	return false;
}

/* --- code in objects ------------------------------------------------------------------------- */

bool code_place_is_sound(const struct code_place *place)
{
	uint64_t end = place->code_offset + place->code_size;

	return place->size <= CODE_SIZE_MAX && place->offset % PAGE == 0 &&
	       place->code_offset % PAGE == 0 && place->code_offset != 0 &&
	       place->code_offset <= place->size && place->code_size <= place->size &&
	       end <= place->size;
}

static void touch(struct code_entry *entry)
{
	ESTATE_SET(table->code_uses, table->code_uses + 1);
	ESTATE_SET(entry->used, table->code_uses);
}

static void forget(struct code_entry *entry)
{
	uint64_t words[6] = {entry->place.object};

	(void)!peer_ask(SERVICE_NUMBER_MEMORY, MEMORY_CODE_DESTROY, words);
	ESTATE_SET(entry->used, 0);
}

/* The entry that is free, or was not used for longest; and what all take together. */
static struct code_entry *oldest(uint64_t *total)
{
	struct code_entry *found = &table->code[0];

	*total = 0;
	for (uint32_t i = 0; i < CODE_ENTRIES; i++) {
		struct code_entry *entry = &table->code[i];

		*total += entry->used != 0 ? entry->place.size : 0;
		if (entry->used < found->used)
			found = entry;
	}
	return found;
}

static struct code_entry *oldest_used(void)
{
	struct code_entry *found = nullptr;

	for (uint32_t i = 0; i < CODE_ENTRIES; i++) {
		struct code_entry *entry = &table->code[i];

		if (entry->used != 0 && (found == nullptr || entry->used < found->used))
			found = entry;
	}
	return found;
}

void code_cache_add(const uint8_t hash[CODE_HASH], const struct code_place *place)
{
	uint64_t total;
	struct code_entry *entry = oldest(&total);

	while (total != 0 && total + place->size > BUDGET) {
		forget(oldest_used());
		entry = oldest(&total);
	}
	if (entry->used != 0)
		forget(entry);
	estate_save(entry, sizeof(*entry));
	entry->place = *place;
	memcpy(entry->hash, hash, CODE_HASH);
	touch(entry);
}

bool code_cache_find(const uint8_t hash[CODE_HASH], struct code_place *place)
{
	for (uint32_t i = 0; i < CODE_ENTRIES; i++) {
		struct code_entry *entry = &table->code[i];

		if (entry->used == 0 || memcmp(entry->hash, hash, CODE_HASH) != 0)
			continue;
		touch(entry);
		*place = entry->place;
		return true;
	}
	return find_in_bundle(hash, place);
}

/* --- hashes of files -------------------------------------------------------------------------- */

static struct code_memo *memo_of(const struct module_id *id)
{
	for (uint32_t i = 0; i < MEMOS; i++) {
		struct code_memo *memo = &table->memos[i];

		if (memo->id.file == id->file && memo->id.changed_ns == id->changed_ns &&
			id->file != 0)
			return memo;
	}
	return nullptr;
}

void code_cache_remember(const struct module_id *id, const uint8_t hash[CODE_HASH])
{
	struct code_memo *memo = memo_of(id);

	if (memo == nullptr) {
		memo = &table->memos[table->memo_next];
		ESTATE_SET(table->memo_next, (table->memo_next + 1) % MEMOS);
	}
	estate_save(memo, sizeof(*memo));
	memo->id = *id;
	memcpy(memo->hash, hash, CODE_HASH);
}

bool code_cache_find_file(const struct module_id *id, struct code_place *place)
{
	const struct code_memo *memo = memo_of(id);

	return memo != nullptr && code_cache_find(memo->hash, place);
}
