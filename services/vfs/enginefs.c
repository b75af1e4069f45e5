// SPDX-License-Identifier: MIT OR Apache-2.0
/* Engines of files in the VFS: see enginefs.h. Operations are the engine's own; here are nodes that
 * are released, and what an engine stands on. Contents: enginefs_page.c. */
#include "enginefs_internal.h"

#include "enginefs_names.h"
#include "page_io.h"
#include "remote.h"
#include "remote_link.h"
#include "wall_time.h"

#include <craton/estate.h>
#include <craton/random.h>
#include <filesystem/engines.h>

#define TIDY_MOST 64u /* nodes at once */

struct mounted mounted[ENGINEFS_MOST];
static bool in_processes; /* engines are; else in this one */

static struct mounted *of(const struct volume *v)
{
	struct mounted *m = mounted;

	while (m->volume != volume_index(v))
		m++;
	return m;
}

static unsigned index_of(const struct mounted *m)
{
	return (unsigned)(m - mounted);
}

/* --- looking ------------------------------------------------------------------------------------
 */

static status_t lookup(struct volume *v, uint64_t directory, struct name name, uint64_t *node)
{
	const struct mounted *m = of(v);
	struct entry_name entry = {directory, name};
	status_t status = names_find(index_of(m), entry, node);

	if (status != FILE_LATER)
		return status;
	status = m->engine->lookup(m->fs, directory, name, node);
	names_add(index_of(m), entry, status, *node);
	return status;
}

static status_t parent(struct volume *v, uint64_t directory, uint64_t *node)
{
	const struct mounted *m = of(v);

	return m->engine->parent(m->fs, directory, node);
}

status_t enginefs_attributes(const struct mounted *m, uint64_t node, struct file_attributes *a)
{
	status_t status;

	if (names_attributes(index_of(m), node, a))
		return OK;
	status = m->engine->attributes(m->fs, node, a);
	if (status == OK)
		names_add_attributes(index_of(m), node, a);
	return status;
}

void enginefs_changed(const struct mounted *m, uint64_t node)
{
	names_change_attributes(index_of(m), node);
}

static status_t attributes(struct volume *v, uint64_t node, struct file_attributes *a)
{
	return enginefs_attributes(of(v), node, a);
}

static status_t next(
	struct volume *v, uint64_t directory, uint64_t *cookie, struct directory_item *item)
{
	const struct mounted *m = of(v);
	status_t status = m->engine->next(m->fs, directory, cookie, item);

	if (status == OK)
		names_add(index_of(m),
			(struct entry_name){directory, {item->name, item->name_size}}, OK,
			item->node);
	return status;
}

static status_t read(
	struct volume *v, uint64_t node, uint64_t offset, void *buffer, size_t size, size_t *done)
{
	const struct mounted *m = of(v);

	return m->engine->read_link(m->fs, node, offset, buffer, size, done);
}

static status_t space(struct volume *v, uint64_t *total, uint64_t *used)
{
	const struct mounted *m = of(v);

	return m->engine->space(m->fs, total, used);
}

/* --- nodes that are kept ------------------------------------------------------------------------
 */

static bool take_release(struct mounted *m, uint64_t node)
{
	struct releases *r = m->releases;

	for (uint64_t i = 0; i < r->count; i++) {
		if (r->nodes[i] != node)
			continue;
		ESTATE_SET(r->nodes[i], r->nodes[r->count - 1]);
		ESTATE_SET(r->count, r->count - 1);
		return true;
	}
	return false;
}

static status_t retain(struct volume *v, uint64_t node)
{
	struct mounted *m = of(v);

	if (take_release(m, node))
		return OK;
	if (m->releases->count >= RELEASES_MOST - RELEASES_SPARE)
		return FILE_LATER; /* those come first */
	return m->engine->retain(m->fs, node);
}

/* It may need blocks that are not there: it is done soon. */
static void release(struct volume *v, uint64_t node)
{
	struct releases *r = of(v)->releases;

	ASSERT(r->count < RELEASES_MOST);
	ESTATE_SET(r->nodes[r->count], node);
	ESTATE_SET(r->count, r->count + 1);
}

/* What is on its way goes on first; what cannot be deleted stays on the disk. */
static bool do_releases(struct mounted *m)
{
	struct releases *r = m->releases;
	bool some = false;

	for (uint64_t i = 0; i < r->count;) {
		uint64_t node = r->nodes[i];
		status_t status = page_io_is_under_way(m, node) ? FILE_LATER
								: m->engine->release(m->fs, node);

		if (status == FILE_LATER) {
			estate_rollback();
			i++;
			continue;
		}
		(void)take_release(m, node);
		estate_commit();
		some = true;
	}
	return some;
}

