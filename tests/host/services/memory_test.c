// SPDX-License-Identifier: MIT OR Apache-2.0
/* What programs see of their memory, what it costs them, and limits. */
#include "memory_fixture.h"

#include <stdlib.h>
#include <string.h>

/* --- anonymous memory ------------------------------------------------------------------------ */

static void test_pages_come_when_touched(void **state)
{
	uint64_t total; /* in chunks or not yet */

	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(make(2, QUOTA), OK);
	assert_int_equal(map(1, BASE, 7, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(map(2, BASE, 7, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(used_by(1), 0);
	assert_null(kernel_byte(slot_of_space(1), BASE, RIGHT_READ));
	assert_int_equal(*touch(1, BASE, true), 0);
	total = total_of_all(); /* the first page came with tables */
	*touch(1, BASE, true) = 1;
	*touch(2, BASE, true) = 2;
	assert_int_equal(*touch(1, BASE, false), 1);
	assert_int_equal(used_by(1), PAGE);
	(void)touch(1, BASE + PAGE, true); /* and what follows */
	assert_int_equal(used_by(1), 5 * PAGE);
	assert_int_equal(total_of_all(), total);
	assert_true(total > used_of_all());
}

/* Where a unit fits it comes at once, with one mapping, until a part of it is changed. */
static void test_units(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(map(1, BASE + PAGE, 26, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_non_null(touch(1, BASE + PAGE, true)); /* the region begins in the first one */
	assert_int_equal(used_by(1), PAGE);
	for (uint64_t i = 8; i < 16; i++)
		*touch(1, BASE + i * PAGE, true) = (uint8_t)i;
	assert_int_equal(used_by(1), PAGE + UNIT_SIZE);
	assert_int_equal(space_find(1)->mapping_count, 2);
	assert_non_null(touch(1, BASE + 16 * PAGE, true));
	assert_int_equal(space_find(1)->mapping_count, 3);
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE + 8 * PAGE, 16 * PAGE, RIGHT_READ), OK);
	assert_int_equal(space_find(1)->mapping_count, 3); /* whole ones */
	assert_null(touch(1, BASE + 15 * PAGE, true));
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE + 10 * PAGE, PAGE, RW), OK);
	assert_int_equal(space_find(1)->mapping_count, 10);
	assert_int_equal(ASK(1, MEMORY_UNMAP, 0, BASE + 12 * PAGE, 10 * PAGE), OK);
	assert_int_equal(used_by(1), PAGE + 4 * PAGE + 2 * PAGE);
	for (uint64_t i = 8; i < 12; i++)
		assert_int_equal(*touch(1, BASE + i * PAGE, i == 10), i);
	assert_null(touch(1, BASE + 12 * PAGE, false));
	assert_non_null(touch(1, BASE + 22 * PAGE, false));
	assert_int_equal(ASK(1, MEMORY_UNMAP, 0, BASE + PAGE, 26 * PAGE), OK);
	assert_int_equal(used_by(1), 0);
	assert_int_equal(kernel_mappings(), 0);
}

static void test_units_and_quota(void **state)
{
	(void)state;
	assert_int_equal(make(1, 80 * PAGE), OK);
	assert_int_equal(map(1, BASE, 200, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	for (uint64_t i = 0; i < 80; i++)
		assert_non_null(touch(1, BASE + i * PAGE, true));
	assert_int_equal(used_by(1), 80 * PAGE); /* near its limit a program gets what it touches */
	assert_int_equal(fault(1, BASE + 80 * PAGE, ACCESS_WRITE_BIT), FAULT_REPLY_STOP);
}

static void test_what_is_freed_is_cleared(void **state)
{
	uint64_t before;

	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	before = used_of_all();
	assert_int_equal(map(1, BASE, 4, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	*touch(1, BASE, true) = 77;
	assert_int_equal(ASK(0, MEMORY_UNMAP, 1, BASE, 4 * PAGE), OK);
	assert_int_equal(used_of_all(), before);
	assert_int_equal(used_by(1), 0);
	assert_int_equal(kernel_mappings(), 0);
	assert_int_equal(map(1, BASE, 4, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(*touch(1, BASE, true), 0);
}

static void test_faults_that_are_none(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(map(1, BASE, 1, RIGHT_READ, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(map(1, BASE + PAGE, 1, 0, MEMORY_OBJECT_RESERVED), OK);
	assert_int_equal(fault(1, BASE, 0), FAULT_REPLY_RESUME);
	assert_int_equal(fault(1, BASE, ACCESS_WRITE_BIT), FAULT_REPLY_UPCALL);
	assert_int_equal(fault(1, BASE, ACCESS_EXECUTE_BIT), FAULT_REPLY_UPCALL);
	assert_int_equal(fault(1, BASE + PAGE, 0), FAULT_REPLY_UPCALL);
	assert_int_equal(fault(1, BASE + 2 * PAGE, 0), FAULT_REPLY_UPCALL);
	assert_int_equal(fault(1, UINT64_MAX, 0), FAULT_REPLY_UPCALL);
	assert_int_equal(fault(99, BASE, 0), FAULT_REPLY_STOP);
}

static void test_quota(void **state)
{
	(void)state;
	assert_int_equal(make(1, 2 * PAGE), OK);
	assert_int_equal(map(1, BASE, 10, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_non_null(touch(1, BASE, true));
	assert_non_null(touch(1, BASE + 2 * PAGE, true));
	assert_int_equal(fault(1, BASE + 4 * PAGE, ACCESS_WRITE_BIT), FAULT_REPLY_STOP);
	assert_int_equal(kernel_signals(), 1);
	assert_int_equal(ASK(0, MEMORY_TAKE_LIMIT_REPORT), OK);
	assert_int_equal(results[0], 1);
	assert_int_equal(results[1], 1);
	assert_int_equal(results[2], BASE + 4 * PAGE);
	assert_int_equal(ASK(0, MEMORY_TAKE_LIMIT_REPORT), OK);
	assert_int_equal(results[0], 0);
	assert_int_equal(used_by(1), 2 * PAGE);
}

static void test_machine_without_memory(void **state)
{
	uint64_t page = 0;

	(void)state;
	setup_with(8u << 20);
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(map(1, BASE, 4096, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	while (fault(1, BASE + page * PAGE, ACCESS_WRITE_BIT) == FAULT_REPLY_RESUME)
		page++;
	assert_true(page > 512 && page < 2048);
	assert_int_equal(ASK(0, MEMORY_TAKE_LIMIT_REPORT), OK);
	assert_int_equal(results[1], 2);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 1), OK);
	assert_int_equal(used_of_all(), 0);
	assert_int_equal(kernel_mappings(), 0);
	assert_int_equal(make(2, QUOTA), OK);
	assert_int_equal(map(2, BASE, 1, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_non_null(touch(2, BASE, true));
}

static void test_protect(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(map(1, BASE, 3, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	*touch(1, BASE + PAGE, true) = 5;
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE + PAGE, PAGE, RIGHT_READ), OK);
	assert_null(touch(1, BASE + PAGE, true));
	assert_int_equal(*touch(1, BASE + PAGE, false), 5);
	assert_non_null(touch(1, BASE, true));
	assert_non_null(touch(1, BASE + 2 * PAGE, true));
	assert_int_equal(space_find(1)->region_count, 3);
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE + PAGE, PAGE, RW), OK);
	assert_int_equal(*touch(1, BASE + PAGE, true), 5);
	assert_int_equal(space_find(1)->region_count, 1);
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE, PAGE, RX), ERR_ACCESS);
	assert_int_equal(
		ASK(0, MEMORY_PROTECT, 1, BASE, PAGE, RW | RIGHT_EXECUTE), ERR_INVALID_ARGUMENT);
	assert_int_equal(ASK(0, MEMORY_PROTECT, 1, BASE, PAGE, RX), OK); /* code written as data */
	assert_non_null(kernel_byte(slot_of_space(1), BASE, RX));
	assert_null(kernel_byte(slot_of_space(1), BASE, RIGHT_WRITE));
}

/* A page that came when it could only be read is written later. */
static void test_writable_later(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(map(1, BASE, 1, RIGHT_READ, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(*touch(1, BASE, false), 0);
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE, PAGE, RW), OK);
	assert_non_null(touch(1, BASE, true));
}

/* --- who may what ---------------------------------------------------------------------------- */

static void test_rights_of_clients(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(make(2, QUOTA), OK);
	assert_int_equal(ASK(1, MEMORY_SPACE_CREATE, 3, QUOTA), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_SPACE_DESTROY, 2), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_OBJECT_CREATE, PAGE), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_WRITE, 2, BASE, 0), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_TAKE_LIMIT_REPORT), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_SHARE_CREATE, 1, MEMORY_SHARED_UNIT), ERR_ACCESS);
	/* A program that names another one means itself. */
	assert_int_equal(ASK(1, MEMORY_MAP, 2, BASE, PAGE, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_null(region_find(space_find(2), BASE));
	assert_int_equal(
		ASK(1, MEMORY_MAP, 0, FAR, PAGE, RIGHT_READ, MEMORY_OBJECT_BUNDLE), ERR_ACCESS);
	assert_int_equal(
		ASK(1, MEMORY_MAP, 0, FAR, PAGE, RIGHT_READ, MEMORY_OBJECT_FIRST), ERR_ACCESS);
}

static void test_bad_arguments(void **state)
{
	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(make(0, QUOTA), ERR_INVALID_ARGUMENT);
	assert_int_equal(ASK(0, MEMORY_MAP, 9, BASE, PAGE, RW), ERR_NOT_FOUND);
	assert_int_equal(ASK(0, MEMORY_MAP, 1, BASE + 1, PAGE, RW), ERR_ALIGNMENT);
	assert_int_equal(ASK(0, MEMORY_MAP, 1, BASE, 0, RW), ERR_RANGE);
	assert_int_equal(ASK(0, MEMORY_MAP, 1, 0, PAGE, RW), ERR_RANGE);
	assert_int_equal(ASK(0, MEMORY_MAP, 1, BASE, UINT64_MAX - PAGE + 1, RW), ERR_RANGE);
	assert_int_equal(ASK(0, MEMORY_MAP, 1, ABI_USER_ADDRESS_END, PAGE, RW), ERR_RANGE);
	assert_int_equal(
		ASK(0, MEMORY_MAP, 1, BASE, PAGE, RW | RIGHT_EXECUTE), ERR_INVALID_ARGUMENT);
	assert_int_equal(
		ASK(0, MEMORY_MAP, 1, BASE, PAGE, UINT64_C(1) << 40), ERR_INVALID_ARGUMENT);
	assert_int_equal(map(1, BASE, 2, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(map(1, BASE, 2, RW, MEMORY_OBJECT_ANONYMOUS), OK); /* asked again */
	assert_int_equal(map(1, BASE + PAGE, 2, RW, MEMORY_OBJECT_ANONYMOUS), ERR_ALREADY_MAPPED);
	assert_int_equal(map(1, BASE - PAGE, 2, RW, MEMORY_OBJECT_ANONYMOUS), ERR_ALREADY_MAPPED);
	assert_int_equal(map(1, FAR, 1, RIGHT_READ, MEMORY_OBJECT_FIRST + 3), ERR_NOT_FOUND);
}

/* --- objects --------------------------------------------------------------------------------- */

static uint64_t object_with(uint8_t byte, unsigned pages)
{
	uint64_t object;

	assert_int_equal(ASK(0, MEMORY_OBJECT_CREATE, pages * PAGE), OK);
	object = results[0];
	memset(message, byte, sizeof(message));
	for (unsigned i = 0; i < pages; i++)
		assert_int_equal(
			ask(0, MEMORY_OBJECT_WRITE, (uint64_t[6]){object, i * PAGE, MESSAGE_BYTES},
				MESSAGE_BYTES),
			OK);
	return object;
}

static void test_copy_on_write(void **state)
{
	uint64_t object = object_with(9, 20);

	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(make(2, QUOTA), OK);
	assert_int_equal(map(1, BASE, 20, RW | MEMORY_PRIVATE, object), OK);
	assert_int_equal(map(2, BASE, 20, RIGHT_READ, object), OK);
	assert_non_null(kernel_byte(slot_of_space(2), BASE + 19 * PAGE, RIGHT_READ)); /* at once */
	*touch(1, BASE, true) = 1;
	*touch(1, BASE + 18 * PAGE, true) = 1;
	assert_int_equal(*touch(2, BASE, false), 9);
	assert_int_equal(*touch(2, BASE + 18 * PAGE, false), 9);
	assert_int_equal(*touch(1, BASE + 19 * PAGE, false), 9); /* not copied yet */
	*touch(1, BASE + 19 * PAGE, true) = 1;
	assert_int_equal(*touch(2, BASE + 19 * PAGE, false), 9);
	assert_null(touch(2, BASE, true));
	assert_int_equal(used_by(2), 0);
	assert_int_equal(ASK(0, MEMORY_OBJECT_DESTROY, object), OK);
	assert_int_equal(*touch(2, BASE + 3 * PAGE, false), 9); /* it is mapped still */
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 1), OK);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 2), OK);
	assert_int_equal(used_of_all(), 0);
}

static void test_shared(void **state)
{
	uint64_t object;

	(void)state;
	assert_int_equal(make(1, QUOTA), OK);
	assert_int_equal(make(2, MEMORY_SHARED_UNIT - PAGE), OK);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 7, 0, 0), ERR_NOT_FOUND);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 7, PAGE, 0), ERR_RANGE);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 7, MEMORY_SHARED_UNIT, 2), ERR_QUOTA);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 7, MEMORY_SHARED_UNIT, 1), OK);
	object = results[0];
	assert_int_equal(used_by(1), MEMORY_SHARED_UNIT);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 7, MEMORY_SHARED_UNIT, 1), OK);
	assert_int_equal(results[0], object);
	assert_int_equal(ASK(SERVICE, MEMORY_MAP, 1, BASE, MEMORY_SHARED_UNIT, RW, object), OK);
	assert_int_equal(
		ASK(SERVICE, MEMORY_MAP, 2, BASE, MEMORY_SHARED_UNIT, RIGHT_READ, object), OK);
	assert_int_equal(
		ASK(SERVICE + 1, MEMORY_MAP, 1, FAR, MEMORY_SHARED_UNIT, RW, object), ERR_ACCESS);
	assert_int_equal(ASK(1, MEMORY_MAP, 0, FAR, MEMORY_SHARED_UNIT, RW, object), ERR_ACCESS);
	*kernel_byte(slot_of_space(1), BASE + 9, RW) = 3;
	assert_int_equal(*kernel_byte(slot_of_space(2), BASE + 9, RIGHT_READ), 3);
	assert_null(kernel_byte(slot_of_space(2), BASE, RW));
	assert_int_equal(ASK(2, MEMORY_PROTECT, 0, BASE, MEMORY_SHARED_UNIT, RW), ERR_ACCESS);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_DESTROY, 7), OK);
	assert_int_equal(*kernel_byte(slot_of_space(2), BASE + 9, RIGHT_READ), 3);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 1), OK);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 2), OK);
	assert_int_equal(used_of_all(), 0);
}

