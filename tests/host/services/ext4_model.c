// SPDX-License-Identifier: MIT OR Apache-2.0
/* See ext4_model.h. */
#include "ext4_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES      160u
#define OBJECTS    160u
#define SIZE_MOST  150000u
#define WRITE_MOST 40000u
#define REGULAR    0100644u
#define DIRECTORY  0040755u

struct object {
	bool is_used;
	bool is_directory;
	uint32_t inode;
	unsigned names;
	unsigned entries; /* of a directory */
	uint64_t touched; /* when it was changed */
	size_t size;
	uint8_t *bytes;
};

struct known {
	bool is_used;
	unsigned directory; /* object */
	unsigned object;
	uint64_t touched;
	char text[40];
};

static struct object objects[OBJECTS]; /* 0: the root */
static struct known names[NAMES];
static struct known lost[NAMES]; /* what was at the last sync */
static uint64_t now;
static uint64_t synced;

void model_start(void)
{
	for (unsigned i = 0; i < OBJECTS; i++)
		free(objects[i].bytes);
	memset(objects, 0, sizeof(objects));
	memset(names, 0, sizeof(names));
	memset(lost, 0, sizeof(lost));
	objects[0] = (struct object){
		.is_used = true, .is_directory = true, .inode = EXT4_ROOT, .names = 1};
	now = 1;
	synced = 0;
}

/* --- choosing ----------------------------------------------------------------------------------
 */

static unsigned any_object(bool is_directory)
{
	unsigned at = volume_random() % OBJECTS;

	for (unsigned i = 0; i < OBJECTS; i++, at = (at + 1) % OBJECTS) {
		if (objects[at].is_used && objects[at].is_directory == is_directory &&
			objects[at].names > 0)
			return at;
	}
	return OBJECTS;
}

static unsigned any_name(void)
{
	unsigned at = volume_random() % NAMES;

	for (unsigned i = 0; i < NAMES; i++, at = (at + 1) % NAMES) {
		if (names[at].is_used)
			return at;
	}
	return NAMES;
}

static unsigned free_name(void)
{
	unsigned at = 0;

	while (at < NAMES && names[at].is_used)
		at++;
	return at;
}

static unsigned free_object(void)
{
	unsigned at = 1;

	while (at < OBJECTS && objects[at].is_used)
		at++;
	return at;
}

static void new_text(char *text, size_t size)
{
	(void)snprintf(text, size, "%.*s%u", (int)(volume_random() % 25),
		"a name that is rather long", volume_random() % 100000);
}

static bool is_taken(unsigned directory, const char *text)
{
	for (unsigned i = 0; i < NAMES; i++) {
		if (names[i].is_used && names[i].directory == directory &&
			strcmp(names[i].text, text) == 0)
			return true;
	}
	return false;
}

static bool is_in(unsigned object, unsigned directory)
{
	while (directory != 0 && directory != object) {
		unsigned i = 0;

		while (!names[i].is_used || names[i].object != directory)
			i++;
		directory = names[i].directory;
	}
	return directory == object;
}

/* --- operations --------------------------------------------------------------------------------
 */

static void put_name(unsigned at, unsigned directory, unsigned object, const char *text)
{
	names[at] = (struct known){
		.is_used = true, .directory = directory, .object = object, .touched = now};
	memcpy(names[at].text, text, strlen(text) + 1);
	objects[object].names++;
	objects[directory].entries++;
}

static void drop_name(unsigned at)
{
	struct object *object = &objects[names[at].object];

	names[at].is_used = false;
	objects[names[at].directory].entries--;
	object->touched = now;
	if (--object->names > 0)
		return;
	free(object->bytes);
	*object = (struct object){0};
}

