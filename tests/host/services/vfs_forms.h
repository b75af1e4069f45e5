// SPDX-License-Identifier: MIT OR Apache-2.0
/* Short forms of the VFS's operations for tests: a client `me` that commits after each operation.
 * A form that returns no status fails the test if the operation does. */
#pragma once

#include "vfs_fixture.h"

#define READ      OPEN_FLAG_READ
#define WRITE     OPEN_FLAG_WRITE
#define CREATE    OPEN_FLAG_CREATE
#define DIRECTORY OPEN_FLAG_DIRECTORY

#define TEST(name) cmocka_unit_test_setup(name, forms_setup)

extern struct client *me;

/* A new VFS and a new client. */
int forms_setup(void **state);

status_t open_status(uint64_t directory, const char *path, uint64_t flags, uint64_t *id);
uint64_t open_ok(uint64_t directory, const char *path, uint64_t flags);
void assert_open(const char *path, uint64_t flags, status_t expected);
void close_ok(uint64_t id);
void write_ok(uint64_t id, const char *text);
void assert_reads(uint64_t id, const char *expected);
void make_file(const char *path, const char *text);
void assert_file(const char *path, const char *text);
status_t make_directory(const char *path);
status_t link_to(const char *target, const char *path);
status_t link_file(const char *from, const char *to, bool follow);
status_t remove_file(const char *path);
status_t remove_directory(const char *path);
status_t move(const char *from, const char *to);
uint64_t type_of(const char *path, bool follow);
/* The names of a directory, each with a blank behind, as few at a time as `room` allows. */
void list(const char *path, size_t room, char *names);
void assert_list(const char *path, const char *expected);