static void test_adopt(void **state)
{
	(void)state;
	kernel_put_space(WINDOW_SLOT);
	assert_int_equal(ASK(1, MEMORY_ADOPT), ERR_ACCESS);
	kernel_put_space(WINDOW_SLOT);
	assert_int_equal(ASK(SERVICE, MEMORY_ADOPT), OK);
	assert_false(kernel_has(WINDOW_SLOT));
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 1, CHUNK_PAGES * PAGE, 0), OK);
	assert_int_equal(
		ASK(SERVICE, MEMORY_MAP, SERVICE, FAR, CHUNK_PAGES * PAGE, RW, results[0]), OK);
	*kernel_byte(slot_of_space(SERVICE), FAR, RW) = 4;
	/* Its next instance has another space, and finds the object under its key. */
	kernel_put_space(WINDOW_SLOT);
	assert_int_equal(ASK(SERVICE, MEMORY_ADOPT), OK);
	assert_null(kernel_byte(slot_of_space(SERVICE), FAR, RW));
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 1, 0, 0), OK);
	assert_int_equal(
		ASK(SERVICE, MEMORY_MAP, SERVICE, FAR, CHUNK_PAGES * PAGE, RW, results[0]), OK);
	assert_int_equal(*kernel_byte(slot_of_space(SERVICE), FAR, RW), 4);
}

