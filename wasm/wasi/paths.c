// SPDX-License-Identifier: MIT OR Apache-2.0
// Functions on paths. A path is checked by its text here; links are the backend's business.
#include "decode/reader.h"
#include "wasi/internal.h"

typedef struct wasi wasi_t;
typedef const struct wasm_instance memory_t;

// --- checking --------------------------------------------------------------------------------

struct component {
	const char *text;
	uint32_t size;
};

static bool component_is(struct component c, const char *text)
{
	return c.size == strlen(text) && memcmp(c.text, text, c.size) == 0;
}

// The component at `*at`, which moves behind it and the slashes that follow.
static struct component next_component(const char *path, uint32_t size, uint32_t *at)
{
	uint32_t begin = *at;
	while (*at < size && path[*at] != '/')
		++*at;
	struct component component = {path + begin, *at - begin};
	while (*at < size && path[*at] == '/')
		++*at;
	return component;
}

static void append(struct path_storage *storage, struct wasi_path *path, struct component c)
{
	if (path->size != 0)
		storage->text[path->size++] = '/';
	memcpy(storage->text + path->size, c.text, c.size);
	path->size += c.size;
}

// Drops "." and double slashes; ".." must not lead above the start.
static enum wasi_errno path_clean(
	const char *text, uint32_t size, struct path_storage *storage, struct wasi_path *path)
{
	uint32_t at = 0, depth = 0;
	*path = (struct wasi_path){storage->text, 0};
	while (at < size) {
		struct component c = next_component(text, size, &at);
		if (component_is(c, "."))
			continue;
		if (component_is(c, "..") && depth-- == 0)
			return WASI_NOTCAPABLE;
		if (!component_is(c, ".."))
			depth++;
		append(storage, path, c);
	}
	if (path->size != 0 && text[size - 1] == '/')
		storage->text[path->size++] = '/';
	return WASI_SUCCESS;
}

static bool has_zero(struct wasi_path path)
{
	for (uint32_t i = 0; i < path.size; i++)
		if (path.text[i] == 0)
			return true;
	return false;
}

enum wasi_errno path_read(memory_t *m, uint32_t address, uint32_t size,
	struct path_storage *storage, struct wasi_path *path)
{
	const char *text = wasm_memory_at(m, address, size);
	if (text == nullptr)
		return WASI_FAULT;
	if (size == 0)
		return WASI_NOENT;
	if (size >= WASI_PATH_LIMIT)
		return WASI_NAMETOOLONG;
	if (!utf8_is_valid((const uint8_t *)text, size))
		return WASI_ILSEQ;
	if (has_zero((struct wasi_path){text, size}))
		return WASI_INVAL;
	return text[0] == '/' ? WASI_NOTCAPABLE : path_clean(text, size, storage, path);
}

// A directory and a path in it, as most functions take them.
struct place {
	struct wasi_descriptor directory;
	struct wasi_path path;
	struct path_storage storage;
};

static enum wasi_errno place_read(wasi_t *w, memory_t *m, uint32_t number, uint64_t rights,
	uint32_t address, uint32_t size, struct place *place)
{
	enum wasi_errno error = wasi_descriptor_get(w, number, rights, &place->directory);
	if (error != WASI_SUCCESS)
		return error;
	if (w->host->filetype(w->self, place->directory.description) != WASI_FILETYPE_DIRECTORY)
		return WASI_NOTDIR;
	return path_read(m, address, size, &place->storage, &place->path);
}

// --- functions -------------------------------------------------------------------------------

enum wasi_errno wasi_path_create_directory(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	enum wasi_errno error = place_read(
		w, m, v[0].i32, WASI_RIGHT_PATH_CREATE_DIRECTORY, v[1].i32, v[2].i32, &p);
	return error == WASI_SUCCESS
		       ? w->host->make_directory_at(w->self, p.directory.description, p.path)
		       : error;
}

enum wasi_errno wasi_path_remove_directory(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	enum wasi_errno error = place_read(
		w, m, v[0].i32, WASI_RIGHT_PATH_REMOVE_DIRECTORY, v[1].i32, v[2].i32, &p);
	return error == WASI_SUCCESS
		       ? w->host->remove_directory_at(w->self, p.directory.description, p.path)
		       : error;
}

enum wasi_errno wasi_path_unlink_file(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	enum wasi_errno error =
		place_read(w, m, v[0].i32, WASI_RIGHT_PATH_UNLINK_FILE, v[1].i32, v[2].i32, &p);
	return error == WASI_SUCCESS ? w->host->unlink_at(w->self, p.directory.description, p.path)
				     : error;
}

enum wasi_errno wasi_path_filestat_get(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	struct wasi_filestat stat = {};
	bool follow = (v[1].i32 & WASI_LOOKUP_SYMLINK_FOLLOW) != 0;
	enum wasi_errno error =
		place_read(w, m, v[0].i32, WASI_RIGHT_PATH_FILESTAT_GET, v[2].i32, v[3].i32, &p);
	if (error == WASI_SUCCESS)
		error = w->host->stat_at(w->self, p.directory.description, p.path, follow, &stat);
	return error == WASI_SUCCESS ? store_result(m, v[4].i32, &stat, sizeof(stat)) : error;
}

enum wasi_errno wasi_path_filestat_set_times(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	bool follow = (v[1].i32 & WASI_LOOKUP_SYMLINK_FOLLOW) != 0;
	enum wasi_errno error = place_read(
		w, m, v[0].i32, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, v[2].i32, v[3].i32, &p);
	if (error == WASI_SUCCESS && !fstflags_ok(v[6].i32))
		error = WASI_INVAL;
	return error == WASI_SUCCESS
		       ? w->host->set_times_at(w->self, p.directory.description, p.path, follow,
				 v[4].i64, v[5].i64, (uint16_t)v[6].i32)
		       : error;
}

