// SPDX-License-Identifier: MIT OR Apache-2.0
/* Pages of files of engines on their way (page_io.h): how much of them there is, where it lies on
 * the volume, and that what was written counts when the engine knows of it. */
#include "enginefs_internal.h"

#include "blocks.h"
#include "page_io.h"

static status_t learn(void *self, const struct page_run *run, uint32_t *valid)
{
	const struct mounted *m = self;
	struct file_attributes a;
	uint64_t most = (uint64_t)run->count * BLOCK_SIZE;
	uint64_t left;
	status_t status = enginefs_attributes(m, run->node, &a);

	if (status != OK)
		return status;
	left = a.size > run->offset ? a.size - run->offset : 0;
	*valid = (uint32_t)(left < most ? left : most);
	return OK;
}

static uint32_t block_size(void *self)
{
	const struct mounted *m = self;

	return m->engine->block_size(m->fs);
}

static status_t map(void *self, const struct page_run *run, uint32_t at, uint32_t size,
	struct engine_run *place)
{
	const struct mounted *m = self;
	uint64_t offset = run->offset + at;

	return run->is_write ? m->engine->map_write(m->fs, run->node, offset, size, place)
			     : m->engine->map(m->fs, run->node, offset, size, place);
}

static status_t written(void *self, const struct page_run *run, uint32_t at, uint32_t size)
{
	const struct mounted *m = self;

	enginefs_changed(m, run->node);
	return m->engine->written(m->fs, run->node, run->offset + at, size);
}

static const struct page_owner owner = {learn, block_size, map, written};

status_t enginefs_page_begin(struct mounted *m, const struct page_run *run)
{
	return page_io_begin(&owner, m, m->unit, run);
}
