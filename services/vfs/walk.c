// SPDX-License-Identifier: MIT OR Apache-2.0
/* Paths: see walk.h. */
#include "walk.h"

#define REST_MOST 2048u /* of a path with the links in it resolved */

struct walker {
	struct walk *out;
	struct place at; /* a directory */
	unsigned depth;  /* how many directories it is below the start */
	unsigned links;  /* that were followed */
	bool may_be_absolute;
	bool follow;
	size_t next; /* of `rest` */
	size_t size;
	char rest[REST_MOST];
};

enum step { GO_ON, ARRIVED };

static bool has_rest(const struct walker *w)
{
	return w->next < w->size;
}

static void skip_slashes(struct walker *w)
{
	while (has_rest(w) && w->rest[w->next] == '/')
		w->next++;
}

/* An absolute path or link begins again at the root. */
static status_t begin(struct walker *w)
{
	if (!has_rest(w) || w->rest[w->next] != '/')
		return OK;
	if (!w->may_be_absolute)
		return ERR_ACCESS;
	w->at = place_root();
	w->depth = 0;
	return OK;
}

static status_t take_name(struct walker *w, struct name *name)
{
	name->text = w->rest + w->next;
	name->size = 0;
	while (has_rest(w) && w->rest[w->next] != '/') {
		w->next++;
		name->size++;
	}
	return name->size <= NAME_MOST ? OK : ERR_TOO_LONG;
}

static bool is_text(struct name name, const char *text)
{
	return name.size == strlen(text) && memcmp(name.text, text, name.size) == 0;
}

static status_t go_up(struct walker *w)
{
	if (place_is_same(w->at, place_root()))
		return OK;
	if (w->depth == 0)
		return ERR_ACCESS;
	w->depth--;
	return place_parent(w->at, &w->at);
}

/* The path ends at a directory without naming it. */
static status_t arrive_at_directory(struct walker *w)
{
	w->out->name_size = 0;
	w->out->parent = w->at;
	w->out->place = w->at;
	w->out->exists = true;
	return place_attributes(w->at, &w->out->attributes);
}

/* Puts a link's target in front of the rest of the path. */
static status_t enter_link(struct walker *w, struct place link)
{
	struct volume *v = volume_at(link.volume);
	char target[MESSAGE_BYTES];
	size_t rest;
	size_t size;
	status_t status;

	if (w->next > 0 && w->rest[w->next - 1] == '/')
		w->next--; /* the slash behind the link belongs to the rest */
	rest = w->size - w->next;

	if (++w->links > WALK_LINKS)
		return ERR_LOOP;
	status = v->ops->read(v, link.node, 0, target, sizeof(target), &size);
	if (status != OK)
		return status;
	if (size == 0)
		return ERR_NOT_FOUND;
	if (memchr(target, 0, size) != nullptr)
		return ERR_CORRUPT;
	if (size + rest > REST_MOST)
		return ERR_TOO_LONG;
	memmove(w->rest + size, w->rest + w->next, rest);
	memcpy(w->rest, target, size);
	w->next = 0;
	w->size = size + rest;
	return begin(w);
}

/* What `name` is, which `last` or not; fills the result if the walk ends with it. */
static status_t enter_name(struct walker *w, struct name name, bool last, enum step *step)
{
	struct walk *out = w->out;
	status_t status = place_lookup(w->at, name, &out->place);

	out->exists = status == OK;
	*step = last ? ARRIVED : GO_ON;
	if (status == ERR_NOT_FOUND && last)
		return OK;
	if (status == OK)
		status = place_attributes(out->place, &out->attributes);
	if (status != OK)
		return status;
	if (out->attributes.type == FILE_TYPE_SYMLINK &&
		(!last || w->follow || out->needs_directory)) {
		*step = GO_ON;
		return enter_link(w, out->place);
	}
	if (out->attributes.type != FILE_TYPE_DIRECTORY)
		return last && !out->needs_directory ? OK : ERR_NOT_DIRECTORY;
	if (!last) {
		w->at = out->place;
		w->depth++;
	}
	return OK;
}

/* One component of the path. */
static status_t advance(struct walker *w, enum step *step)
{
	struct name name;
	status_t status;
	bool slash;

	*step = GO_ON;
	skip_slashes(w);
	status = take_name(w, &name);
	if (status != OK)
		return status;
	if (name.size == 0) {
		*step = ARRIVED;
		return arrive_at_directory(w);
	}
	if (is_text(name, "."))
		return OK;
	if (is_text(name, ".."))
		return go_up(w);
	w->out->parent = w->at;
	w->out->name_size = name.size;
	memcpy(w->out->name, name.text, name.size);
	w->out->name[name.size] = 0;
	slash = has_rest(w);
	skip_slashes(w);
	w->out->needs_directory = slash && !has_rest(w);
	return enter_name(w, name, !has_rest(w), step);
}

status_t walk_path(
	struct place start, const uint8_t *path, size_t size, bool follow, struct walk *walk)
{
	struct walker w; /* not cleared: most of it is never used */
	enum step step = GO_ON;
	status_t status;

	w.out = walk;
	w.at = start;
	w.depth = 0;
	w.links = 0;
	w.may_be_absolute = place_is_same(start, place_root());
	w.follow = follow;
	w.next = 0;
	w.size = size;
	walk->name_size = 0;
	walk->exists = false;
	walk->needs_directory = false;
	if (size == 0)
		return ERR_NOT_FOUND;
	if (size > MESSAGE_BYTES)
		return ERR_TOO_LONG;
	memcpy(w.rest, path, size);
	for (size_t i = 0; i < size; i++) {
		if (w.rest[i] == 0)
			return ERR_INVALID_ARGUMENT;
	}
	status = begin(&w);
	while (status == OK && step == GO_ON)
		status = advance(&w, &step);
	return status;
}
