// SPDX-License-Identifier: MIT OR Apache-2.0
/* The disk in memory over a memory service that is one page of C: its addresses are the driver's
 * own, mapped here. */
#include "contents.h"
#include "ramdisk.h"
#include "size.h"

#include <abi/protocol/memory.h>
#include <craton/client.h>
#include <sys/mman.h>
#include <unistd.h>

#include "estate_host.h"

#define GUEST      (MEMORY_SHARED_FIRST + 7u)
#define GUEST_SIZE (2u << 20)
#define OBJECTS    80u
#define BADGE      (BADGE_SERVICE + SERVICE_NUMBER_RAMDISK)

/* --- the memory service -------------------------------------------------------------------------
 */

static struct process_start start_page;
static int files[OBJECTS];       /* of objects; 0: it is not there */
static uint64_t keys[OBJECTS];   /* of those that the driver made */
static unsigned mapped[OBJECTS]; /* how often */
static uint64_t free_bytes;
static unsigned creates_left; /* before ERR_NO_MEMORY */
static unsigned added;
static status_t ended;

const struct process_start *service_start(void)
{
	return &start_page;
}

static uint32_t with_key(uint64_t key)
{
	uint32_t i = 8;

	while (i < OBJECTS && (files[i] == 0 || keys[i] != key))
		i++;
	return i;
}

static status_t create(uint64_t words[6])
{
	uint32_t i = with_key(words[0]);

	assert_int_equal(words[1], SIZE_STEP);
	assert_int_equal(words[2], 0);
	for (uint32_t j = 8; i == OBJECTS && j < OBJECTS; j++)
		i = files[j] == 0 ? j : i;
	assert_true(i < OBJECTS);
	if (files[i] == 0) {
		if (creates_left-- == 0)
			return ERR_NO_MEMORY;
		files[i] = memfd_create("step", 0);
		assert_int_equal(ftruncate(files[i], SIZE_STEP), 0);
		keys[i] = words[0];
	}
	words[0] = MEMORY_SHARED_FIRST + i;
	return OK;
}

static status_t map(const uint64_t words[6])
{
	uint64_t object = words[4] - MEMORY_SHARED_FIRST;

	assert_int_equal(words[0], BADGE);
	assert_int_equal(words[3], RIGHT_READ | RIGHT_WRITE);
	if (object >= OBJECTS || files[object] == 0)
		return ERR_NOT_FOUND;
	assert_ptr_equal(mmap((void *)words[1], words[2], PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_FIXED, files[object], 0),
		(void *)words[1]);
	mapped[object]++;
	return OK;
}

static status_t destroy(uint64_t key)
{
	uint32_t i = with_key(key);

	if (i < OBJECTS) {
		close(files[i]);
		files[i] = 0;
	}
	return OK;
}

status_t client_call(struct client *client, uint32_t method, struct call *call)
{
	(void)client;
	switch (method) {
	case MEMORY_STATISTICS:
		assert_true(call->words[0] == UINT64_MAX);
		call->words[0] = 1000;
		call->words[2] = 1000 + free_bytes;
		return OK;
	case MEMORY_SHARE_CREATE:
		return create(call->words);
	case MEMORY_MAP:
		return map(call->words);
	case MEMORY_UNMAP:
		assert_int_equal(munmap((void *)call->words[1], call->words[2]), 0);
		return OK;
	case MEMORY_SHARE_DESTROY:
		return destroy(call->words[0]);
	default:
		fail();
		return ERR_NOT_SUPPORTED;
	}
}

void block_add_disk(const struct block_disk *disk)
{
	assert_string_equal(disk->name, "ram0");
	added = (unsigned)(disk->size / SIZE_STEP);
}

void block_done(uint32_t token, status_t status)
{
	(void)token;
	ended = status;
}

/* --- help ---------------------------------------------------------------------------------------
 */

static int make(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		if (files[i] != 0)
			close(files[i]);
		files[i] = 0;
		mapped[i] = 0;
	}
	start_page.badge = BADGE;
	free_bytes = (uint64_t)64 << 20;
	creates_left = OBJECTS;
	added = 0;
	guest_forget(GUEST);
	files[7] = memfd_create("guest", 0);
	assert_int_equal(ftruncate(files[7], GUEST_SIZE), 0);
	(void)estate_host_new(1u << 20);
	return 0;
}