/* A driver: finds what it was offered, and keeps it where it is. */
static void test_offered(void **state)
{
	uint64_t object;
	uint64_t place;

	(void)state;
	kernel_put_space(WINDOW_SLOT);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_ADOPT), OK);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 1, MEMORY_SHARED_UNIT, 0), OK);
	object = results[0];
	assert_int_equal(
		ASK(SERVICE + 1, MEMORY_SHARE_FIND, SERVICE - BADGE_SERVICE, 1), ERR_NOT_FOUND);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, object), ERR_NOT_FOUND);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_OFFER, 2, 1), ERR_NOT_FOUND);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_OFFER, 1, 64), ERR_INVALID_ARGUMENT);
	assert_int_equal(ASK(1, MEMORY_SHARE_OFFER, 1, 1), ERR_ACCESS);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_OFFER, 1, SERVICE + 1 - BADGE_SERVICE), OK);
	assert_int_equal(
		ASK(SERVICE + 2, MEMORY_SHARE_FIND, SERVICE - BADGE_SERVICE, 1), ERR_NOT_FOUND);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_FIND, SERVICE - BADGE_SERVICE, 1), OK);
	assert_int_equal(results[0], object);
	assert_int_equal(results[1], MEMORY_SHARED_UNIT);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_MAP, SERVICE, FAR, MEMORY_SHARED_UNIT, RW, object),
		ERR_NOT_FOUND); /* not into another's space */
	assert_int_equal(
		ASK(SERVICE + 1, MEMORY_MAP, SERVICE + 1, FAR, MEMORY_SHARED_UNIT, RW, object), OK);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_UNMAP, SERVICE + 1, FAR, MEMORY_SHARED_UNIT), OK);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, object), OK);
	place = results[0];
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, object), OK);
	assert_int_equal(results[0], place);
	/* It stays as long as it is pinned: nobody else gets the memory. */
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_DESTROY, 1), OK);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, 1, MEMORY_SHARED_UNIT, 0), OK);
	assert_int_not_equal(results[0], object);
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_DESTROY, 1), OK);
	assert_int_not_equal(used_of_all(), 0);
	assert_int_equal(ASK(SERVICE + 2, MEMORY_SHARE_UNPIN, object), OK); /* not its */
	assert_int_not_equal(used_of_all(), 0);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_UNPIN, object), OK);
	assert_int_equal(used_of_all(), 0);
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_UNPIN, object), OK);
}

