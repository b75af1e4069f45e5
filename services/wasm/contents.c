// SPDX-License-Identifier: MIT OR Apache-2.0
/* Contents of regular files. They go through the window, a piece of memory that the vfs maps, too;
 * what was read last stays there and is read from there, as long as the file's word on the sheet
 * says that nobody changed the file. So reading on, seeking and asking for attributes need no call.
 * Small writes go in messages. Without a window (no memory for it) everything does. */
#include "host.h"

#define PAGE 4096u

/* What the window holds. */
static struct {
	uint64_t id; /* 0: nothing */
	uint64_t offset;
	uint64_t size;
	uint32_t stamp;
	bool ends; /* the file does, behind it */
} loaded;

/* --- what is known --------------------------------------------------------------------------- */

uint64_t contents_load_flag(void)
{
	loaded.id = 0;
	return arena_window() != nullptr ? OPEN_FLAG_LOAD : 0;
}

static bool is_current(const description_t *description, uint32_t stamp)
{
	return description->is_known &&
	       __atomic_load_n(&arena_sheet()[description->slot], __ATOMIC_ACQUIRE) == stamp;
}

void contents_opened(description_t *description, const uint64_t words[6],
	const struct file_attributes *attributes)
{
	if (description->filetype != WASI_FILETYPE_REGULAR_FILE)
		return;
	description->has_offset = (description->fdflags & WASI_FDFLAG_APPEND) == 0;
	description->is_known = arena_sheet() != nullptr && words[4] < MEMORY_SHARED_UNIT / 4;
	description->slot = (uint32_t)words[4];
	description->stamp = (uint32_t)words[5];
	description->attributes = *attributes;
	if (words[3] == 0)
		return;
	loaded.id = description->id;
	loaded.offset = 0;
	loaded.size = words[3] < MEMORY_SHARED_UNIT ? words[3] : MEMORY_SHARED_UNIT;
	loaded.stamp = description->stamp;
	loaded.ends = loaded.size == attributes->size;
}

