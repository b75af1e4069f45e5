// SPDX-License-Identifier: MIT OR Apache-2.0
/* Open descriptions: made, counted, given back. */
#include "host.h"

#include <abi/protocol/vfs.h>

description_t *description_make(uint32_t kind, uint64_t id, enum wasi_filetype filetype)
{
	description_t *description = heap_take(sizeof(*description));

	if (description != nullptr)
		*description = (description_t){
			.kind = kind, .references = 1, .id = id, .filetype = filetype};
	return description;
}

void description_retain(void *self, description_t *description)
{
	(void)self;
	description->references++;
}

static status_t give_back(description_t *description)
{
	uint64_t words[6] = {description->id};

	if (description->kind == DESCRIPTOR_KIND_VFS)
		contents_closed(description);
	/* Nobody notices when a file is closed; a pipe's other end waits for it. */
	if (description->kind == DESCRIPTOR_KIND_VFS &&
		description->filetype != WASI_FILETYPE_UNKNOWN &&
		service_close_later(description->id))
		return OK;
	if (description->kind == DESCRIPTOR_KIND_VFS)
		return service_ask(SERVICE_NUMBER_VFS, VFS_CLOSE, words);
	if (description->kind == DESCRIPTOR_KIND_CHANNEL)
		return channel_side_close(description);
	if (description->kind == DESCRIPTOR_KIND_PROCESS && !description->has_ended)
		(void)!process_take_end(description, true); /* nobody else will */
	return OK;
}

errno_t description_release(void *self, description_t *description)
{
	status_t status;

	(void)self;
	if (--description->references != 0)
		return WASI_SUCCESS;
	status = give_back(description);
	heap_give(description, sizeof(*description));
	return errno_of(status);
}

enum wasi_filetype description_filetype(void *self, description_t *description)
{
	(void)self;
	return description->filetype;
}

errno_t description_get_flags(void *self, description_t *description, uint16_t *fdflags)
{
	(void)self;
	*fdflags = description->fdflags;
	return WASI_SUCCESS;
}

uint64_t open_flags_of(uint16_t fdflags)
{
	return ((fdflags & WASI_FDFLAG_APPEND) != 0 ? OPEN_FLAG_APPEND : 0u) |
	       ((fdflags & WASI_FDFLAG_NONBLOCK) != 0 ? OPEN_FLAG_NONBLOCK : 0u);
}

errno_t description_set_flags(void *self, description_t *description, uint16_t fdflags)
{
	uint64_t words[6] = {description->id, open_flags_of(fdflags)};
	status_t status = OK;

	(void)self;
	if ((fdflags & WASI_FDFLAG_APPEND) != 0)
		status = contents_share(description);
	if (status == OK && description->kind == DESCRIPTOR_KIND_VFS)
		status = service_ask(SERVICE_NUMBER_VFS, VFS_SET_FLAGS, words);
	if (status == OK)
		description->fdflags = fdflags;
	return errno_of(status);
}

enum wasi_filetype filetype_of(uint64_t file_type)
{
	switch (file_type) {
	case FILE_TYPE_REGULAR:
		return WASI_FILETYPE_REGULAR_FILE;
	case FILE_TYPE_DIRECTORY:
		return WASI_FILETYPE_DIRECTORY;
	case FILE_TYPE_SYMLINK:
		return WASI_FILETYPE_SYMBOLIC_LINK;
	case FILE_TYPE_TERMINAL:
	case FILE_TYPE_DEVICE:
		return WASI_FILETYPE_CHARACTER_DEVICE;
	default:
		return WASI_FILETYPE_UNKNOWN; /* pipes, too: WASI has no number for them */
	}
}

uint64_t rights_of(const description_t *description)
{
	uint64_t stream = WASI_RIGHTS_STREAM_IN | WASI_RIGHTS_STREAM_OUT;

	if (description->filetype == WASI_FILETYPE_DIRECTORY)
		return WASI_RIGHTS_ALL;
	if (description->filetype == WASI_FILETYPE_REGULAR_FILE || is_device(description))
		return WASI_RIGHTS_ALL;
	return stream;
}
