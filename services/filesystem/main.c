// SPDX-License-Identifier: MIT OR Apache-2.0
/* A file system for one volume of the VFS, which lends it all memory that it works with. It reaches
 * nothing else: the VFS is the driver of its disk. */
#include "engines.h"
#include "volume.h"

#include <abi/protocol/memory.h>
#include <abi/syscall.h>
#include <craton/client.h>
#include <craton/estate.h>
#include <craton/print.h>
#include <craton/random.h>
#include <craton/service.h>

#define ESTATE_VERSION  1u
#define SESSIONS        4u
#define CHANNEL_ADDRESS 0x500000000u
#define MEMORY_ADDRESS  0x1000000000u /* nothing else lies behind it: see module/host.h */
#define READ_WRITE      (RIGHT_READ | RIGHT_WRITE)

/* --- memory of the VFS --------------------------------------------------------------------------
 */

static status_t ask_memory(uint32_t method, uint64_t words[6], handle_t send)
{
	static struct client memory;

	if (memory.page == nullptr)
		memory = client_of(SERVICE_NUMBER_MEMORY);
	return client_ask(&memory, method, words, send);
}

/* Its object for this volume, if it is there. */
static status_t map(uint64_t key, uint64_t address, uint64_t size)
{
	uint64_t number = service_start()->badge - BADGE_SERVICE - SERVICE_NUMBER_FILESYSTEM0;
	uint64_t find[6] = {SERVICE_NUMBER_VFS, key + number};
	status_t status = ask_memory(MEMORY_SHARE_FIND, find, 0);
	uint64_t words[6] = {service_start()->badge, address, size, READ_WRITE, find[0]};

	return status == OK ? ask_memory(MEMORY_MAP, words, 0) : status;
}

static void unmap(uint64_t address, uint64_t size)
{
	uint64_t words[6] = {service_start()->badge, address, size};

	(void)!ask_memory(MEMORY_UNMAP, words, 0);
}

static uint8_t *map_channel(void)
{
	return map(FILESYSTEM_CHANNEL_KEY, CHANNEL_ADDRESS, MEMORY_SHARED_UNIT) == OK
		       ? (uint8_t *)CHANNEL_ADDRESS
		       : nullptr;
}

static status_t map_memory(void)
{
	status_t status = map(FILESYSTEM_MEMORY_KEY, MEMORY_ADDRESS, VOLUME_MEMORY);

	if (status == OK)
		engines_begin((uint8_t *)MEMORY_ADDRESS, VOLUME_MEMORY);
	return status;
}

/* --- the service --------------------------------------------------------------------------------
 */

static void tell_news(void)
{
	if (volume_has_news())
		(void)!sys_signal(service_start()->signals[SERVICE_NUMBER_VFS]);
}

static status_t end(void)
{
	volume_end();
	unmap(MEMORY_ADDRESS, VOLUME_MEMORY);
	return OK;
}

/* The memory may be another one than before. */
static status_t begin(const uint64_t words[6])
{
	uint8_t *channel = map_channel();
	status_t status;

	(void)!end();
	if (channel == nullptr)
		return ERR_NOT_FOUND;
	volume_connect(channel);
	status = map_memory();
	return status == OK ? volume_begin(words[0], words[1], words[2] != 0) : status;
}

static status_t serve(struct request *request)
{
	status_t status;

	if (request->method == FILESYSTEM_BEGIN)
		return begin(request->words);
	if (request->method == FILESYSTEM_END)
		return end();
	status = volume_serve(request->method, request->words);
	tell_news();
	return status;
}

#define SERVED(name, number, class, arguments, results) [number] = {serve, RESTART_REPLAY},

static const struct service_method methods[] = {FILESYSTEM_METHOD_LIST(SERVED)};

static void notified(uint64_t bits)
{
	(void)bits;
	volume_work();
	tell_news();
}

void program_main(const void *argument)
{
	const struct process_start *start = argument;
	void *estate = (void *)PROCESS_ESTATE_ADDRESS;
	uint64_t adopt[6] = {0};
	uint8_t *channel;
	status_t status;

	debug_print_init(start->handles[PROCESS_SLOT_PLATFORM]);
	random_init(start);
	if (ask_memory(MEMORY_ADOPT, adopt, start->handles[PROCESS_SLOT_SPACE]) != OK)
		runtime_abort("no memory to share");
	channel = map_channel();
	status = map_memory();
	if (status == ERR_NOT_FOUND)
		memset(estate, 0, sizeof(uint64_t)); /* the volume has gone */
	else if (status != OK)
		runtime_abort("the volume's memory cannot be mapped");
	estate_open(estate, start->estate_size, ESTATE_VERSION);
	if (!volume_open(channel, (uint8_t *)MEMORY_ADDRESS, start->after_failure != 0))
		runtime_abort("the estate is too small");
	volume_work();
	tell_news();
	service_run(&(struct service){
		.start = start,
		.methods = methods,
		.method_count = sizeof(methods) / sizeof(methods[0]),
		.session_count = SESSIONS,
		.notified = notified,
		.deadline = volume_deadline,
		.expired = notified,
	});
}
