// SPDX-License-Identifier: MIT OR Apache-2.0
/* See filesystem_host.h. The estate's source is included, so that its functions can be wrapped. */
#include "filesystem_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void estate_save_really(const void *part, size_t size);
void estate_commit_really(void);
void estate_outer_end_really(bool is_kept);

#define estate_save      estate_save_really
#define estate_commit    estate_commit_really
#define estate_outer_end estate_outer_end_really
#include "../../../lib/estate/estate.c"
#undef estate_save
#undef estate_commit
#undef estate_outer_end
#undef ESTATE_SET

#include "../../../services/filesystem/engines.h"
#include "../../../services/filesystem/volume.h"

#include <craton/print.h>
#include <craton/random.h>
#include <craton/service.h>

void estate_save(const void *part, size_t size);
void estate_commit(void);
void estate_outer_end(bool is_kept);

extern struct filesystem_host filesystem_host;

static jmp_buf death;
static unsigned long kill_after;
static uint8_t *lent;

static void maybe_die(void)
{
	if (kill_after != 0 && --kill_after == 0)
		longjmp(death, 1);
}

void estate_save(const void *part, size_t size)
{
	maybe_die();
	estate_save_really(part, size);
}

void estate_commit(void)
{
	maybe_die();
	estate_commit_really();
	maybe_die();
}

void estate_outer_end(bool is_kept)
{
	maybe_die();
	estate_outer_end_really(is_kept);
	maybe_die();
}

void runtime_abort(const char *reason)
{
	(void)fprintf(stderr, "file system: %s\n", reason);
	abort();
}

void debug_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vfprintf(stderr, format, arguments);
	va_end(arguments);
}

uint64_t time_now(void)
{
	return filesystem_host.time_now();
}

void random_fill(void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)bytes)[i] = (uint8_t)rand();
}

static status_t open_instance(
	uint8_t *channel, uint8_t *memory, uint8_t *estate_memory, size_t size, bool after_failure)
{
	if (setjmp(death) != 0)
		return FILESYSTEM_DIED;
	lent = memory;
	engines_begin(lent, VOLUME_MEMORY);
	estate_open(estate_memory, size, 1);
	if (!volume_open(channel, memory, after_failure))
		abort();
	volume_work();
	return OK;
}

static status_t begin(const uint64_t words[6])
{
	if (setjmp(death) != 0)
		return FILESYSTEM_DIED;
	engines_begin(lent, VOLUME_MEMORY); /* it may be other memory than before */
	return volume_begin(words[0], words[1], words[2] != 0);
}

static status_t end(void)
{
	if (setjmp(death) != 0)
		return FILESYSTEM_DIED;
	volume_end();
	return OK;
}

static status_t serve(uint32_t method, uint64_t words[6])
{
	status_t status;

	if (setjmp(death) != 0)
		return FILESYSTEM_DIED;
	status = volume_serve(method, words);
	estate_commit(); /* as the loop of a service does */
	return status;
}

static status_t work(void)
{
	if (setjmp(death) != 0)
		return FILESYSTEM_DIED;
	volume_work();
	return OK;
}

static void set_kill(unsigned long after)
{
	kill_after = after;
}

__attribute__((visibility("default"))) struct filesystem_host filesystem_host = {
	.open = open_instance,
	.begin = begin,
	.end = end,
	.serve = serve,
	.work = work,
	.has_news = volume_has_news,
	.deadline = volume_deadline,
	.kill = set_kill,
};
