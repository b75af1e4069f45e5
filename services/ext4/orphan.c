// SPDX-License-Identifier: MIT OR Apache-2.0
/* Orphans: see orphan.h. */
#include "orphan.h"

#include "bitmap.h"
#include "check.h"
#include "extent.h"
#include "super.h"
#include "xattr.h"

/* --- who is held --------------------------------------------------------------------------------
 */

static bool is_retained(const struct ext4 *fs, uint32_t inode)
{
	for (uint32_t i = 0; i < fs->retained_count; i++) {
		if (fs->retained[i].inode == inode)
			return true;
	}
	return false;
}

static struct retained *find_retained(struct ext4 *fs, uint32_t inode)
{
	for (uint32_t i = 0; i < fs->retained_count; i++) {
		if (fs->retained[i].inode == inode)
			return &fs->retained[i];
	}
	return nullptr;
}

status_t orphan_retain(struct ext4 *fs, uint32_t inode)
{
	struct retained *r = find_retained(fs, inode);

	if (r != nullptr) {
		ESTATE_SET(r->count, r->count + 1);
		return OK;
	}
	if (fs->retained_count == RETAINED_MOST)
		return ERR_TOO_MANY;
	r = &fs->retained[fs->retained_count];
	estate_save(r, sizeof(*r));
	*r = (struct retained){inode, 1};
	ESTATE_SET(fs->retained_count, fs->retained_count + 1);
	return OK;
}

void orphan_release(struct ext4 *fs, uint32_t inode)
{
	struct retained *r = find_retained(fs, inode);

	if (r == nullptr)
		return;
	ESTATE_SET(r->count, r->count - 1);
	if (r->count > 0)
		return;
	estate_save(r, sizeof(*r));
	*r = fs->retained[fs->retained_count - 1];
	ESTATE_SET(fs->retained_count, fs->retained_count - 1);
}

/* --- the list -----------------------------------------------------------------------------------
 */

static uint32_t position_of(const struct ext4 *fs, uint32_t inode)
{
	uint32_t at = 0;

	while (at < fs->orphan_count && fs->orphans[at].inode != inode)
		at++;
	return at;
}

bool orphan_is_cut(const struct ext4 *fs, uint32_t inode)
{
	uint32_t at = position_of(fs, inode);

	return at < fs->orphan_count && fs->orphans[at].is_cut;
}

/* On the volume the last that was added is the first. */
static status_t add(struct ext4 *fs, const struct inode *inode)
{
	struct buffer *buffer;
	struct super_block *super;

	if (fs->orphan_count == ORPHANS_MOST)
		return orphans_are_ready(fs) ? FILE_LATER : ERR_TOO_MANY;
	TRY(super_get(fs, &buffer, &super));
	inode_change(fs, inode);
	inode->raw->dtime = super->last_orphan;
	inode_seal(fs, inode);
	buffer_change(fs, buffer, &super->last_orphan, sizeof(super->last_orphan));
	super->last_orphan = inode->number;
	estate_save(&fs->orphans[fs->orphan_count], sizeof(fs->orphans[0]));
	fs->orphans[fs->orphan_count] = (struct orphan){.inode = inode->number};
	ESTATE_SET(fs->orphan_count, fs->orphan_count + 1);
	return OK;
}

status_t orphan_add(struct ext4 *fs, const struct inode *inode, bool is_cut)
{
	uint32_t at = position_of(fs, inode->number);

	if (at == fs->orphan_count)
		TRY(add(fs, inode));
	if (is_cut)
		ESTATE_SET(fs->orphans[at].is_cut, true);
	return OK;
}

/* What pointed to it points to the next; its `dtime` is free then. */
static status_t remove(struct ext4 *fs, const struct inode *inode)
{
	uint32_t at = position_of(fs, inode->number);
	struct buffer *buffer;
	struct super_block *super;
	struct inode later;

	TRY(super_get(fs, &buffer, &super));
	if (at + 1 == fs->orphan_count) {
		buffer_change(fs, buffer, &super->last_orphan, sizeof(super->last_orphan));
		super->last_orphan = inode->raw->dtime;
	} else {
		TRY(inode_get(fs, fs->orphans[at + 1].inode, &later));
		inode_change(fs, &later);
		later.raw->dtime = inode->raw->dtime;
		inode_seal(fs, &later);
	}
	estate_save(&fs->orphans[at], (fs->orphan_count - at) * sizeof(fs->orphans[0]));
	memmove(&fs->orphans[at], &fs->orphans[at + 1],
		(fs->orphan_count - at - 1) * sizeof(fs->orphans[0]));
	ESTATE_SET(fs->orphan_count, fs->orphan_count - 1);
	return OK;
}

