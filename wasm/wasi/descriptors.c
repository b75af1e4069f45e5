// SPDX-License-Identifier: MIT OR Apache-2.0
// The descriptor table: numbers and rights over the backend's open descriptions.
// Invariant: every slot with a description owns one reference to it.
#include "wasi/internal.h"

static struct descriptor_slot *slot_at(const struct wasi *w, uint32_t number)
{
	return &((struct descriptor_slot *)w->slots.items)[number];
}

static bool slot_used(const struct wasi *w, uint32_t number)
{
	return number < w->slots.count && slot_at(w, number)->entry.description != nullptr;
}

// Slots up to and including `number` exist afterwards.
static enum wasi_errno slots_extend(struct wasi *w, uint32_t number)
{
	if (number >= w->limit)
		return WASI_MFILE;
	if (array_reserve(&w->slots, w->allocator, sizeof(struct descriptor_slot),
		    (size_t)number + 1) != WASM_OK)
		return WASI_NOMEM;
	while (w->slots.count <= number)
		*slot_at(w, w->slots.count++) = (struct descriptor_slot){};
	return WASI_SUCCESS;
}

static enum wasi_errno slot_fill(
	struct wasi *w, struct descriptor_slot *slot, const struct wasi_descriptor *entry)
{
	char *name = nullptr;
	uint32_t size = 0;
	if (entry->preopen_name != nullptr) {
		size = (uint32_t)strlen(entry->preopen_name) + 1;
		name = wasm_allocate(w->allocator, size, 1);
		if (name == nullptr)
			return WASI_NOMEM;
		memcpy(name, entry->preopen_name, size);
	}
	*slot = (struct descriptor_slot){*entry, size};
	slot->entry.preopen_name = name;
	return WASI_SUCCESS;
}

static enum wasi_errno slot_clear(struct wasi *w, struct descriptor_slot *slot)
{
	struct wasi_description *description = slot->entry.description;
	if (slot->entry.preopen_name != nullptr)
		wasm_free(w->allocator, (void *)(uintptr_t)slot->entry.preopen_name,
			slot->name_size, 1);
	*slot = (struct descriptor_slot){};
	return w->host->release(w->self, description);
}

enum wasi_errno wasi_descriptor_insert(
	struct wasi *w, const struct wasi_descriptor *entry, uint32_t lowest, uint32_t *number)
{
	uint32_t at = lowest;
	while (slot_used(w, at))
		at++;
	enum wasi_errno error = slots_extend(w, at);
	if (error == WASI_SUCCESS)
		error = slot_fill(w, slot_at(w, at), entry);
	if (error == WASI_SUCCESS)
		*number = at;
	return error;
}

enum wasi_errno wasi_descriptor_set(
	struct wasi *w, uint32_t number, const struct wasi_descriptor *entry)
{
	struct descriptor_slot slot;
	enum wasi_errno error = slots_extend(w, number);
	if (error == WASI_SUCCESS)
		error = slot_fill(w, &slot, entry);
	if (error != WASI_SUCCESS)
		return error;
	if (slot_used(w, number))
		(void)slot_clear(w, slot_at(w, number));
	*slot_at(w, number) = slot;
	return WASI_SUCCESS;
}

enum wasi_errno wasi_descriptor_get(
	struct wasi *w, uint32_t number, uint64_t rights, struct wasi_descriptor *entry)
{
	if (!slot_used(w, number))
		return WASI_BADF;
	*entry = slot_at(w, number)->entry;
	return (entry->rights & rights) == rights ? WASI_SUCCESS : WASI_NOTCAPABLE;
}

enum wasi_errno wasi_descriptor_duplicate(
	struct wasi *w, uint32_t number, uint32_t lowest, uint32_t *duplicate)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, number, 0, &entry);
	if (error != WASI_SUCCESS)
		return error;
	entry.preopen_name = nullptr;
	w->host->retain(w->self, entry.description);
	error = wasi_descriptor_insert(w, &entry, lowest, duplicate);
	if (error != WASI_SUCCESS)
		(void)w->host->release(w->self, entry.description);
	return error;
}

enum wasi_errno wasi_descriptor_close(struct wasi *w, uint32_t number)
{
	return slot_used(w, number) ? slot_clear(w, slot_at(w, number)) : WASI_BADF;
}

uint32_t wasi_descriptor_end(const struct wasi *w)
{
	uint32_t end = w->slots.count;
	while (end > 0 && !slot_used(w, end - 1))
		end--;
	return end;
}

// --- the functions about numbers and rights --------------------------------------------------

enum wasi_errno wasi_fd_close(struct wasi *w, const struct wasm_instance *, values_t *v)
{
	return wasi_descriptor_close(w, v[0].i32);
}

enum wasi_errno wasi_fd_renumber(struct wasi *w, const struct wasm_instance *, values_t *v)
{
	uint32_t from = v[0].i32, to = v[1].i32;
	if (!slot_used(w, from) || !slot_used(w, to))
		return WASI_BADF;
	if (from == to)
		return WASI_SUCCESS;
	(void)slot_clear(w, slot_at(w, to));
	*slot_at(w, to) = *slot_at(w, from);
	*slot_at(w, from) = (struct descriptor_slot){};
	return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_fdstat_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct {
		uint8_t filetype;
		uint8_t padding;
		uint16_t flags;
		uint32_t more_padding;
		uint64_t rights;
		uint64_t inheriting;
	} stat = {};
	static_assert(sizeof(stat) == 24);
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, 0, &entry);
	if (error == WASI_SUCCESS)
		error = w->host->get_flags(w->self, entry.description, &stat.flags);
	if (error != WASI_SUCCESS)
		return error;
	stat.filetype = w->host->filetype(w->self, entry.description);
	stat.rights = entry.rights;
	stat.inheriting = entry.inheriting_rights;
	return store_result(m, v[1].i32, &stat, sizeof(stat));
}

enum wasi_errno wasi_fd_fdstat_set_flags(struct wasi *w, const struct wasm_instance *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error =
		wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if ((v[1].i32 & ~(uint32_t)WASI_FDFLAGS_ALL) != 0)
		return WASI_INVAL;
	return w->host->set_flags(w->self, entry.description, (uint16_t)v[1].i32);
}

// Rights can only be given up.
enum wasi_errno wasi_fd_fdstat_set_rights(struct wasi *w, const struct wasm_instance *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, v[1].i64, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if ((v[2].i64 & ~entry.inheriting_rights) != 0)
		return WASI_NOTCAPABLE;
	slot_at(w, v[0].i32)->entry.rights = v[1].i64;
	slot_at(w, v[0].i32)->entry.inheriting_rights = v[2].i64;
	return WASI_SUCCESS;
}

enum wasi_errno wasi_fd_prestat_get(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, 0, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if (entry.preopen_name == nullptr)
		return WASI_BADF;
	uint32_t prestat[2] = {0, (uint32_t)strlen(entry.preopen_name)}; // tag 0: directory
	return store_result(m, v[1].i32, prestat, sizeof(prestat));
}

enum wasi_errno wasi_fd_prestat_dir_name(struct wasi *w, const struct wasm_instance *m, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, 0, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if (entry.preopen_name == nullptr)
		return WASI_BADF;
	uint32_t size = (uint32_t)strlen(entry.preopen_name);
	if (v[2].i32 < size)
		return WASI_NAMETOOLONG;
	return store_result(m, v[1].i32, entry.preopen_name, size);
}
