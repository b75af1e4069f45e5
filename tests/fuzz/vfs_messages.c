// SPDX-License-Identifier: MIT OR Apache-2.0
/* Requests to the VFS as hostile programs would send them, now and then with a kill in between:
 * each is answered with a status, and what the VFS shares may hold anything. */
#include "../host/services/share_host.h"
#include "../host/services/vfs_fixture.h"

#include <stdlib.h>

[[noreturn]] void vfs_program_main(const void *argument);
#define program_main vfs_program_main
#include "../../services/vfs/main.c"
#undef program_main

#define METHODS (sizeof(methods) / sizeof(methods[0]))
#define ARENA   0x400000000000u
#define HEAD    10u /* bytes of a request before its words */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct waiting table[WAITING_MOST];

status_t share_open(void)
{
	return OK;
}

void debug_print_init(handle_t platform)
{
	(void)platform;
}

void service_run(const struct service *service)
{
	(void)service;
	abort();
}

/* Nothing waits: there is no volume whose files are cached. */
status_t service_park(const struct request *request, struct parked *parked)
{
	(void)request;
	(void)parked;
	abort();
}

void service_complete(struct parked *parked, status_t status, const uint64_t words[6],
	const void *bytes, size_t size)
{
	(void)parked;
	(void)status;
	(void)words;
	(void)bytes;
	(void)size;
	abort();
}

void service_forget(struct parked *parked)
{
	(void)parked;
	abort();
}

void service_session_end(uint64_t badge)
{
	(void)badge;
}

/* Small numbers mostly: they name things that there are. */
static uint64_t word_of(uint8_t byte)
{
	static const uint64_t odd[] = {UINT64_MAX, UINT64_MAX - 4095, (uint64_t)1 << 63, ARENA,
		ARENA + MEMORY_SHARED_UNIT, MEMORY_SHARED_UNIT, 4096, 464};

	return byte < 248 ? byte : odd[byte - 248];
}

static size_t send(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"/tmp/a", "/tmp/d", "/tmp/d/b", "/bin/cat", "tmp/../x"};
	uint8_t bytes[MESSAGE_BYTES] = {0};
	struct request request = {
		.badge = data[1] % 4, .method = data[0] % METHODS, .bytes = bytes};
	const char *path = paths[data[2] % 5];
	size_t used = HEAD;
	status_t status;

	for (unsigned i = 0; i < 6; i++)
		request.words[i] = word_of(data[4 + i]);
	request.size = strlen(path);
	memcpy(bytes, path, request.size);
	if (data[2] >= 128) { /* bytes of its own */
		request.size = data[3] < size - used ? data[3] : size - used;
		memcpy(bytes, data + used, request.size);
		used += request.size;
	}
	if (data[3] % 8 == 7)
		request.words[data[3] / 8 % 6] = request.size;
	if (methods[request.method].handler == nullptr)
		return used;
	status = methods[request.method].handler(&request);
	if (status > 0 || request.reply_size > MESSAGE_BYTES)
		abort();
	estate_commit();
	return used;
}

/* A program writes what it likes into what it was lent. */
static void scribble(const uint8_t *data)
{
	uint64_t place = data[2] % 8;
	uint8_t *unit = share_host_lent(data[1] % 4, ARENA + place * MEMORY_SHARED_UNIT);

	if (unit != nullptr && place != 1) /* the sheet is read-only */
		memset(unit, data[3], data[4] * 100u + 200u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	later_init(perform, nullptr, table);
	fixture_new();
	while (size >= HEAD) {
		size_t used = HEAD;

		if (data[0] == 255)
			fixture_restart();
		else if (data[0] == 254)
			scribble(data);
		else
			used = send(data, size);
		data += used;
		size -= used;
	}
	return 0;
}