static void create(bool is_directory)
{
	unsigned directory = any_object(true);
	unsigned object = free_object();
	unsigned at = free_name();
	char text[40];
	uint32_t inode = 0;
	status_t status;

	new_text(text, sizeof(text));
	if (object == OBJECTS || at == NAMES || is_taken(directory, text))
		return;
	status = VOLUME_DO(ext4_create(volume, objects[directory].inode, name_of(text),
		is_directory ? DIRECTORY : REGULAR, name_of(""), &inode));
	if (status == ERR_NO_SPACE)
		return;
	assert_int_equal(status, OK);
	assert_int_equal(
		VOLUME_DO(ext4_lookup(volume, objects[directory].inode, name_of(text), &inode)),
		OK);
	objects[object] = (struct object){
		.is_used = true, .is_directory = is_directory, .inode = inode, .touched = now};
	put_name(at, directory, object, text);
}

static void resize(struct object *o, size_t size)
{
	if (size <= o->size) {
		o->size = size;
		return;
	}
	o->bytes = realloc(o->bytes, size);
	assert_non_null(o->bytes);
	memset(o->bytes + o->size, 0, size - o->size);
	o->size = size;
}

static void write_file(void)
{
	unsigned at = any_object(false);
	size_t offset = volume_random() % (SIZE_MOST - WRITE_MOST);
	size_t size = 1 + volume_random() % WRITE_MOST;
	static uint8_t bytes[WRITE_MOST];
	struct object *o = &objects[at];
	status_t status;

	if (at == OBJECTS)
		return;
	if (volume_random() % 3 == 0)
		offset = o->size < SIZE_MOST - WRITE_MOST ? o->size : 0;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)volume_random();
	o->touched = now;
	status = volume_write(o->inode, offset, bytes, size);
	if (status == ERR_NO_SPACE) { /* it is as long as it became */
		assert_int_equal(VOLUME_DO(ext4_set_size(volume, o->inode, 0)), OK);
		resize(o, 0);
		return;
	}
	assert_int_equal(status, OK);
	if (o->size < offset + size)
		resize(o, offset + size);
	memcpy(o->bytes + offset, bytes, size);
}

/* The last page's rest is the caller's affair: so sizes are whole pages, or nothing follows. */
static void cut_file(void)
{
	unsigned at = any_object(false);
	size_t size = volume_random() % SIZE_MOST / 4096 * 4096;

	if (at == OBJECTS || objects[at].size % 4096 != 0)
		return;
	objects[at].touched = now;
	assert_int_equal(VOLUME_DO(ext4_set_size(volume, objects[at].inode, size)), OK);
	resize(&objects[at], size);
}

static void remove_name(void)
{
	unsigned at = any_name();
	const struct object *o;
	status_t status;

	if (at == NAMES)
		return;
	o = &objects[names[at].object];
	status = VOLUME_DO(
		ext4_remove(volume, objects[names[at].directory].inode, name_of(names[at].text)));
	if (o->is_directory && o->entries > 0) {
		assert_int_equal(status, ERR_NOT_EMPTY);
		return;
	}
	assert_int_equal(status, OK);
	drop_name(at);
}

static void link_name(void)
{
	unsigned at = any_object(false);
	unsigned directory = any_object(true);
	unsigned place = free_name();
	char text[40];
	status_t status;

	new_text(text, sizeof(text));
	if (at == OBJECTS || place == NAMES || is_taken(directory, text))
		return;
	objects[at].touched = now;
	status = VOLUME_DO(
		ext4_link(volume, objects[at].inode, objects[directory].inode, name_of(text)));
	if (status == ERR_NO_SPACE) /* for the directory */
		return;
	assert_int_equal(status, OK);
	put_name(place, directory, at, text);
}

