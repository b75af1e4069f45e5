// SPDX-License-Identifier: MIT OR Apache-2.0
/* The state of a volume, private to the file system. Nothing is changed but what is in memory. */
#pragma once

#include "format.h"

#include <craton/estate.h>
#include <craton/file_engine.h>

#define BUFFERS 128u
#define WANTED  8u

enum sector_state : uint8_t { SECTOR_EMPTY, SECTOR_READING, SECTOR_VALID, SECTOR_FAILED };

struct sector_buffer {
	uint64_t sector;
	uint32_t reads; /* tells ends of old reads from that of this one */
	enum sector_state state;
	bool was_used; /* in no transaction */
	bool was_told; /* that it could not be read: somebody; the same */
};

/* Where a search in a directory was when a sector was missing; in no transaction. */
#define SEARCHES 4u

struct search {
	uint64_t directory;
	uint64_t key; /* of the name */
	uint64_t at;
};

enum names : uint8_t { NAMES_PLAIN, NAMES_JOLIET, NAMES_ROCK_RIDGE };

struct iso {
	const struct engine_environment *environment; /* of this instance */
	uint64_t volume_size;
	char trouble[96];
	uint8_t *bytes;
	bool is_mounted;
	enum names names;
	uint8_t skip; /* bytes before the first extension of a record */
	uint32_t block_size;
	uint32_t block_shift;
	uint64_t blocks;
	uint32_t root_block;
	uint32_t root_bytes;
	uint32_t hand;
	uint32_t wanted_count;
	uint64_t wanted[WANTED];
	uint32_t oldest_search;
	struct search searches[SEARCHES];
	struct sector_buffer buffers[BUFFERS];
};

#define NODE_DIRECTORY ((uint64_t)1 << 62)

void iso_note_trouble(struct iso *fs, const char *what, uint64_t number);
[[nodiscard]] status_t iso_corrupt(struct iso *fs, const char *what, uint64_t where);

/* --- sectors.c ---------------------------------------------------------------------------------
 */

/* The bytes of a sector of 2 KiB. FILE_LATER, ERR_IO, ERR_CORRUPT. */
[[nodiscard]] status_t sector_get(struct iso *fs, uint64_t sector, const uint8_t **bytes);

/* These commit. */
void sectors_work(struct iso *fs);
void sectors_resume(struct iso *fs);
void sector_io_done(struct iso *fs, uint64_t id, status_t status);
bool sectors_are_quiet(const struct iso *fs);
