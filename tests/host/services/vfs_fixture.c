// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_fixture.h. */
#include "vfs_fixture.h"

#include "share_host.h"
#include "wall_time.h"

#include <craton/print.h>
#include <craton/service.h>
#include <hash/blake2b.h>
#include <string.h>

#define PAGE        4096u
#define ESTATE_SIZE (4u << 20)

/* In the order of their names. */
static const char *const files[][2] = {
	{"app/sub/deep/leaf", "leaf"},
	{"bin-x", "between bin and bin/"},
	{"bin/cat", "program cat"},
	{"bin/ls", "program ls"},
	{"kernel", "the kernel"},
	{"share/text/LICENSE", "text of the licence"},
	{"tmp", "hidden by the volume of this name"},
};

#define FILES (sizeof(files) / sizeof(files[0]))

static uint8_t bundle[(FILES + 1) * PAGE] __attribute__((aligned(PAGE)));
static uint64_t now;
static uint64_t monotonic;

void (*fixture_mount)(void);

uint64_t wall_time(void)
{
	return ++now;
}

uint64_t time_now(void)
{
	return ++monotonic;
}

void fixture_pass_time(uint64_t nanoseconds)
{
	monotonic += nanoseconds;
}

bool wall_time_open(void)
{
	return true;
}

void debug_print(const char *format, ...)
{
	(void)format;
}

static void make_bundle(void)
{
	struct bundle_header *header = (struct bundle_header *)bundle;
	struct bundle_entry *entries = (struct bundle_entry *)(header + 1);

	memset(bundle, 0, sizeof(bundle));
	for (size_t i = 0; i < FILES; i++) {
		struct bundle_entry *e = &entries[i];

		e->offset = (i + 1) * PAGE;
		e->size = strlen(files[i][1]);
		memcpy(e->name, files[i][0], strlen(files[i][0]));
		memcpy(bundle + e->offset, files[i][1], e->size);
		blake2b(files[i][1], e->size, e->hash);
	}
	*header = (struct bundle_header){
		.magic = BUNDLE_MAGIC,
		.version = BUNDLE_VERSION,
		.count = FILES,
		.size = sizeof(bundle),
		.abi_hash = ABI_HASH,
	};
	blake2b(entries, FILES * sizeof(*entries), header->entries_hash);
}

static void start(void)
{
	static const struct vfs_sizes sizes = {FIXTURE_DESCRIPTIONS, FIXTURE_CLIENTS, FIXTURE_PIPES,
		FIXTURE_NODES, FIXTURE_BLOCKS, FIXTURE_LOCKS};

	assert_true(vfs_start(&sizes, bundle, sizeof(bundle)));
	if (fixture_mount != nullptr)
		fixture_mount();
	cache_resume();
	estate_commit();
}

void fixture_new(void)
{
	make_bundle();
	share_host_new();
	estate_host_new(ESTATE_SIZE);
	start();
}

void fixture_restart(void)
{
	assert_true(estate_host_reopen());
	start();
}

uint8_t *fixture_bundle(void)
{
	return bundle;
}

uint64_t fixture_bundle_size(void)
{
	return sizeof(bundle);
}
