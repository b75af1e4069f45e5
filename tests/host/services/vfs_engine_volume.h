// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files on a volume that others' tools made, through the VFS's requests, over a disk that ends its
 * requests in any order; beside a model of what they are. The VFS, and the engine's process, are
 * killed at any saved change. VFS_SEED: begins elsewhere; VFS_PLACEMENT=process: the engine is in a
 * process of its own. */
#pragma once

#include "vfs_callers.h"
#include "vfs_disk.h"

#define FILES     24u
#define FILE_MOST 60000u
#define FORMS     12u
#define FLAGS     (OPEN_FLAG_READ | OPEN_FLAG_WRITE | OPEN_FLAG_CREATE)

/* --- the disk -----------------------------------------------------------------------------------
 */

struct form {
	const char *make;  /* a command; %s: the file */
	const char *check; /* another; silent if all is well */
	unsigned mebibytes;
	unsigned sector; /* what the device writes as a whole */
};

extern const struct form forms[FORMS];
extern const struct form disc;         /* for reading only */
extern const struct form part_written; /* another system wrote only the first bytes of its files */
extern const struct form *form;        /* of the disk */
extern char path[64];                  /* of files that are made for it */

/* A command, in which %s is `path`. */
void shell(const char *format);
void make_disk(const struct form *wanted);
void check_disk(void);

/* --- calls --------------------------------------------------------------------------------------
 */

extern struct caller *const c;
extern unsigned kill_most; /* after so many saved changes, at most; 0: nobody is killed */
extern unsigned kills;     /* of the VFS */

/* Another machine, without a past, with the same disk. */
void begin_machine(void);
void drive(void);
/* Until it is answered; whoever is killed meanwhile goes on. */
status_t ask(uint32_t method, const uint64_t words[6], const void *bytes, size_t size);
status_t open_name(const char *name, uint64_t flags, uint64_t *id);
void close_id(uint64_t id);
status_t mount_disk(void);
status_t mount_disk_for_reading(void);
status_t unmount_disk(void);

/* --- files and their model ----------------------------------------------------------------------
 */

struct file {
	bool exists;
	uint64_t size;
	uint32_t access[3]; /* mode, owner, group */
	uint8_t bytes[FILE_MOST];
};

extern struct file files[FILES];
extern struct file lasting[FILES];
extern bool is_touched[FILES]; /* since the last sync */

const char *name_of(unsigned i);
void write_some(unsigned i);
void check_file(unsigned i, const struct file *f);
/* Any operation. */
void step(void);
/* The file that stays open does not any more. */
void let_go(void);

/* A new volume of this form, mounted, without files; the disc, with its own. */
void begin(unsigned seed, const struct form *wanted_form);
void begin_disc(void);
/* All is as the model says, also for others' tools, and after another mount. Not mounted. */
void end(void);
