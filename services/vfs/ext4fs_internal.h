// SPDX-License-Identifier: MIT OR Apache-2.0
/* Private to ext4fs.c and ext4fs_page.c. */
#pragma once

#include "cache.h"
#include "ext4fs.h"

#include <ext4/ext4.h>

#define RELEASES_MOST  CACHE_OBJECTS
#define RELEASES_SPARE 64u /* for what one request closes */

/* In the estate: nodes that nobody keeps any more, of which ext4 has not heard yet. */
struct releases {
	uint32_t count;
	uint32_t nodes[RELEASES_MOST];
};

struct mounted {
	struct ext4 *fs;
	struct ext4_environment environment;
	struct releases *releases;
	uint8_t *memory;
	uint64_t unit;
	uint64_t object;
	uint32_t volume; /* UINT32_MAX: none */
};

extern struct mounted mounted[EXT4FS_MOST];

/* Pages of files on their way: ext4fs_page.c. At the start of an instance there are none. */
void ext4fs_pages_open(void);
[[nodiscard]] status_t ext4fs_page_begin(
	struct mounted *m, const struct page_transfer *transfer, bool is_write);
/* False: the id is none of a page's. */
bool ext4fs_page_io_done(struct mounted *m, uint64_t id, status_t status);
bool ext4fs_page_is_under_way(const struct mounted *m, uint64_t node);
bool ext4fs_pages_work(struct mounted *m);
