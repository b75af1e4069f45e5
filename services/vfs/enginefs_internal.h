// SPDX-License-Identifier: MIT OR Apache-2.0
/* Private to enginefs.c and enginefs_page.c. */
#pragma once

#include "cache.h"
#include "enginefs.h"

#define RELEASES_MOST  CACHE_OBJECTS
#define RELEASES_SPARE 64u /* for what one request closes */

/* In the estate: nodes that nobody keeps any more, of which the engine has not heard yet. */
struct releases {
	uint64_t count;
	uint64_t nodes[RELEASES_MOST];
};

struct mounted {
	const struct file_engine *engine;
	void *fs; /* its state, in the memory */
	struct engine_environment environment;
	struct releases *releases;
	uint8_t *memory;
	uint64_t unit;
	uint64_t object;
	uint32_t volume;      /* UINT32_MAX: none */
	uint64_t tidy_cursor; /* of the engine's tidy(), which goes round and round */
};

extern struct mounted mounted[ENGINEFS_MOST];

[[nodiscard]] status_t enginefs_attributes(
	const struct mounted *m, uint64_t node, struct file_attributes *attributes);

/* For enginefs_page.c: contents were written. */
void enginefs_changed(const struct mounted *m, uint64_t node);

/* enginefs_page.c: begins with pages (page_io.h), of which the mounted volume is the owner. */
[[nodiscard]] status_t enginefs_page_begin(struct mounted *m, const struct page_run *run);
