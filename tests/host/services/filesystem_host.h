// SPDX-License-Identifier: MIT OR Apache-2.0
/* A file system's process on the host: a library of its own (it has another estate than the VFS),
 * loaded by vfs_remote.c. It is killed at any saved change. */
#pragma once

#include <abi/protocol/filesystem.h>
#include <craton/runtime.h>

/* It was killed in the middle. */
#define FILESYSTEM_DIED ((status_t)99)

struct filesystem_host {
	/* A new instance. */
	status_t (*open)(uint8_t *channel, uint8_t *memory, uint8_t *estate, size_t size,
		bool after_failure);
	status_t (*begin)(const uint64_t words[6]);
	status_t (*end)(void);
	status_t (*serve)(uint32_t method, uint64_t words[6]);
	status_t (*work)(void);
	bool (*has_news)(void);
	uint64_t (*deadline)(void);
	/* It dies at the n-th change from now on; 0: never. */
	void (*kill)(unsigned long after);
	uint64_t (*time_now)(void); /* set by who loads it */
};

/* The library's only symbol. */
#define FILESYSTEM_HOST_SYMBOL "filesystem_host"
