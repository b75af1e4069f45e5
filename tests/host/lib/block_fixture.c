// SPDX-License-Identifier: MIT OR Apache-2.0
/* See block_fixture.h. */
#include "block_fixture.h"

static struct process_start start_page;
_Alignas(4096) uint8_t shared[16][MEMORY_SHARED_UNIT];
unsigned signals[PROCESS_SERVICES];
struct block_request begun[256];
unsigned begun_count;
unsigned room; /* of each device */
bool ends_at_once;
unsigned pins;
struct block_client client;

/* --- what lib/block stands on -------------------------------------------------------------------
 */

const struct process_start *service_start(void)
{
	return &start_page;
}

status_t fake_sys_signal(handle_t notification)
{
	assert_true(notification < PROCESS_SERVICES);
	signals[notification]++;
	return OK;
}

status_t driver_share(uint64_t key, uint64_t service, void **memory, uint64_t *object)
{
	assert_int_equal(key, BLOCK_KEY + service);
	*memory = shared[service];
	*object = 1000 + service;
	return OK;
}

status_t driver_pin(uint64_t object, uint64_t *physical, uint64_t *size)
{
	if (object != OBJECT && object != OBJECT + 1)
		return ERR_NOT_FOUND;
	pins++;
	*physical = PHYSICAL + (object - OBJECT) * MEMORY_SHARED_UNIT;
	*size = MEMORY_SHARED_UNIT;
	return OK;
}

void driver_unpin(uint64_t object)
{
	assert_true(object == OBJECT || object == OBJECT + 1);
	assert_true(pins > 0);
	pins--;
}

/* A disk whose partition table cannot be read: it is a disk all the same. */
status_t driver_wait(unsigned nth, uint64_t deadline)
{
	(void)nth;
	(void)deadline;
	block_done(BLOCK_TOKEN_OWN, ERR_IO);
	return OK;
}

uint64_t time_now(void)
{
	return 0;
}

static void nothing_ended(unsigned nth)
{
	(void)nth;
}

static void kick(void)
{
}

static bool begin(const struct block_request *r)
{
	unsigned under_way = 0;

	if (r->token == BLOCK_TOKEN_OWN)
		return true;
	if (ends_at_once) {
		block_done(r->token, OK);
		return true;
	}
	for (unsigned i = 0; i < begun_count; i++) {
		assert_int_not_equal(begun[i].token, r->token);
		under_way += begun[i].disk == r->disk;
	}
	if (under_way >= room)
		return false;
	begun[begun_count++] = *r;
	return true;
}

const struct block_driver driver = {
	.name = "test", .begin = begin, .take_ends = nothing_ended, .kick = kick};

/* --- both sides ---------------------------------------------------------------------------------
 */

static void open_server(void)
{
	begun_count = 0;
	assert_true(block_open(&driver));
	for (uint32_t i = 0; i < 2; i++) {
		struct block_disk disk = {.number = i,
			.nth = i,
			.size = DISK_SIZE,
			.sector = 512,
			.is_read_only = i == 1};

		block_name_disk(disk.name, "xd", i);
		block_add_disk(&disk);
	}
	block_start();
}

void restart_server(void)
{
	(void)estate_host_reopen();
	open_server();
}

status_t ask_two(uint32_t number, uint32_t method, uint64_t word, uint64_t second)
{
	static uint8_t bytes[MESSAGE_BYTES];
	struct request request = {
		.badge = BADGE_SERVICE + number, .words = {word, second}, .bytes = bytes};
	status_t status = block_methods[method].handler(&request);

	estate_commit();
	return status;
}

status_t ask(uint32_t number, uint32_t method, uint64_t word)
{
	return ask_two(number, method, word, 0);
}

int make(void **state)
{
	(void)state;
	memset(shared, 0, sizeof(shared));
	memset(signals, 0, sizeof(signals));
	for (uint64_t i = 0; i < 16; i++)
		start_page.signals[i] = i;
	room = 256;
	ends_at_once = false;
	pins = 0;
	(void)estate_host_new(1u << 20);
	open_server();
	memset(signals, 0, sizeof(signals));
	assert_int_equal(ask(CLIENT, BLOCK_CONNECT, 0), OK);
	client = (struct block_client){.slots = (struct block_slot *)shared[CLIENT]};
	return 0;
}

struct block_slot write_of(uint64_t id)
{
	return (struct block_slot){
		.operation = BLOCK_OPERATION_WRITE,
		.id = id,
		.offset = 4096,
		.object = OBJECT,
		.object_offset = 512,
		.size = 1024,
	};
}

status_t result_of(struct block_slot request)
{
	struct block_end end;

	assert_true(block_client_begin(&client, &request));
	block_work();
	if (begun_count > 0)
		block_done(begun[--begun_count].token, OK);
	assert_true(block_client_end(&client, &end));
	assert_int_equal(end.id, request.id);
	assert_int_equal(end.unit, request.unit);
	return end.status;
}