/* True: something was tidied. What cannot be now is tried again with all other work, and so is
 * what is left after some of it. */
static bool tidy(struct mounted *m)
{
	bool some = false;

	if (m->engine->tidy == nullptr)
		return false;
	for (unsigned i = 0; i < TIDY_MOST && !m->engine->is_tidy(m->fs); i++) {
		status_t status = m->engine->tidy(m->fs, &m->tidy_cursor);

		if (status == OK)
			estate_commit();
		else
			estate_rollback();
		some = some || status == OK;
		if (status != OK && status != FILE_LATER) {
			m->tidy_cursor = 0;
			break;
		}
	}
	return some;
}

/* --- changing -----------------------------------------------------------------------------------
 */

static status_t create(struct volume *v, uint64_t directory, struct name name, enum file_type type,
	struct name target, uint64_t *node)
{
	const struct mounted *m = of(v);
	struct entry_name entry = {directory, name};

	names_change(index_of(m), entry, m->engine->has_aliases);
	return m->engine->create(m->fs, entry, type, target, node);
}

static status_t set_size(struct volume *v, uint64_t node, uint64_t size)
{
	const struct mounted *m = of(v);

	names_change_attributes(index_of(m), node);
	return m->engine->set_size(m->fs, node, size);
}

static status_t set_times(struct volume *v, uint64_t node, uint64_t accessed, uint64_t modified)
{
	const struct mounted *m = of(v);

	names_change_attributes(index_of(m), node);
	return m->engine->set_times(m->fs, node, accessed, modified);
}

static status_t set_access(
	struct volume *v, uint64_t node, uint32_t mode, uint32_t owner, uint32_t group)
{
	const struct mounted *m = of(v);

	if (m->engine->set_access == nullptr)
		return ERR_NOT_SUPPORTED;
	names_change_attributes(index_of(m), node);
	return m->engine->set_access(m->fs, node, mode, owner, group);
}

static status_t link(struct volume *v, uint64_t node, struct entry_name name)
{
	const struct mounted *m = of(v);

	if (m->engine->link == nullptr)
		return ERR_NOT_SUPPORTED;
	names_change(index_of(m), name, m->engine->has_aliases);
	names_change_attributes(index_of(m), node);
	return m->engine->link(m->fs, node, name);
}

static status_t remove_name(struct volume *v, uint64_t node, struct entry_name name)
{
	const struct mounted *m = of(v);

	names_change(index_of(m), name, m->engine->has_aliases);
	names_change_attributes(index_of(m), node);
	return m->engine->remove(m->fs, name);
}

static status_t rename_node(struct volume *v, uint64_t node, struct entry_name from,
	struct entry_name to, uint64_t replaced)
{
	const struct mounted *m = of(v);

	names_change(index_of(m), from, m->engine->has_aliases);
	names_change(index_of(m), to, m->engine->has_aliases);
	names_change_attributes(index_of(m), node);
	names_change_attributes(index_of(m), replaced);
	return m->engine->rename(m->fs, from, to);
}

static status_t reserve(struct volume *v, uint64_t node, uint64_t offset, uint64_t size)
{
	const struct mounted *m = of(v);

	names_change_attributes(index_of(m), node);
	return m->engine->reserve(m->fs, node, offset, size);
}

static status_t sync_volume(struct volume *v, uint64_t node, uint64_t *ticket)
{
	const struct mounted *m = of(v);

	(void)node;
	return m->engine->sync(m->fs, ticket);
}

static status_t move(struct volume *v, const struct page_run *run)
{
	return enginefs_page_begin(of(v), run);
}

const struct file_system_ops enginefs_ops = {
	.name = "disk",
	.lookup = lookup,
	.parent = parent,
	.attributes = attributes,
	.next = next,
	.read = read,
	.space = space,
	.retain = retain,
	.release = release,
	.create = create,
	.set_size = set_size,
	.set_times = set_times,
	.set_access = set_access,
	.link = link,
	.remove = remove_name,
	.rename = rename_node,
	.fill = move,
	.write_back = move,
	.reserve = reserve,
	.sync = sync_volume,
};

/* --- what an engine stands on -------------------------------------------------------------------
 */

static bool start(void *self, const struct engine_io *io)
{
	const struct mounted *m = self;
	struct block_slot request = {
		.operation = io->kind,
		.id = io->id,
		.unit = m->unit,
		.offset = io->offset,
		.size = io->size,
		.flags = io->lasting ? BLOCK_LASTING : 0,
	};
	struct drive_bytes bytes = {0};

	if (io->kind != ENGINE_FLUSH)
		bytes = (struct drive_bytes){
			m->object, (uint64_t)((const uint8_t *)io->bytes - m->memory)};
	return drive_begin(&request, bytes);
}

static uint64_t now(void *self)
{
	(void)self;
	return wall_time();
}

