// SPDX-License-Identifier: MIT OR Apache-2.0
// Functions on open files: reading, writing, offsets, attributes, directory entries.
#include "wasi/internal.h"

typedef struct wasi wasi_t;
typedef const struct wasm_instance memory_t;

// --- bytes -----------------------------------------------------------------------------------

enum wasi_errno wasi_fd_read(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	enum wasi_errno error = wasi_transfer_begin(w, m, v, WASI_RIGHT_FD_READ, &entry, &vector);
	if (error == WASI_SUCCESS)
		error = w->host->read(
			w->self, entry.description, vector.buffers, vector.count, &done);
	return error == WASI_SUCCESS ? wasi_store_size(m, v[3].i32, done) : error;
}

enum wasi_errno wasi_fd_write(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	enum wasi_errno error = wasi_transfer_begin(w, m, v, WASI_RIGHT_FD_WRITE, &entry, &vector);
	if (error == WASI_SUCCESS)
		error = w->host->write(w->self, entry.description, wasi_vector_constant(&vector),
			vector.count, &done);
	return error == WASI_SUCCESS ? wasi_store_size(m, v[3].i32, done) : error;
}

enum wasi_errno wasi_fd_pread(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	enum wasi_errno error = wasi_transfer_begin(
		w, m, v, WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK, &entry, &vector);
	if (error == WASI_SUCCESS)
		error = w->host->pread(
			w->self, entry.description, vector.buffers, vector.count, v[3].i64, &done);
	return error == WASI_SUCCESS ? wasi_store_size(m, v[4].i32, done) : error;
}

enum wasi_errno wasi_fd_pwrite(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_vector vector;
	size_t done = 0;
	enum wasi_errno error = wasi_transfer_begin(
		w, m, v, WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_SEEK, &entry, &vector);
	if (error == WASI_SUCCESS)
		error = w->host->pwrite(w->self, entry.description, wasi_vector_constant(&vector),
			vector.count, v[3].i64, &done);
	return error == WASI_SUCCESS ? wasi_store_size(m, v[4].i32, done) : error;
}

// --- offsets ---------------------------------------------------------------------------------

static enum wasi_errno seek(
	wasi_t *w, memory_t *m, uint32_t number, int64_t delta, uint32_t whence, uint32_t result)
{
	struct wasi_descriptor entry;
	uint64_t offset;
	bool moves = delta != 0 || whence != WASI_WHENCE_CUR;
	enum wasi_errno error = wasi_descriptor_get(
		w, number, moves ? WASI_RIGHT_FD_SEEK : WASI_RIGHT_FD_TELL, &entry);
	if (error == WASI_NOTCAPABLE) { // streams: what programs expect of a pipe
		enum wasi_filetype type = w->host->filetype(w->self, entry.description);
		return type == WASI_FILETYPE_REGULAR_FILE ? WASI_NOTCAPABLE : WASI_SPIPE;
	}
	if (error == WASI_SUCCESS && whence > WASI_WHENCE_END)
		error = WASI_INVAL;
	if (error == WASI_SUCCESS)
		error = w->host->seek(w->self, entry.description, delta, (uint8_t)whence, &offset);
	return error == WASI_SUCCESS ? store_result(m, result, &offset, 8) : error;
}

enum wasi_errno wasi_fd_seek(wasi_t *w, memory_t *m, values_t *v)
{
	return seek(w, m, v[0].i32, (int64_t)v[1].i64, v[2].i32, v[3].i32);
}

enum wasi_errno wasi_fd_tell(wasi_t *w, memory_t *m, values_t *v)
{
	return seek(w, m, v[0].i32, 0, WASI_WHENCE_CUR, v[1].i32);
}

// --- attributes ------------------------------------------------------------------------------

bool fstflags_ok(uint32_t flags)
{
	constexpr uint32_t BOTH_ACCESS = WASI_FST_ATIM | WASI_FST_ATIM_NOW;
	constexpr uint32_t BOTH_MODIFY = WASI_FST_MTIM | WASI_FST_MTIM_NOW;
	return flags <= WASI_FST_ALL && (flags & BOTH_ACCESS) != BOTH_ACCESS &&
	       (flags & BOTH_MODIFY) != BOTH_MODIFY;
}