/* The list as it is found, from its first to its last; then turned round. */
status_t orphans_load(struct ext4 *fs)
{
	struct buffer *buffer;
	struct super_block *super;
	struct inode inode;
	uint32_t next;

	TRY(super_get(fs, &buffer, &super));
	next = super->last_orphan;
	fs->orphan_count = 0;
	while (next != 0) {
		if (fs->orphan_count == ORPHANS_MOST || next < fs->g.first_inode ||
			position_of(fs, next) < fs->orphan_count)
			return corrupt(fs, "list of orphans", next);
		TRY(inode_get(fs, next, &inode));
		fs->orphans[fs->orphan_count++] = (struct orphan){next, inode.raw->links_count > 0};
		next = inode.raw->dtime;
	}
	for (uint32_t i = 0; i < fs->orphan_count / 2; i++) {
		struct orphan other = fs->orphans[i];

		fs->orphans[i] = fs->orphans[fs->orphan_count - 1 - i];
		fs->orphans[fs->orphan_count - 1 - i] = other;
	}
	return OK;
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* Targets of short links are in the inode. */
static bool has_blocks(const struct inode *inode)
{
	return (inode->raw->flags & INODE_EXTENTS) != 0;
}

static status_t delete(struct ext4 *fs, struct inode *inode)
{
	bool is_directory = inode_is(inode, MODE_DIRECTORY);

	TRY(xattr_drop(fs, inode));
	TRY(remove(fs, inode));
	inode_change(fs, inode);
	inode->raw->dtime = (uint32_t)(fs->environment->now(fs->environment->self) / 1000000000u);
	inode_set_size(inode, 0);
	inode->raw->mode = 0;
	inode_seal(fs, inode);
	return inode_free(fs, inode->number, is_directory);
}

static status_t finish_cut(struct ext4 *fs, struct inode *inode)
{
	ESTATE_SET(fs->orphans[position_of(fs, inode->number)].is_cut, false);
	if (inode->raw->links_count == 0)
		return OK; /* it waits to be deleted */
	TRY(remove(fs, inode));
	inode_change(fs, inode);
	inode->raw->dtime = 0;
	inode_seal(fs, inode);
	return OK;
}

static status_t step(struct ext4 *fs, const struct orphan *orphan)
{
	struct inode inode;
	uint64_t size;
	bool is_data;
	bool done = true;

	TRY(journal_begin(fs));
	TRY(inode_get(fs, orphan->inode, &inode));
	is_data = inode_is(&inode, MODE_REGULAR);
	size = orphan->is_cut ? inode_size(&inode) : 0;
	if (has_blocks(&inode))
		TRY(extent_cut(fs, &inode,
			(uint32_t)((size + fs->g.block_size - 1) >> fs->g.block_shift), is_data,
			&done));
	if (!done)
		return OK;
	return orphan->is_cut ? finish_cut(fs, &inode) : delete (fs, &inode);
}

/* One without a name is kept as long as somebody holds it. nullptr: there is nothing to do. */
static const struct orphan *find_ready(const struct ext4 *fs)
{
	for (uint32_t i = 0; i < fs->orphan_count; i++) {
		if (fs->orphans[i].is_cut || !is_retained(fs, fs->orphans[i].inode))
			return &fs->orphans[i];
	}
	return nullptr;
}

bool orphans_are_ready(const struct ext4 *fs)
{
	return !fs->read_only && find_ready(fs) != nullptr;
}

bool orphans_work(struct ext4 *fs)
{
	const struct orphan *ready = fs->read_only ? nullptr : find_ready(fs);

	if (ready == nullptr)
		return false;
	if (step(fs, ready) != OK) {
		estate_rollback();
		return false;
	}
	estate_commit();
	return true;
}