static status_t restart(const char *text)
{
	(void)estate_host_reopen();
	guest_forget(GUEST); /* its mapping went with the space */
	return ramdisk_open(text);
}

static uint32_t count_steps(void)
{
	uint32_t count = 0;

	for (uint32_t i = 8; i < OBJECTS; i++)
		count += files[i] != 0;
	return count;
}

#define PHYSICAL 0x12345000u /* of the client's object */

static status_t request(uint32_t operation, uint64_t offset, uint32_t size, uint64_t at)
{
	const struct block_request r = {
		.operation = operation,
		.size = size,
		.offset = offset,
		.object = GUEST,
		.object_physical = PHYSICAL,
		.object_size = GUEST_SIZE,
		.part_count = 2,
		.parts = {{PHYSICAL + at, size / 2}, {PHYSICAL + at + size / 2, size - size / 2}},
	};

	ended = ERR_AGAIN;
	assert_true(ramdisk_driver.begin(&r));
	return ended;
}

static void put(uint64_t at, const char *text)
{
	assert_int_equal(pwrite(files[7], text, 512, (off_t)at), 512);
}

static void expect(uint64_t at, const char *text)
{
	char got[512];

	assert_int_equal(pread(files[7], got, 512, (off_t)at), 512);
	assert_memory_equal(got, text, 512);
}

static const char ones[512] = {[0 ... 511] = '1'};
static const char twos[512] = {[0 ... 511] = '2'};
static const char zeros[512];

/* --- tests --------------------------------------------------------------------------------------
 */

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		status_t status;
		uint64_t size;
	} cases[] = {
		{"64M", OK, (uint64_t)64 << 20},
		{"1", OK, SIZE_STEP},
		{"2049K", OK, 2 * SIZE_STEP},
		{"134217728", OK, SIZE_MOST},
		{"128M", OK, SIZE_MOST},
		{"134217729", ERR_RANGE, 0},
		{"129M", ERR_RANGE, 0},
		{"1G", ERR_RANGE, 0},
		{"99999999999999999999999999", ERR_RANGE, 0},
		{"", ERR_INVALID_ARGUMENT, 0},
		{"0", ERR_INVALID_ARGUMENT, 0},
		{"0M", ERR_INVALID_ARGUMENT, 0},
		{"M", ERR_INVALID_ARGUMENT, 0},
		{"64MM", ERR_INVALID_ARGUMENT, 0},
		{"64T", ERR_INVALID_ARGUMENT, 0},
		{"0x10", ERR_INVALID_ARGUMENT, 0},
		{"-4M", ERR_INVALID_ARGUMENT, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t size = 0;

		assert_int_equal(size_parse(cases[i].text, &size), cases[i].status);
		assert_int_equal(size, cases[i].size);
	}
}

static void test_requests(void **state)
{
	(void)state;
	assert_int_equal(ramdisk_open("3M"), OK);
	assert_int_equal(added, 2);
	assert_int_equal(count_steps(), 2);
	put(4096, ones);
	put(8192, twos);
	/* Over the border of two steps. */
	assert_int_equal(request(BLOCK_OPERATION_WRITE, SIZE_STEP - 512, 512, 4096), OK);
	assert_int_equal(request(BLOCK_OPERATION_WRITE, SIZE_STEP, 512, 8192), OK);
	assert_int_equal(request(BLOCK_OPERATION_READ, SIZE_STEP - 512, 1024, 0), OK);
	expect(0, ones);
	expect(512, twos);
	assert_int_equal(request(BLOCK_OPERATION_DISCARD, SIZE_STEP - 512, 512, 0), OK);
	assert_int_equal(request(BLOCK_OPERATION_FLUSH, 0, 0, 0), OK);
	assert_int_equal(request(BLOCK_OPERATION_READ, SIZE_STEP - 512, 1024, 0), OK);
	expect(0, zeros);
	expect(512, twos);
	assert_int_equal(mapped[7], 1); /* and not for each request */
}

