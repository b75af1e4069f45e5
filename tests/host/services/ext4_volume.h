// SPDX-License-Identifier: MIT OR Apache-2.0
/* A volume that mkfs.ext4 made, on a device in memory, and operations on it that wait for the
 * device. Checked by e2fsck. */
#pragma once

#include "ext4_disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

extern struct ext4 *volume;

unsigned volume_random(void);
void volume_seed(unsigned seed);

/* `options`: for mkfs.ext4; kibibytes. Loaded, not mounted. */
void volume_make(const char *options, unsigned kibibytes);
/* Forgets the instance and its estate; opens the device anew. */
void volume_open(bool read_only);
/* The instance was killed: a new one goes on with its estate. */
void volume_restart(void);
void volume_mount(void);
void volume_unmount(void);
/* What is on the device is clean for e2fsck -fn. */
void volume_check(void);
/* Runs a command of debugfs on the device, or any command in which %s is a file with its contents.
 */
void volume_shell(const char *format);

/* Lets the device end something, or time pass. */
void volume_turn(void);
/* More turns than this fail the test: something goes on for ever. */
void volume_limit_turns(unsigned turns);

/* The instance is killed from now on after so many saved changes at most (0: not any more). Memory
 * of the device's requests stays. */
void volume_set_kills(unsigned after);
unsigned volume_kills(void);

/* For VOLUME_DO: where a kill goes to; what an operation notes in its transaction. */
extern jmp_buf volume_killed;
void volume_begin(void);
void volume_end(status_t status);
/* A new instance. OK: the operation was committed before; FILE_LATER: it has to be done again. */
status_t volume_revive(void);

/* Does an operation until it is not told to try later; whoever is killed meanwhile does it again if
 * it was not committed. */
#define VOLUME_DO(call)                                          \
	({                                                       \
		volatile status_t volume_status = FILE_LATER;    \
		volume_begin();                                  \
		while (volume_status == FILE_LATER) {            \
			if (setjmp(volume_killed) != 0) {        \
				volume_status = volume_revive(); \
				continue;                        \
			}                                        \
			volume_status = (call);                  \
			volume_end(volume_status);               \
			if (volume_status == FILE_LATER)         \
				volume_turn();                   \
		}                                                \
		volume_disarm();                                 \
		volume_status;                                   \
	})
void volume_disarm(void);

void volume_sync(void);
status_t volume_write(uint32_t inode, uint64_t offset, const void *bytes, size_t size);
status_t volume_read(uint32_t inode, uint64_t offset, void *bytes, size_t size);

static inline struct name name_of(const char *text)
{
	return (struct name){text, strlen(text)};
}

/* By a path from the root, without symbolic links. */
status_t volume_find(const char *path, uint32_t *inode);
