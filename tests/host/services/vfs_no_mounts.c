// SPDX-License-Identifier: MIT OR Apache-2.0
/* A VFS on a machine without disks: mounts.h for tests that are about something else. */
#include "drive.h"
#include "enginefs.h"
#include "mounts.h"

bool mounts_open(void)
{
	return true;
}

void mounts_resume(void)
{
}

status_t mounts_add(
	struct client *client, struct vfs_name at, struct vfs_bytes device, uint64_t flags)
{
	(void)client;
	(void)at;
	(void)device;
	(void)flags;
	return ERR_NOT_FOUND;
}

status_t mounts_remove(struct client *client, struct vfs_name at, uint64_t flags)
{
	(void)client;
	(void)at;
	(void)flags;
	return ERR_INVALID_ARGUMENT;
}

status_t mounts_remove_all(void)
{
	return OK;
}

void mounts_notified(uint64_t bits)
{
	(void)bits;
}

bool mounts_work(void)
{
	return false;
}

uint64_t mounts_deadline(void)
{
	return ABI_DEADLINE_NEVER;
}

void drive_look(void)
{
}

const struct block_unit *drive_next(uint64_t *number)
{
	(void)number;
	return nullptr;
}

void enginefs_signalled(uint64_t bits)
{
	(void)bits;
}