void contents_closed(const description_t *description)
{
	if (loaded.id == description->id)
		loaded.id = 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static status_t receive(uint32_t method, struct call *call, uint8_t *bytes, uint64_t *done)
{
	status_t status = service_call(SERVICE_NUMBER_VFS, method, call);
	uint64_t most = call->out != nullptr ? call->out_used : MEMORY_SHARED_UNIT;

	*done = call->words[0] < most ? call->words[0] : most;
	if (status != OK)
		*done = 0;
	else if (call->out == nullptr && bytes != nullptr)
		memcpy(bytes, arena_window(), *done);
	return status;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* At the vfs's offset. */
static status_t read_on(const description_t *description, void *bytes, size_t size, uint64_t *done)
{
	struct call call = {.words = {description->id, size, DATA_PLACE_MESSAGE}};

	if (size > MESSAGE_BYTES && arena_window() != nullptr) {
		loaded.id = 0;
		call.words[1] = smaller(size, MEMORY_SHARED_UNIT);
		call.words[2] = DATA_PLACE_WINDOW;
	} else {
		call.out = bytes;
		call.out_size = smaller(size, MESSAGE_BYTES);
		call.words[1] = call.out_size;
	}
	return receive(VFS_READ, &call, bytes, done);
}

/* More than is asked for if the file is read from one end to the other. */
static size_t load_size(const description_t *description, uint64_t offset, size_t size)
{
	if (loaded.id == description->id && offset == loaded.offset + loaded.size)
		return MEMORY_SHARED_UNIT;
	return smaller(size > PAGE ? size : PAGE, MEMORY_SHARED_UNIT);
}

/* The file's size tells, if it is known of the file as it was read; else that there was nothing. */
static bool ends_at(const description_t *description, uint32_t stamp, uint64_t end, uint64_t done)
{
	if (description->is_known && description->stamp == stamp)
		return end >= description->attributes.size;
	return done == 0;
}

static status_t load(const description_t *description, uint64_t offset, size_t size)
{
	size_t wanted = load_size(description, offset, size);
	struct call call = {.words = {description->id, offset, wanted, DATA_PLACE_WINDOW}};
	uint64_t done;
	status_t status;

	loaded.id = 0;
	status = receive(VFS_READ_AT, &call, nullptr, &done);
	if (status != OK)
		return status;
	loaded.id = description->id;
	loaded.offset = offset;
	loaded.size = done;
	loaded.stamp = (uint32_t)call.words[1];
	loaded.ends = ends_at(description, loaded.stamp, offset + done, done);
	return OK;
}

static bool is_loaded(const description_t *description, uint64_t offset)
{
	uint64_t end = loaded.offset + loaded.size;

	return loaded.id == description->id && is_current(description, loaded.stamp) &&
	       offset >= loaded.offset && (offset < end || loaded.ends);
}

/* What the window has of it. */
static uint64_t take(void *bytes, size_t size, uint64_t offset)
{
	uint64_t end = loaded.offset + loaded.size;

	if (offset >= end)
		return 0;
	size = smaller(size, end - offset);
	memcpy(bytes, arena_window() + (offset - loaded.offset), size);
	return size;
}

status_t contents_read_at(
	const description_t *description, void *bytes, size_t size, uint64_t offset, uint64_t *done)
{
	struct call call = {
		.words = {description->id, offset, smaller(size, MESSAGE_BYTES)},
		.out = bytes,
		.out_size = smaller(size, MESSAGE_BYTES),
	};
	status_t status = OK;

	if (arena_window() == nullptr)
		return receive(VFS_READ_AT, &call, bytes, done);
	if (!is_loaded(description, offset))
		status = load(description, offset, size);
	*done = status == OK ? take(bytes, size, offset) : 0;
	return status;
}

status_t contents_read(description_t *description, void *bytes, size_t size, uint64_t *done)
{
	status_t status;

	if (!description->has_offset)
		return read_on(description, bytes, size, done);
	status = contents_read_at(description, bytes, size, description->offset, done);
	description->offset += *done;
	return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Puts the bytes where they are sent from; returns how many, and the place. */
static size_t put(struct call *call, const void *bytes, size_t size, uint64_t *place)
{
	if (size > MESSAGE_BYTES && arena_window() != nullptr) {
		size = smaller(size, MEMORY_SHARED_UNIT);
		loaded.id = 0;
		memcpy(arena_window(), bytes, size);
		*place = DATA_PLACE_WINDOW;
		return size;
	}
	size = smaller(size, MESSAGE_BYTES);
	call->in = bytes;
	call->in_size = size;
	*place = DATA_PLACE_MESSAGE;
	return size;
}

static status_t send(uint32_t method, struct call *call, size_t size, uint64_t *done)
{
	status_t status = service_call(SERVICE_NUMBER_VFS, method, call);

	*done = status == OK ? smaller(call->words[0], size) : 0;
	return status;
}

status_t contents_write_at(const description_t *description, const void *bytes, size_t size,
	uint64_t offset, uint64_t *done)
{
	struct call call = {.words = {description->id, offset}};

	size = put(&call, bytes, size, &call.words[3]);
	call.words[2] = size;
	return send(VFS_WRITE_AT, &call, size, done);
}

status_t contents_write(description_t *description, const void *bytes, size_t size, uint64_t *done)
{
	struct call call = {.words = {description->id}};
	status_t status;

	if (description->has_offset) {
		status = contents_write_at(description, bytes, size, description->offset, done);
		description->offset += *done;
		return status;
	}
	size = put(&call, bytes, size, &call.words[2]);
	call.words[1] = size;
	return send(VFS_WRITE, &call, size, done);
}

/* --- attributes and offset -------------------------------------------------------------------- */

status_t contents_attributes(description_t *description, struct file_attributes *attributes)
{
	struct call call = {
		.words = {description->id}, .out = attributes, .out_size = sizeof(*attributes)};
	status_t status;

	if (is_current(description, description->stamp)) {
		*attributes = description->attributes;
		return OK;
	}
	status = service_call(SERVICE_NUMBER_VFS, VFS_STAT, &call);
	if (status == OK) {
		description->stamp = (uint32_t)call.words[1];
		description->attributes = *attributes;
	}
	return status;
}

status_t contents_share(description_t *description)
{
	uint64_t words[6] = {description->id, description->offset, WASI_WHENCE_SET};
	status_t status;

	if (!description->has_offset)
		return OK;
	status = service_ask(SERVICE_NUMBER_VFS, VFS_SEEK, words);
	if (status == OK)
		description->has_offset = false;
	return status;
}
