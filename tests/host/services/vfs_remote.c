// SPDX-License-Identifier: MIT OR Apache-2.0
/* See vfs_remote.h. */
#include "vfs_remote.h"

#include "estate_host.h"
#include "filesystem_host.h"
#include "remote_link.h"
#include "share.h"

#include <craton/service.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define ESTATE_BYTES 0x20000u

static struct filesystem_host *process;
static _Alignas(4096) uint8_t estate[ESTATE_BYTES];
static bool has_started;
static bool is_signalled;
static unsigned kills;
static uint64_t deadline;

bool remote_is_wanted(void)
{
	const char *placement = getenv("VFS_PLACEMENT");

	return placement != NULL && strcmp(placement, "process") == 0;
}

static void load(void)
{
	const char *path = getenv("VFS_FILESYSTEM");
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		fail_msg("VFS_FILESYSTEM: %s", dlerror());
	process = dlsym(library, FILESYSTEM_HOST_SYMBOL);
	assert_non_null(process);
	process->time_now = time_now;
}

void remote_host_kill(unsigned most)
{
	if (process != NULL)
		process->kill(most != 0 ? 1 + (unsigned long)rand() % most : 0);
}

unsigned remote_host_kills(void)
{
	return kills;
}

void remote_host_new(void)
{
	memset(estate, 0, sizeof(estate));
	has_started = false;
	is_signalled = false;
}

static void start_instance(void)
{
	status_t status;

	do {
		status = process->open(
			remote_channel(0), share_chunk_place(0), estate, sizeof(estate), false);
		kills += status == FILESYSTEM_DIED;
	} while (status == FILESYSTEM_DIED);
	deadline = 0;
}

uint8_t *remote_channel(unsigned index)
{
	void *unit;

	return share_unit(SHARE_REMOTE + index, 0, &unit) == OK ? unit : NULL;
}

status_t remote_start(unsigned index)
{
	assert_int_equal(index, 0);
	if (process == NULL)
		load();
	if (!has_started)
		start_instance();
	has_started = true;
	return OK;
}

static status_t perform(uint32_t method, uint64_t words[6])
{
	switch (method) {
	case FILESYSTEM_BEGIN:
		return process->begin(words);
	case FILESYSTEM_END:
		return process->end();
	default:
		return process->serve(method, words);
	}
}

/* A call that the process does not answer, as it is killed, comes to its next instance again. */
status_t remote_call(
	unsigned index, uint32_t method, uint32_t sequence, uint64_t patience_ns, uint64_t words[6])
{
	uint64_t sent[6];
	status_t status;

	(void)sequence;
	(void)patience_ns;
	assert_int_equal(index, 0);
	estate_host_may_die();
	for (;;) {
		memcpy(sent, words, sizeof(sent));
		status = perform(method, sent);
		if (status != FILESYSTEM_DIED)
			break;
		kills++;
		start_instance();
	}
	memcpy(words, sent, sizeof(sent));
	deadline = process->deadline();
	estate_host_may_die();
	return status;
}

void remote_signal(unsigned index)
{
	assert_int_equal(index, 0);
	is_signalled = true;
}

void remote_host_run(void)
{
	if (!has_started || (!is_signalled && time_now() < deadline))
		return;
	is_signalled = false;
	if (process->work() == FILESYSTEM_DIED) {
		kills++;
		start_instance();
	}
	(void)process->has_news();
	deadline = process->deadline();
}

uint64_t remote_bit(unsigned index)
{
	return 2u << index;
}