enum wasi_errno wasi_fd_filestat_get(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	struct wasi_filestat stat = {};
	enum wasi_errno error =
		wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_FILESTAT_GET, &entry);
	if (error == WASI_SUCCESS)
		error = w->host->stat(w->self, entry.description, &stat);
	return error == WASI_SUCCESS ? store_result(m, v[1].i32, &stat, sizeof(stat)) : error;
}

enum wasi_errno wasi_fd_filestat_set_size(wasi_t *w, memory_t *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error =
		wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_FILESTAT_SET_SIZE, &entry);
	return error == WASI_SUCCESS ? w->host->set_size(w->self, entry.description, v[1].i64)
				     : error;
}

enum wasi_errno wasi_fd_filestat_set_times(wasi_t *w, memory_t *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error =
		wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_FILESTAT_SET_TIMES, &entry);
	if (error != WASI_SUCCESS)
		return error;
	if (!fstflags_ok(v[3].i32))
		return WASI_INVAL;
	return w->host->set_times(
		w->self, entry.description, v[1].i64, v[2].i64, (uint16_t)v[3].i32);
}

enum wasi_errno wasi_fd_advise(wasi_t *w, memory_t *, values_t *v)
{
	constexpr uint32_t ADVICE_LAST = 5;
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_ADVISE, &entry);
	if (error != WASI_SUCCESS)
		return error;
	return v[3].i32 > ADVICE_LAST ? WASI_INVAL : WASI_SUCCESS; // advice may be ignored
}

enum wasi_errno wasi_fd_allocate(wasi_t *w, memory_t *, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_ALLOCATE, &entry);
	return error == WASI_SUCCESS
		       ? w->host->allocate(w->self, entry.description, v[1].i64, v[2].i64)
		       : error;
}

static enum wasi_errno sync_file(wasi_t *w, uint32_t number, uint64_t right)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, number, right, &entry);
	return error == WASI_SUCCESS
		       ? w->host->sync(w->self, entry.description, right == WASI_RIGHT_FD_DATASYNC)
		       : error;
}

enum wasi_errno wasi_fd_sync(wasi_t *w, memory_t *, values_t *v)
{
	return sync_file(w, v[0].i32, WASI_RIGHT_FD_SYNC);
}

enum wasi_errno wasi_fd_datasync(wasi_t *w, memory_t *, values_t *v)
{
	return sync_file(w, v[0].i32, WASI_RIGHT_FD_DATASYNC);
}

// --- directory entries -----------------------------------------------------------------------

struct entry_buffer {
	uint8_t *bytes;
	uint32_t size;
	uint32_t used;
};

static void buffer_add(struct entry_buffer *buffer, const void *bytes, uint32_t size)
{
	uint32_t room = buffer->size - buffer->used;
	uint32_t part = size < room ? size : room;
	memcpy(buffer->bytes + buffer->used, bytes, part);
	buffer->used += part;
}

// The last entry may be cut: a full buffer tells the program that there are more.
static bool add_entry(void *self, const struct wasi_dirent *entry, const char *name)
{
	struct entry_buffer *buffer = self;
	if (buffer->used == buffer->size)
		return false;
	buffer_add(buffer, entry, sizeof(*entry));
	buffer_add(buffer, name, entry->name_size);
	return true;
}

enum wasi_errno wasi_fd_readdir(wasi_t *w, memory_t *m, values_t *v)
{
	struct wasi_descriptor entry;
	enum wasi_errno error = wasi_descriptor_get(w, v[0].i32, WASI_RIGHT_FD_READDIR, &entry);
	if (error != WASI_SUCCESS)
		return error;
	struct entry_buffer buffer = {wasm_memory_at(m, v[1].i32, v[2].i32), v[2].i32, 0};
	if (buffer.bytes == nullptr)
		return WASI_FAULT;
	struct wasi_directory_sink sink = {&buffer, add_entry};
	error = w->host->read_directory(w->self, entry.description, v[3].i64, &sink);
	return error == WASI_SUCCESS ? store_result(m, v[4].i32, &buffer.used, 4) : error;
}