enum wasi_errno wasi_path_rename(wasi_t *w, memory_t *m, values_t *v)
{
	struct place from, to;
	enum wasi_errno error = place_read(
		w, m, v[0].i32, WASI_RIGHT_PATH_RENAME_SOURCE, v[1].i32, v[2].i32, &from);
	if (error == WASI_SUCCESS)
		error = place_read(
			w, m, v[3].i32, WASI_RIGHT_PATH_RENAME_TARGET, v[4].i32, v[5].i32, &to);
	return error == WASI_SUCCESS ? w->host->rename_at(w->self, from.directory.description,
					       from.path, to.directory.description, to.path)
				     : error;
}

enum wasi_errno wasi_path_link(wasi_t *w, memory_t *m, values_t *v)
{
	struct place from, to;
	bool follow = (v[1].i32 & WASI_LOOKUP_SYMLINK_FOLLOW) != 0;
	enum wasi_errno error =
		place_read(w, m, v[0].i32, WASI_RIGHT_PATH_LINK_SOURCE, v[2].i32, v[3].i32, &from);
	if (error == WASI_SUCCESS)
		error = place_read(
			w, m, v[4].i32, WASI_RIGHT_PATH_LINK_TARGET, v[5].i32, v[6].i32, &to);
	return error == WASI_SUCCESS ? w->host->link_at(w->self, from.directory.description,
					       from.path, follow, to.directory.description, to.path)
				     : error;
}

// A link's target is text; following it is checked by the backend every time.
enum wasi_errno wasi_path_symlink(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	struct wasi_path target = {wasm_memory_at(m, v[0].i32, v[1].i32), v[1].i32};
	if (target.text == nullptr)
		return WASI_FAULT;
	if (target.size == 0 || has_zero(target))
		return target.size == 0 ? WASI_NOENT : WASI_INVAL;
	enum wasi_errno error =
		place_read(w, m, v[2].i32, WASI_RIGHT_PATH_SYMLINK, v[3].i32, v[4].i32, &p);
	return error == WASI_SUCCESS
		       ? w->host->symlink_at(w->self, target, p.directory.description, p.path)
		       : error;
}

enum wasi_errno wasi_path_readlink(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	size_t done = 0;
	char *target = wasm_memory_at(m, v[3].i32, v[4].i32);
	enum wasi_errno error =
		place_read(w, m, v[0].i32, WASI_RIGHT_PATH_READLINK, v[1].i32, v[2].i32, &p);
	if (error == WASI_SUCCESS && target == nullptr)
		error = WASI_FAULT;
	if (error == WASI_SUCCESS)
		error = w->host->read_link_at(
			w->self, p.directory.description, p.path, target, v[4].i32, &done);
	uint32_t size = (uint32_t)done;
	return error == WASI_SUCCESS ? store_result(m, v[5].i32, &size, 4) : error;
}

// --- path_open -------------------------------------------------------------------------------

static uint64_t open_needs(uint32_t oflags)
{
	uint64_t rights = WASI_RIGHT_PATH_OPEN;
	if ((oflags & WASI_OFLAG_CREAT) != 0)
		rights |= WASI_RIGHT_PATH_CREATE_FILE;
	if ((oflags & WASI_OFLAG_TRUNC) != 0)
		rights |= WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
	return rights;
}

constexpr uint64_t OPEN_READ = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR;
constexpr uint64_t OPEN_WRITE = WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE |
				WASI_RIGHT_FD_FILESTAT_SET_SIZE | WASI_RIGHT_FD_DATASYNC;

static enum wasi_errno open_insert(
	wasi_t *w, memory_t *m, const struct wasi_descriptor *entry, uint32_t result)
{
	uint32_t number;
	enum wasi_errno error = wasi_descriptor_insert(w, entry, 0, &number);
	if (error != WASI_SUCCESS) {
		(void)w->host->release(w->self, entry->description);
		return error;
	}
	error = store_result(m, result, &number, 4);
	if (error != WASI_SUCCESS)
		(void)wasi_descriptor_close(w, number);
	return error;
}

// v: directory, lookup flags, path, size, oflags, rights, inheriting rights, fdflags, result.
enum wasi_errno wasi_path_open(wasi_t *w, memory_t *m, values_t *v)
{
	struct place p;
	enum wasi_errno error =
		place_read(w, m, v[0].i32, open_needs(v[4].i32), v[2].i32, v[3].i32, &p);
	if (error != WASI_SUCCESS)
		return error;
	if (v[4].i32 > WASI_OFLAGS_ALL || v[7].i32 > WASI_FDFLAGS_ALL)
		return WASI_INVAL;
	uint64_t most = p.directory.inheriting_rights;
	if ((v[5].i64 & WASI_RIGHTS_ALL & ~most) != 0 || (v[6].i64 & WASI_RIGHTS_ALL & ~most) != 0)
		return WASI_NOTCAPABLE;
	struct wasi_open open = {.path = p.path,
		.oflags = (uint16_t)v[4].i32,
		.fdflags = (uint16_t)v[7].i32,
		.follow = (v[1].i32 & WASI_LOOKUP_SYMLINK_FOLLOW) != 0,
		.read = (v[5].i64 & OPEN_READ) != 0,
		.write = (v[5].i64 & OPEN_WRITE) != 0};
	struct wasi_descriptor entry = {
		.rights = v[5].i64 & most, .inheriting_rights = v[6].i64 & most};
	error = w->host->open_at(w->self, p.directory.description, &open, &entry.description);
	return error == WASI_SUCCESS ? open_insert(w, m, &entry, v[8].i32) : error;
}