static uint32_t random_word(void *self)
{
	uint32_t word;

	(void)self;
	random_fill(&word, sizeof(word));
	return word;
}

static void forget(void *self, uint64_t node)
{
	const struct mounted *m = self;

	names_forget(index_of(m), node);
	cache_forget(volume_at(m->volume), node);
}

static status_t clean(void *self, uint64_t node)
{
	const struct mounted *m = self;

	return cache_clean((struct place){.volume = m->volume, .node = node});
}

/* --- volumes ------------------------------------------------------------------------------------
 */

bool enginefs_open(uint8_t *const memory[ENGINEFS_MOST])
{
	in_processes = remote_is_wanted();
	for (unsigned i = 0; i < ENGINEFS_MOST; i++)
		names_forget_volume(i);
	if (!remote_open(ENGINEFS_MOST))
		return false;
	for (unsigned i = 0; i < ENGINEFS_MOST; i++) {
		struct mounted *m = &mounted[i];

		*m = (struct mounted){
			.environment = {m, start, now, random_word, forget, clean},
			.memory = memory[i],
			.volume = UINT32_MAX,
		};
		m->releases = estate_allocate(sizeof(*m->releases), 64);
		if (m->releases == nullptr)
			return false;
	}
	return true;
}

status_t enginefs_prepare(unsigned index)
{
	return !in_processes || remote_prepare(index) ? OK : ERR_NO_MEMORY;
}

bool enginefs_is_silent(unsigned index)
{
	return in_processes && remote_is_silent(mounted[index].fs);
}

void enginefs_bind(unsigned index, uint32_t volume, uint64_t unit, uint64_t object)
{
	mounted[index].volume = volume;
	mounted[index].unit = unit;
	mounted[index].object = object;
}

static void choose_remote(unsigned index, unsigned kind)
{
	struct mounted *m = &mounted[index];

	m->engine = remote_engine(kind);
	m->fs = remote_choose(index, kind, &m->environment, m->memory);
}

static void choose_fused(unsigned index, unsigned kind)
{
	struct mounted *m = &mounted[index];

	m->engine = engine_of_kind(kind);
	m->fs = m->engine->open((struct engine_parameters){
		.environment = &m->environment,
		.memory = m->memory,
		.memory_size = ENGINEFS_MEMORY,
	});
	ASSERT(m->fs != nullptr); /* the memory has the same size always */
}

void enginefs_choose(unsigned index, unsigned kind)
{
	if (in_processes)
		choose_remote(index, kind);
	else
		choose_fused(index, kind);
}

void enginefs_end(unsigned index)
{
	if (in_processes)
		remote_end(mounted[index].fs);
}

void enginefs_begin(unsigned index, unsigned kind, uint64_t size, bool read_only)
{
	memset(mounted[index].memory, 0, ENGINEFS_MEMORY);
	names_forget_volume(index);
	enginefs_choose(index, kind);
	ESTATE_SET(mounted[index].releases->count, 0);
	mounted[index].engine->reset(mounted[index].fs, size, read_only);
}

void enginefs_resume(unsigned index)
{
	mounted[index].engine->resume(mounted[index].fs);
}

status_t enginefs_mount(unsigned index)
{
	return mounted[index].engine->mount(mounted[index].fs);
}

status_t enginefs_unmount(unsigned index)
{
	const struct mounted *m = &mounted[index];

	return m->releases->count > 0 ? FILE_LATER : m->engine->unmount(m->fs);
}

status_t enginefs_settle(unsigned index)
{
	return mounted[index].engine->is_quiet(mounted[index].fs) ? OK : FILE_LATER;
}

const char *enginefs_trouble(unsigned index)
{
	return mounted[index].engine->trouble(mounted[index].fs);
}

bool enginefs_is_read_only(unsigned index)
{
	return mounted[index].engine->is_read_only(mounted[index].fs);
}

void enginefs_signalled(uint64_t bits)
{
	for (unsigned i = 0; in_processes && i < ENGINEFS_MOST; i++) {
		if ((bits & remote_bit(i)) != 0 && mounted[i].fs != nullptr)
			remote_heard(mounted[i].fs);
	}
}

void enginefs_io_done(unsigned index, uint64_t id, status_t status)
{
	const struct mounted *m = &mounted[index];

	m->engine->io_done(m->fs, id, status);
}

bool enginefs_work(unsigned index)
{
	struct mounted *m = &mounted[index];
	bool again = page_io_work(m);

	again = do_releases(m) || again;
	again = tidy(m) || again;
	return m->engine->work(m->fs) || again;
}

bool enginefs_is_busy(unsigned index)
{
	const struct mounted *m = &mounted[index];

	return m->releases->count > 0 || !m->engine->is_idle(m->fs);
}