/* --- what devices reach ----------------------------------------------------------------------- */

#define DMA_OBJECTS 6u

static uint64_t dma_objects[DMA_OBJECTS];

static bool is_reached(uint64_t badge, uint64_t physical)
{
	const struct space *space = space_find(DMA_SPACE | badge);

	return kernel_byte(meta_slot(meta_oldest(space), META_SPACE), physical, RW) != nullptr;
}

static void make_dma_objects(void)
{
	for (uint64_t i = 0; i < DMA_OBJECTS; i++) {
		assert_int_equal(ASK(SERVICE, MEMORY_SHARE_CREATE, i,
					 i % 2 == 0 ? CHUNK_PAGES * PAGE : MEMORY_SHARED_UNIT, 0),
			OK);
		dma_objects[i] = results[0];
		assert_int_equal(
			ASK(SERVICE, MEMORY_SHARE_OFFER, i, SERVICE + 1 - BADGE_SERVICE), OK);
	}
}

static uint64_t end_of(uint64_t object)
{
	return shared_find(object)->size - 1;
}

static void test_dma(void **state)
{
	uint64_t places[DMA_OBJECTS];

	(void)state;
	for (unsigned i = 0; i < 2 * METAS; i++) /* and keeps nothing */
		assert_int_equal(ASK(SERVICE, MEMORY_DMA_SPACE), ERR_NOT_SUPPORTED);
	kernel_add_iommu();
	assert_int_equal(ASK(1, MEMORY_DMA_SPACE), ERR_ACCESS);
	assert_int_equal(ASK(0, MEMORY_DMA_SPACE), ERR_ACCESS);
	make_dma_objects();
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_PIN, dma_objects[0]), OK); /* before */
	places[0] = results[0];
	assert_int_equal(ASK(SERVICE, MEMORY_DMA_SPACE), OK);
	assert_int_not_equal(sent[0], 0);
	assert_true(is_reached(SERVICE, places[0]));
	assert_true(is_reached(SERVICE, places[0] + end_of(dma_objects[0])));
	assert_int_equal(ASK(SERVICE, MEMORY_DMA_SPACE), OK); /* another instance */
	assert_int_equal(ASK(SERVICE + 1, MEMORY_DMA_SPACE), OK);
	assert_false(is_reached(SERVICE + 1, places[0]));
	for (uint64_t i = 1; i < DMA_OBJECTS; i++) {
		assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, dma_objects[i]), OK);
		places[i] = results[0];
		assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, dma_objects[i]), OK);
		assert_true(is_reached(SERVICE + 1, places[i]));
		assert_true(is_reached(SERVICE + 1, places[i] + end_of(dma_objects[i])));
		assert_false(is_reached(SERVICE, places[i]));
	}
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_UNPIN, dma_objects[3]), OK);
	assert_false(is_reached(SERVICE + 1, places[3]));
	assert_true(is_reached(SERVICE + 1, places[5]));
	/* An object that its owner destroys stays as long as a device may use it. */
	assert_int_equal(ASK(SERVICE, MEMORY_SHARE_DESTROY, 5), OK);
	assert_true(is_reached(SERVICE + 1, places[5]));
	assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_UNPIN, dma_objects[5]), OK);
	assert_false(is_reached(SERVICE + 1, places[5]));
}

