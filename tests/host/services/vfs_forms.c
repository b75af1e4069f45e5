// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_forms.h. */
#include "vfs_forms.h"

#include <stdio.h>
#include <string.h>

struct client *me;

int forms_setup(void **state)
{
	(void)state;
	fixture_new();
	me = client_find(1);
	estate_commit();
	return 0;
}

status_t open_status(uint64_t directory, const char *path, uint64_t flags, uint64_t *id)
{
	struct vfs_opened opened = {0};
	status_t status = vfs_open(me, directory, flags, text_bytes(path), &opened);

	*id = opened.id;
	estate_commit();
	return status;
}

uint64_t open_ok(uint64_t directory, const char *path, uint64_t flags)
{
	uint64_t id;

	assert_int_equal(open_status(directory, path, flags, &id), OK);
	return id;
}

void assert_open(const char *path, uint64_t flags, status_t expected)
{
	uint64_t id;

	assert_int_equal(open_status(0, path, flags, &id), expected);
}

void close_ok(uint64_t id)
{
	assert_int_equal(client_close(me, id), OK);
	estate_commit();
}

void write_ok(uint64_t id, const char *text)
{
	size_t done;

	assert_int_equal(vfs_write(me, id, text_bytes(text), &done), OK);
	assert_int_equal(done, strlen(text));
	estate_commit();
}

void assert_reads(uint64_t id, const char *expected)
{
	char text[MESSAGE_BYTES + 1];
	size_t done;

	assert_int_equal(vfs_read(me, id, text, MESSAGE_BYTES, &done), OK);
	text[done] = 0;
	assert_string_equal(text, expected);
	estate_commit();
}

void make_file(const char *path, const char *text)
{
	uint64_t id = open_ok(0, path, WRITE | CREATE);

	write_ok(id, text);
	close_ok(id);
}

void assert_file(const char *path, const char *text)
{
	uint64_t id = open_ok(0, path, READ);

	assert_reads(id, text);
	close_ok(id);
}

status_t make_directory(const char *path)
{
	status_t status = vfs_mkdir(me, 0, text_bytes(path));

	estate_commit();
	return status;
}

status_t link_to(const char *target, const char *path)
{
	status_t status = vfs_symlink(me, 0, text_bytes(target), text_bytes(path));

	estate_commit();
	return status;
}

status_t link_file(const char *from, const char *to, bool follow)
{
	struct vfs_name old = {.path = text_bytes(from)};
	struct vfs_name new = {.path = text_bytes(to)};
	status_t status = vfs_link(me, &old, follow, &new);

	estate_commit();
	return status;
}

status_t remove_file(const char *path)
{
	status_t status = vfs_unlink(me, 0, false, text_bytes(path));

	estate_commit();
	return status;
}

status_t remove_directory(const char *path)
{
	status_t status = vfs_unlink(me, 0, true, text_bytes(path));

	estate_commit();
	return status;
}

status_t move(const char *from, const char *to)
{
	status_t status = vfs_rename(me, 0, text_bytes(from), 0, text_bytes(to));

	estate_commit();
	return status;
}

uint64_t type_of(const char *path, bool follow)
{
	struct file_attributes a;
	status_t status = vfs_stat_path(me, 0, follow, text_bytes(path), &a);

	return status == OK ? a.type : (uint64_t)status;
}

void list(const char *path, size_t room, char *names)
{
	uint64_t id = open_ok(0, path, READ | DIRECTORY);
	uint8_t buffer[MESSAGE_BYTES];
	uint64_t cookie = 0;
	size_t size;

	*names = 0;
	for (;;) {
		assert_int_equal(vfs_readdir(me, id, cookie, buffer, room, &size), OK);
		if (size == 0)
			break;
		for (size_t at = 0; at < size;) {
			struct directory_entry e;

			memcpy(&e, buffer + at, sizeof(e));
			names += sprintf(names, "%.*s ", (int)e.name_size,
				(const char *)buffer + at + sizeof(e));
			cookie = e.next_cookie;
			at += (sizeof(e) + e.name_size + 7) / 8 * 8;
		}
	}
	close_ok(id);
}

void assert_list(const char *path, const char *expected)
{
	char names[4096];

	list(path, MESSAGE_BYTES, names);
	assert_string_equal(names, expected);
	list(path, sizeof(struct directory_entry) + 16, names);
	assert_string_equal(names, expected);
}