/* Over another name sometimes. */
static void move_name(void)
{
	unsigned at = any_name();
	unsigned over = volume_random() % 3 == 0 ? any_name() : NAMES;
	unsigned directory = over < NAMES ? names[over].directory : any_object(true);
	struct known old;
	char text[40];
	status_t status;

	if (at == NAMES || at == over || free_name() == NAMES)
		return;
	old = names[at];
	new_text(text, sizeof(text));
	if (over < NAMES)
		memcpy(text, names[over].text, sizeof(text));
	else if (is_taken(directory, text))
		return;
	status = VOLUME_DO(ext4_rename(volume, objects[old.directory].inode, name_of(old.text),
		objects[directory].inode, name_of(text)));
	if (status == ERR_NO_SPACE && over == NAMES)
		return;
	if (status == ERR_INVALID_ARGUMENT) {
		assert_true(objects[old.object].is_directory && is_in(old.object, directory));
		return;
	}
	if (over < NAMES && names[over].object == old.object) {
		assert_int_equal(status, OK);
		return;
	}
	if (over < NAMES &&
		objects[names[over].object].is_directory != objects[old.object].is_directory) {
		assert_true(status == ERR_IS_DIRECTORY || status == ERR_NOT_DIRECTORY);
		return;
	}
	if (over < NAMES && objects[names[over].object].entries > 0) {
		assert_int_equal(status, ERR_NOT_EMPTY);
		return;
	}
	assert_int_equal(status, OK);
	objects[old.object].touched = now;
	if (over < NAMES)
		drop_name(over);
	put_name(free_name(), directory, old.object, text);
	drop_name(at);
}

void model_step(void)
{
	unsigned what = volume_random() % 16;

	now++;
	if (what < 3)
		create(what == 0);
	else if (what < 9)
		write_file();
	else if (what < 10)
		cut_file();
	else if (what < 12)
		remove_name();
	else if (what < 13)
		link_name();
	else
		move_name();
}

void model_sync(void)
{
	volume_sync();
	memcpy(lost, names, sizeof(lost));
	synced = now;
}

/* --- checking ----------------------------------------------------------------------------------
 */

static void check_bytes(const struct object *o)
{
	static uint8_t bytes[SIZE_MOST];
	struct ext4_attributes a;

	assert_int_equal(VOLUME_DO(ext4_attributes(volume, o->inode, &a)), OK);
	if (o->is_directory)
		return;
	assert_int_equal(a.size, o->size);
	assert_int_equal(a.links, o->names);
	assert_int_equal(volume_read(o->inode, 0, bytes, o->size), OK);
	if (o->size > 0)
		assert_memory_equal(bytes, o->bytes, o->size);
}

static unsigned count_entries(const struct object *o)
{
	struct ext4_entry entry;
	uint64_t cookie = 0;
	unsigned count = 0;

	while (VOLUME_DO(ext4_next(volume, o->inode, &cookie, &entry)) == OK)
		count++;
	return count;
}

void model_check(void)
{
	uint32_t inode;

	for (unsigned i = 0; i < NAMES; i++) {
		if (!names[i].is_used)
			continue;
		assert_int_equal(VOLUME_DO(ext4_lookup(volume, objects[names[i].directory].inode,
					 name_of(names[i].text), &inode)),
			OK);
		assert_int_equal(inode, objects[names[i].object].inode);
		check_bytes(&objects[names[i].object]);
	}
	for (unsigned i = 0; i < OBJECTS; i++) {
		if (objects[i].is_used && objects[i].is_directory) {
			unsigned extra = i == 0 ? 1 : 0; /* lost+found */

			assert_int_equal(count_entries(&objects[i]), objects[i].entries + extra);
		}
	}
}

static bool is_untouched(unsigned object)
{
	return objects[object].is_used && objects[object].touched <= synced;
}

void model_check_synced(void)
{
	uint32_t inode;

	for (unsigned i = 0; i < NAMES; i++) {
		const struct known *n = &names[i];

		if (!n->is_used || n->touched > synced || memcmp(n, &lost[i], sizeof(*n)) != 0 ||
			!is_untouched(n->object) || !is_untouched(n->directory))
			continue;
		assert_int_equal(VOLUME_DO(ext4_lookup(volume, objects[n->directory].inode,
					 name_of(n->text), &inode)),
			OK);
		assert_int_equal(inode, objects[n->object].inode);
		if (objects[n->object].names == 1)
			check_bytes(&objects[n->object]);
	}
}