/* Whatever is killed where: in the end what is pinned is reached, and nothing else; in between
 * nothing is that is not pinned and was not to be. */
static void test_dma_kills(void **state)
{
	static jmp_buf killed;
	static volatile unsigned long after;
	static volatile unsigned kills_seen;
	static volatile bool is_pinned[DMA_OBJECTS];
	static uint64_t places[DMA_OBJECTS];

	(void)state;
	kernel_add_iommu();
	make_dma_objects();
	for (uint64_t i = 0; i < DMA_OBJECTS; i++) {
		assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_PIN, dma_objects[i]), OK);
		places[i] = results[0];
		assert_int_equal(ASK(SERVICE + 1, MEMORY_SHARE_UNPIN, dma_objects[i]), OK);
		is_pinned[i] = false;
	}
	srand(3);
	for (volatile unsigned round = 0; round < 200; round++) {
		volatile uint64_t i = (uint64_t)rand() % DMA_OBJECTS;
		status_t status;

		after = 0;
		if (setjmp(killed) != 0) {
			kills_seen++;
			after = after + 1 + after / 4; /* each may cost memory */
			restart();
		}
		estate_kill_after = after;
		estate_kill = &killed;
		status = round == 3 ? ASK(SERVICE + 1, MEMORY_DMA_SPACE)
				    : ASK(SERVICE + 1,
					      is_pinned[i] ? MEMORY_SHARE_UNPIN : MEMORY_SHARE_PIN,
					      dma_objects[i]);
		estate_kill = nullptr;
		assert_int_equal(status, OK);
		is_pinned[i] = round == 3 ? is_pinned[i] : !is_pinned[i];
		for (uint64_t k = 0; k < DMA_OBJECTS && round >= 3; k++) {
			assert_int_equal(is_reached(SERVICE + 1, places[k]), is_pinned[k]);
			assert_int_equal(
				is_reached(SERVICE + 1, places[k] + end_of(dma_objects[k])),
				is_pinned[k]);
		}
	}
	assert_true(kills_seen > 300);
}