/* The number of an object that went is another's later. */
static void test_guest_goes(void **state)
{
	(void)state;
	assert_int_equal(ramdisk_open("2M"), OK);
	put(0, ones);
	assert_int_equal(request(BLOCK_OPERATION_WRITE, 0, 512, 0), OK);
	ramdisk_driver.forget(GUEST);
	close(files[7]);
	files[7] = 0;
	assert_int_equal(request(BLOCK_OPERATION_READ, 0, 512, 0), ERR_NOT_FOUND);
	files[7] = memfd_create("other", 0);
	assert_int_equal(ftruncate(files[7], GUEST_SIZE), 0);
	assert_int_equal(request(BLOCK_OPERATION_READ, 0, 512, 512), OK);
	expect(512, ones);
	ramdisk_driver.forget(GUEST + 1); /* it never was here */
	ramdisk_driver.forget(1);
	ramdisk_driver.forget(UINT64_MAX);
}

static void test_strange_objects(void **state)
{
	struct block_request r = {.operation = BLOCK_OPERATION_READ, .size = 512};
	static const uint64_t strange[] = {
		0, 1, MEMORY_SHARED_FIRST - 1, MEMORY_SHARED_FIRST + 4096, UINT64_MAX};

	(void)state;
	assert_int_equal(ramdisk_open("2M"), OK);
	r.object_size = GUEST_SIZE;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		r.object = strange[i];
		assert_true(ramdisk_driver.begin(&r));
		assert_int_equal(ended, ERR_RANGE);
	}
	r.object = GUEST;
	r.object_size = GUEST_SIZE + 1;
	assert_true(ramdisk_driver.begin(&r));
	assert_int_equal(ended, ERR_RANGE);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(ramdisk_open("34M"), ERR_QUOTA);
	assert_int_equal(request(BLOCK_OPERATION_READ, 0, 512, 0), ERR_IO);
	assert_int_equal(restart("nonsense"), ERR_INVALID_ARGUMENT);
	assert_int_equal(restart("129M"), ERR_RANGE);
	creates_left = 3;
	assert_int_equal(restart("8M"), ERR_NO_MEMORY);
	assert_int_equal(count_steps(), 0); /* all of it was given back */
	assert_int_equal(request(BLOCK_OPERATION_READ, 0, 512, 0), ERR_IO);
	assert_int_equal(added, 0);
	creates_left = OBJECTS;
	assert_int_equal(restart("32M"), OK);
	assert_int_equal(added, 16);
}

/* A new instance has the same disk, whatever the option or the free memory are then. */
static void test_restart(void **state)
{
	(void)state;
	assert_int_equal(ramdisk_open("32M"), OK);
	put(0, twos);
	assert_int_equal(request(BLOCK_OPERATION_WRITE, 5u << 20, 512, 0), OK);
	free_bytes = 0;
	creates_left = 0;
	added = 0;
	assert_int_equal(restart("2M"), OK);
	assert_int_equal(added, 16);
	put(0, zeros);
	assert_int_equal(request(BLOCK_OPERATION_READ, 5u << 20, 512, 0), OK);
	expect(0, twos);
}

/* Killed at each change of the estate while it is made, with just enough memory. */
static void test_kills(void **state)
{
	unsigned long kills = 0;
	bool is_done = false;

	while (!is_done) {
		jmp_buf place;

		make(state);
		estate_kill_after = kills++;
		if (setjmp(place) == 0) {
			estate_kill = &place;
			assert_int_equal(ramdisk_open("32M"), OK);
			is_done = true;
		} else {
			free_bytes -= (uint64_t)count_steps() * SIZE_STEP;
			estate_kill = nullptr;
			assert_int_equal(restart("32M"), OK);
		}
		estate_kill = nullptr;
		assert_int_equal(count_steps(), 16);
		assert_int_equal(added, 16);
	}
	assert_true(kills > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test_setup(test_requests, make),
		cmocka_unit_test_setup(test_guest_goes, make),
		cmocka_unit_test_setup(test_strange_objects, make),
		cmocka_unit_test_setup(test_refused, make),
		cmocka_unit_test_setup(test_restart, make),
		cmocka_unit_test(test_kills),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