/* --- limits ---------------------------------------------------------------------------------- */

static void test_limits_of_a_program(void **state)
{
	uint64_t i = 0;

	(void)state;
	assert_int_equal(make(1, UINT64_C(1) << 40), OK);
	while (map(1, BASE + 2 * i * PAGE, 1, RW, MEMORY_OBJECT_ANONYMOUS) == OK)
		i++;
	assert_int_equal(i, SPACE_REGIONS);
	assert_int_equal(map(1, FAR, 1, RW, MEMORY_OBJECT_ANONYMOUS), ERR_TOO_MANY);
	assert_int_equal(ASK(0, MEMORY_UNMAP, 1, BASE, 4 * i * PAGE), OK);
	assert_int_equal(space_find(1)->region_count, 0);
	assert_int_equal(map(1, BASE, 3, RW, MEMORY_OBJECT_ANONYMOUS), OK);
}

/* One request about as many regions as there can be. */
static void test_many_regions_at_once(void **state)
{
	(void)state;
	assert_int_equal(make(1, UINT64_C(1) << 40), OK);
	for (uint64_t i = 0; i < SPACE_REGIONS; i++)
		assert_int_equal(map(1, BASE + i * PAGE, 1, i % 2 != 0 ? RW : RIGHT_READ,
					 MEMORY_OBJECT_ANONYMOUS),
			OK);
	assert_int_equal(ASK(1, MEMORY_PROTECT, 0, BASE, SPACE_REGIONS * PAGE, RW), OK);
	assert_int_equal(space_find(1)->region_count, 1);
	assert_non_null(touch(1, BASE, true));
	assert_non_null(touch(1, BASE + (SPACE_REGIONS - 1) * PAGE, true));
}

/* The end of a program that has the last of a large object, and many regions besides. */
static void test_large_object_at_the_end(void **state)
{
	uint64_t object = object_with(1, OBJECT_PAGES);

	(void)state;
	assert_int_equal(make(1, UINT64_C(1) << 40), OK);
	assert_int_equal(map(1, FAR, OBJECT_PAGES, RIGHT_READ, object), OK);
	assert_int_equal(ASK(0, MEMORY_OBJECT_DESTROY, object), OK);
	for (uint64_t i = 0; i < 62; i++)
		assert_int_equal(map(1, BASE + 2 * i * PAGE, 1, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	assert_int_equal(*touch(1, FAR + 300 * PAGE, false), 1);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 1), OK);
	assert_int_equal(used_of_all(), 0);
}

static void test_tables(void **state)
{
	uint64_t count = 0;

	(void)state;
	while (make(count + 1, QUOTA) == OK)
		count++;
	assert_int_equal(count, SPACES < METAS ? SPACES : METAS);
	assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, 5), OK);
	assert_int_equal(make(9999, QUOTA), OK);
	for (count = 0; ASK(0, MEMORY_OBJECT_CREATE, PAGE) == OK;)
		count++;
	assert_int_equal(count, OBJECTS);
	assert_int_equal(ASK(0, MEMORY_OBJECT_CREATE, PAGE), ERR_TOO_MANY);
	assert_int_equal(ASK(0, MEMORY_OBJECT_CREATE, (OBJECT_PAGES + 1) * PAGE), ERR_RANGE);
	for (count = 0; ASK(SERVICE, MEMORY_SHARE_CREATE, count, MEMORY_SHARED_UNIT, 0) == OK;)
		count++;
	assert_int_equal(count, SHARED);
	assert_int_equal(
		ASK(SERVICE, MEMORY_SHARE_CREATE, count, MEMORY_SHARED_UNIT, 0), ERR_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pages_come_when_touched, setup),
		cmocka_unit_test_setup(test_units, setup),
		cmocka_unit_test_setup(test_units_and_quota, setup),
		cmocka_unit_test_setup(test_what_is_freed_is_cleared, setup),
		cmocka_unit_test_setup(test_faults_that_are_none, setup),
		cmocka_unit_test_setup(test_quota, setup),
		cmocka_unit_test_setup(test_machine_without_memory, setup),
		cmocka_unit_test_setup(test_protect, setup),
		cmocka_unit_test_setup(test_writable_later, setup),
		cmocka_unit_test_setup(test_rights_of_clients, setup),
		cmocka_unit_test_setup(test_bad_arguments, setup),
		cmocka_unit_test_setup(test_copy_on_write, setup),
		cmocka_unit_test_setup(test_shared, setup),
		cmocka_unit_test_setup(test_dma, setup),
		cmocka_unit_test_setup(test_dma_kills, setup),
		cmocka_unit_test_setup(test_adopt, setup),
		cmocka_unit_test_setup(test_offered, setup),
		cmocka_unit_test_setup(test_limits_of_a_program, setup),
		cmocka_unit_test_setup(test_many_regions_at_once, setup),
		cmocka_unit_test_setup(test_large_object_at_the_end, setup),
		cmocka_unit_test_setup(test_tables, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
