// SPDX-License-Identifier: MIT OR Apache-2.0
// DMA spaces and IOMMUs: a device reaches what is mapped in the space that it is attached to, and
// nothing else, from the moment on that a call returns. The fake IOMMU keeps what it has read, and
// reads past the caches, so what is not said to it, or not written back, shows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/iommu.h"
#include "fake/user.h"

#include <arch/physmap.h>

#define DEVICE  0x0310u
#define OTHER   0x0311u
#define THIRD   0x0408u
#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

static handle_t iommu;

static int boot_with(uint32_t count)
{
	fake_iommu_count = count;
	for (uint32_t i = 0; i < count; i++)
		fake_iommu_capability[i] = FAKE_IOMMU_CAPABILITY;
	fake_iommu_extended = FAKE_IOMMU_QUEUE;
	user_boot(2);
	iommu = fake_info->iommu;
	return 0;
}

static int boot(void **state)
{
	(void)state;
	return boot_with(2);
}

static int end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	fake_iommu_count = 0;
	return 0;
}

/* --- what tests do ---------------------------------------------------------------------------- */

static uint64_t tables_from(uint32_t count)
{
	uint64_t first = user_slot();

	for (uint32_t i = 1; i < count; i++)
		(void)user_slot();
	assert_int_equal(user_invoke(user_memory(), METHOD_UNTYPED_RETYPE, OBJECT_PAGE_TABLE, 0,
				 count, fake_info->cnode, first),
		OK);
	return first;
}

static handle_t make_space(uint32_t tables)
{
	handle_t space = user_make(OBJECT_DMA_SPACE, 0);

	assert_int_equal(user_invoke(space, METHOD_DMA_SPACE_GIVE_TABLES, fake_info->cnode,
				 tables_from(tables), tables),
		OK);
	return space;
}

static handle_t start_unit(uint64_t unit)
{
	uint64_t table = tables_from(1);

	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_START, unit), OK);
	assert_int_equal(
		user_invoke(iommu, METHOD_IOMMU_GIVE_TABLES, unit, fake_info->cnode, table, 1), OK);
	return user_handle(table);
}

static status_t map(
	handle_t space, handle_t frame, uint64_t address, uint64_t pages, uint64_t flags)
{
	return user_invoke(space, METHOD_DMA_SPACE_MAP, frame, 0, address, pages, flags);
}

static status_t attach(uint64_t unit, uint64_t requester, handle_t space)
{
	return user_invoke(iommu, METHOD_IOMMU_ATTACH, unit, requester, space);
}

static uint64_t place_of(handle_t frame)
{
	return physical_of((void *)((uintptr_t)user_object(frame) & ~(uintptr_t)0xfff));
}

static bool reaches(uint32_t unit, uint32_t requester, uint64_t address, uint64_t place)
{
	uint64_t physical;

	return fake_dma(unit, requester, address, true, &physical) && physical == place;
}

static bool is_shut(uint32_t unit, uint32_t requester, uint64_t address)
{
	uint64_t physical;

	return !fake_dma(unit, requester, address, true, &physical) &&
	       !fake_dma(unit, requester, address, false, &physical);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void test_none(void **state)
{
	(void)state;
	assert_int_equal(fake_info->iommu, 0);
	assert_int_equal(user_invoke(user_memory(), METHOD_UNTYPED_RETYPE, OBJECT_DMA_SPACE, 0, 1,
				 fake_info->cnode, user_slot()),
		ERR_NOT_SUPPORTED);
}

static int boot_without(void **state)
{
	(void)state;
	return boot_with(0);
}

static void test_units(void **state)
{
	uint64_t physical;

	(void)state;
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_UNIT, 1), OK);
	assert_int_equal(fake_root->frame.args[2], FAKE_IOMMU_REGISTERS(1));
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_UNIT, 2), ERR_NOT_FOUND);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_START, 2), ERR_NOT_FOUND);
	assert_int_equal(attach(0, DEVICE, make_space(3)), ERR_NOT_FOUND); /* it is not on */
	assert_true(fake_dma(0, DEVICE, ADDRESS, true, &physical));
	(void)start_unit(0);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_START, 0), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS));
	assert_true(fake_dma(1, DEVICE, ADDRESS, true, &physical));
	for (uint32_t i = 0; i < fake_info->untyped_count; i++) {
		const struct root_untyped *u = &fake_info->untyped[i];

		assert_true(FAKE_IOMMU_REGISTERS(0) - u->physical >= (uint64_t)1 << u->order);
	}
}

static void test_table(void **state)
{
	uint64_t size;
	const uint8_t *table = arch_iommu_table(&size);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);

	(void)state;
	assert_int_equal(
		user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_MAP, frame, 0, ADDRESS, 1, RW),
		OK);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_TABLE, ADDRESS, 8, 4096), OK);
	assert_int_equal(fake_root->frame.args[2], size - 8);
	assert_memory_equal(virtual_of(place_of(frame)), table + 8, size - 8);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_TABLE, ADDRESS, size, 4096), OK);
	assert_int_equal(fake_root->frame.args[2], 0);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_TABLE, ADDRESS, size + 1, 1), ERR_RANGE);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_TABLE, ADDRESS, 0, 4097), ERR_RANGE);
	assert_int_equal(
		user_invoke(iommu, METHOD_IOMMU_TABLE, 2 * ADDRESS, 0, 16), ERR_BAD_ADDRESS);
}

static void test_mapping(void **state)
{
	handle_t space = make_space(2);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT + 1);
	handle_t read_only = user_make(OBJECT_FRAME, PAGE_SHIFT);
	uint64_t place = place_of(frame);
	uint64_t physical;

	(void)state;
	(void)start_unit(0);
	assert_int_equal(attach(0, DEVICE, space), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS));
	assert_int_equal(map(space, frame, ADDRESS, 2, RW), OK);
	assert_true(reaches(0, DEVICE, ADDRESS + PAGE_SIZE + 5, place + PAGE_SIZE + 5));
	assert_true(is_shut(0, DEVICE, ADDRESS + 2 * PAGE_SIZE));
	assert_true(is_shut(0, OTHER, ADDRESS));
	assert_int_equal(map(space, read_only, ADDRESS + 2 * PAGE_SIZE, 1, RIGHT_READ), OK);
	assert_true(fake_dma(0, DEVICE, ADDRESS + 2 * PAGE_SIZE, false, &physical));
	assert_false(fake_dma(0, DEVICE, ADDRESS + 2 * PAGE_SIZE, true, &physical));
	assert_int_equal(user_invoke(space, METHOD_DMA_SPACE_UNMAP, frame), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS));
	assert_int_equal(user_invoke(space, METHOD_DMA_SPACE_UNMAP, frame), ERR_NOT_MAPPED);
	assert_int_equal(user_delete(read_only), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS + 2 * PAGE_SIZE));
	/* The tables came back to the pool, and serve again. */
	assert_int_equal(map(space, frame, 2 * ADDRESS, 2, RW), OK);
	assert_true(reaches(0, DEVICE, 2 * ADDRESS, place));
}

static void test_refused(void **state)
{
	handle_t space = make_space(2);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	uint64_t end = (uint64_t)1 << 39;

	(void)state;
	assert_int_equal(
		map(space, frame, ADDRESS, 1, RIGHT_READ | RIGHT_EXECUTE), ERR_INVALID_ARGUMENT);
	assert_int_equal(
		map(space, frame, ADDRESS, 1, RW | MAP_FLAG_UNCACHED), ERR_INVALID_ARGUMENT);
	assert_int_equal(map(space, frame, end, 1, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, UINT64_MAX - 0xfff, 1, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, ADDRESS, UINT64_MAX, RW), ERR_RANGE);
	assert_int_equal(map(space, frame, ADDRESS + 8, 1, RW), ERR_ALIGNMENT);
	assert_int_equal(map(space, frame, end - PAGE_SIZE, 1, RW), OK);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), ERR_ALREADY_MAPPED);
	/* It is mapped in a space of devices, which is none of threads. */
	assert_int_equal(
		user_invoke(fake_info->space, METHOD_ADDRESS_SPACE_UNMAP, frame), ERR_NOT_MAPPED);
	assert_int_equal(
		map(space, user_make(OBJECT_FRAME, PAGE_SHIFT), ADDRESS, 1, RW), ERR_NEED_TABLES);
	assert_int_equal(fake_root->frame.args[2], 2);
	(void)start_unit(0);
	assert_int_equal(attach(0, 0x10000, space), ERR_RANGE);
	assert_int_equal(attach(0, DEVICE, fake_info->space), ERR_WRONG_TYPE);
	assert_int_equal(attach(1, DEVICE, space), ERR_NOT_FOUND);
	assert_int_equal(attach(0, DEVICE, space), OK);
	assert_int_equal(attach(0, THIRD, space), ERR_NEED_TABLES); /* another bus */
}

/* Revoking the memory of a frame that a device reaches. */
static void test_revoked(void **state)
{
	handle_t space = make_space(2);
	handle_t untyped = user_make(OBJECT_UNTYPED, PAGE_SHIFT + 2);
	uint64_t slot = user_slot();
	handle_t frame;
	uint64_t place;

	(void)state;
	assert_int_equal(user_invoke(untyped, METHOD_UNTYPED_RETYPE, OBJECT_FRAME, PAGE_SHIFT, 1,
				 fake_info->cnode, slot),
		OK);
	frame = user_copy(user_handle(slot), RW);
	place = place_of(frame);
	(void)start_unit(0);
	assert_int_equal(attach(0, DEVICE, space), OK);
	assert_int_equal(map(space, frame, place, 1, RW), OK);
	assert_true(reaches(0, DEVICE, place, place));
	assert_int_equal(user_revoke(untyped), OK);
	assert_true(is_shut(0, DEVICE, place));
}

static void test_attached(void **state)
{
	handle_t first = make_space(2);
	handle_t second = make_space(2);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	handle_t other = user_make(OBJECT_FRAME, PAGE_SHIFT);

	(void)state;
	(void)start_unit(0);
	(void)start_unit(1);
	assert_int_equal(map(first, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(map(second, other, ADDRESS, 1, RW), OK);
	assert_int_equal(attach(0, DEVICE, first), OK);
	assert_int_equal(attach(0, DEVICE, first), OK);
	assert_int_equal(attach(0, OTHER, first), OK);
	assert_int_equal(attach(1, DEVICE, first), OK);
	assert_true(reaches(0, DEVICE, ADDRESS, place_of(frame)));
	assert_true(reaches(0, OTHER, ADDRESS, place_of(frame)));
	assert_true(reaches(1, DEVICE, ADDRESS, place_of(frame)));
	/* To another space, to none, and back. */
	assert_int_equal(attach(0, DEVICE, second), OK);
	assert_true(reaches(0, DEVICE, ADDRESS, place_of(other)));
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_DETACH, 0, DEVICE), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS));
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_DETACH, 0, DEVICE), OK);
	assert_int_equal(attach(0, DEVICE, first), OK);
	assert_true(reaches(0, DEVICE, ADDRESS, place_of(frame)));
	/* A space takes its devices with it, on all units. */
	assert_int_equal(user_delete(first), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS) && is_shut(0, OTHER, ADDRESS) &&
		    is_shut(1, DEVICE, ADDRESS));
	assert_int_equal(attach(0, DEVICE, second), OK);
	assert_true(reaches(0, DEVICE, ADDRESS, place_of(other)));
	/* The first one's frame was forgotten, so it can be mapped. */
	assert_int_equal(map(second, frame, ADDRESS + PAGE_SIZE, 1, RW), OK);
}

/* Of a device's entry in a unit of four levels, the second word is not what an unused table has. */
static void test_four_levels(void **state)
{
	uint32_t first = 0x300; /* of its bus: its entry begins the table */
	handle_t frame;
	handle_t space;
	handle_t devices;

	(void)state;
	fake_iommu_capability[0] ^= 1u << 9 | 1u << 10;
	(void)end(NULL);
	fake_iommu_count = 1;
	user_boot(2);
	iommu = fake_info->iommu;
	devices = start_unit(0);
	space = make_space(3);
	frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(attach(0, first, space), OK);
	assert_true(reaches(0, first, ADDRESS, place_of(frame)));
	assert_int_equal(user_delete(devices), OK);
	assert_true(is_shut(0, first, ADDRESS));
	assert_int_equal(attach(0, first, space), ERR_PEER_DEAD);
	(void)start_unit(0);
	assert_int_equal(attach(0, first, space), OK);
	assert_true(reaches(0, first, ADDRESS, place_of(frame)));
	assert_int_equal(attach(0, first + 0x100, space), ERR_NEED_TABLES);
}

/* Deleting tables in use: of a space, and of a unit. */
static void test_tables_taken(void **state)
{
	handle_t space = user_make(OBJECT_DMA_SPACE, 0);
	uint64_t tables = tables_from(2);
	handle_t other = make_space(2);
	handle_t frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	handle_t second = user_make(OBJECT_FRAME, PAGE_SHIFT);
	handle_t devices = start_unit(0);
	handle_t last;

	(void)state;
	assert_int_equal(
		user_invoke(space, METHOD_DMA_SPACE_GIVE_TABLES, fake_info->cnode, tables, 2), OK);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(map(other, second, ADDRESS, 1, RW), OK);
	assert_int_equal(attach(0, DEVICE, space), OK);
	assert_int_equal(attach(0, OTHER, other), OK);
	assert_true(reaches(0, DEVICE, ADDRESS, place_of(frame)));
	assert_true(reaches(0, OTHER, ADDRESS, place_of(second)));
	assert_int_equal(user_delete(user_handle(tables)), OK);
	assert_true(is_shut(0, DEVICE, ADDRESS));
	assert_true(reaches(0, OTHER, ADDRESS, place_of(second)));
	assert_int_equal(map(space, frame, 2 * ADDRESS, 1, RW), ERR_PEER_DEAD);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_DETACH, 0, DEVICE), OK);
	assert_int_equal(attach(0, DEVICE, space), ERR_PEER_DEAD);
	assert_int_equal(user_delete(devices), OK);
	assert_true(is_shut(0, OTHER, ADDRESS));
	assert_int_equal(attach(0, OTHER, other), ERR_PEER_DEAD);
	last = start_unit(0);
	assert_int_equal(attach(0, OTHER, other), OK);
	assert_true(reaches(0, OTHER, ADDRESS, place_of(second)));
	assert_int_equal(user_delete(space), OK);
	/* What `other` still believes to have does not go with it. */
	space = make_space(2);
	assert_int_equal(map(space, frame, ADDRESS, 1, RW), OK);
	assert_int_equal(user_delete(last), OK);
	(void)start_unit(0);
	assert_int_equal(attach(0, OTHER, space), OK);
	assert_int_equal(user_delete(other), OK);
	assert_true(reaches(0, OTHER, ADDRESS, place_of(frame)));
	assert_int_equal(user_delete(space), OK);
	assert_true(is_shut(0, OTHER, ADDRESS));
}

static void test_limits(void **state)
{
	handle_t spaces[16];

	(void)state;
	fake_iommu_capability[1] &= ~(uint64_t)7; /* 16 domains */
	(void)end(NULL);
	fake_iommu_count = 2;
	user_boot(2);
	iommu = fake_info->iommu;
	(void)start_unit(0);
	for (uint32_t i = 0; i < 16; i++) {
		spaces[i] = user_make(OBJECT_DMA_SPACE, 0);
		assert_int_equal(attach(0, 0x300 + i, spaces[i]), i < 15 ? OK : ERR_TOO_MANY);
	}
	assert_int_equal(user_delete(spaces[3]), OK);
	assert_int_equal(attach(0, 0x30f, spaces[15]), OK);
	for (uint32_t i = 0; i < 80; i++) /* one that goes makes room */
		assert_int_equal(attach(0, 0x37f, spaces[i % 2]), OK);
	for (uint32_t i = 0; i < 31; i++)
		assert_int_equal(attach(0, 0x380 + i, spaces[0]), OK);
	assert_int_equal(attach(0, 0x380 + 31, spaces[0]), ERR_TOO_MANY);
}

static void test_faults(void **state)
{
	uint64_t irq = user_slot();
	uint64_t line = user_slot();
	uint32_t address;
	uint32_t data;

	(void)state;
	(void)start_unit(0);
	assert_false(fake_iommu_interrupt(0, &address, &data));
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_MSI, 1,
				 fake_info->cnode, irq),
		OK);
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 3, 0,
				 fake_info->cnode, line),
		OK);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_BIND, 1, user_handle(irq)), ERR_NOT_FOUND);
	assert_int_equal(
		user_invoke(iommu, METHOD_IOMMU_BIND, 0, user_handle(line)), ERR_INVALID_ARGUMENT);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_BIND, 0, user_handle(irq)), OK);
	assert_true(fake_iommu_interrupt(0, &address, &data));
	assert_int_equal(address, 0xfee01000);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_FAULT, 0), ERR_NOT_FOUND);
	assert_true(is_shut(0, DEVICE, ADDRESS + 77));
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_FAULT, 0), OK);
	assert_int_equal(fake_root->frame.args[2], DEVICE);
	assert_int_equal(fake_root->frame.words[0], ADDRESS);
	assert_int_equal(fake_root->frame.words[1], 5);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_FAULT, 0), OK);
	assert_int_equal(fake_root->frame.words[1], 0x106);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_FAULT, 0), ERR_NOT_FOUND);
	assert_int_equal(user_delete(user_handle(irq)), OK);
	assert_false(fake_iommu_interrupt(0, &address, &data));
}

/* Units that differ, and those that cannot be used. */
static void test_capabilities(void **state)
{
	uint64_t physical;
	handle_t space;
	handle_t frame;

	(void)state;
	(void)end(NULL);
	fake_iommu_count = 2;
	fake_iommu_capability[0] = (FAKE_IOMMU_CAPABILITY & ~(0x3full << 16)) | 47u << 16 | 3u << 9;
	fake_iommu_capability[1] = FAKE_IOMMU_CAPABILITY | 1u << 4;
	user_boot(1);
	iommu = fake_info->iommu;
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_UNIT, 1), ERR_NOT_SUPPORTED);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_START, 1), ERR_NOT_SUPPORTED);
	(void)start_unit(0);
	space = make_space(3);
	frame = user_make(OBJECT_FRAME, PAGE_SHIFT);
	assert_int_equal(map(space, frame, (uint64_t)1 << 46, 1, RW), OK);
	assert_int_equal(attach(0, DEVICE, space), OK);
	assert_true(reaches(0, DEVICE, (uint64_t)1 << 46, place_of(frame)));
	assert_true(fake_dma(1, DEVICE, ADDRESS, true, &physical));
	(void)end(NULL);
	fake_iommu_count = 1;
	fake_iommu_extended = 0;
	user_boot(1);
	iommu = fake_info->iommu;
	assert_int_not_equal(iommu, 0);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_START, 0), ERR_NOT_SUPPORTED);
}

/* --- a random life, against what must be so --------------------------------------------------- */

#define DEVICES 4u
#define SPACES  3u
#define FRAMES  6u

static const uint32_t requesters[DEVICES] = {DEVICE, OTHER, 0x318, THIRD};

struct life {
	handle_t spaces[SPACES];
	handle_t frames[FRAMES];
	int frame_space[FRAMES];   /* -1: in none */
	int device_space[DEVICES]; /* on unit 0 */
};

static void check_all(const struct life *life)
{
	for (uint32_t d = 0; d < DEVICES; d++) {
		for (uint32_t f = 0; f < FRAMES; f++) {
			uint64_t place = place_of(life->frames[f]);
			bool may = life->device_space[d] >= 0 &&
				   life->frame_space[f] == life->device_space[d];

			if (may)
				assert_true(reaches(0, requesters[d], place, place));
			else
				assert_true(is_shut(0, requesters[d], place));
			while (user_invoke(iommu, METHOD_IOMMU_FAULT, 0) == OK)
				continue;
		}
	}
}

static void lose_space(struct life *life, int space)
{
	assert_int_equal(user_delete(life->spaces[space]), OK);
	life->spaces[space] = make_space(4);
	for (uint32_t f = 0; f < FRAMES; f++)
		life->frame_space[f] = life->frame_space[f] == space ? -1 : life->frame_space[f];
	for (uint32_t d = 0; d < DEVICES; d++)
		life->device_space[d] = life->device_space[d] == space ? -1 : life->device_space[d];
}

static void live(struct life *life)
{
	uint32_t d = (uint32_t)user_below(DEVICES);
	uint32_t f = (uint32_t)user_below(FRAMES);
	int s = (int)user_below(SPACES);

	switch (user_below(16)) {
	case 0:
		lose_space(life, s);
		break;
	case 1:
	case 2:
	case 3:
		assert_int_equal(user_invoke(iommu, METHOD_IOMMU_DETACH, 0, requesters[d]), OK);
		life->device_space[d] = -1;
		break;
	case 4:
	case 5:
	case 6:
	case 7:
		assert_int_equal(attach(0, requesters[d], life->spaces[s]), OK);
		life->device_space[d] = s;
		break;
	case 8:
	case 9:
	case 10:
		if (life->frame_space[f] < 0)
			break;
		assert_int_equal(user_invoke(life->spaces[life->frame_space[f]],
					 METHOD_DMA_SPACE_UNMAP, life->frames[f]),
			OK);
		life->frame_space[f] = -1;
		break;
	default:
		if (life->frame_space[f] >= 0)
			break;
		assert_int_equal(
			map(life->spaces[s], life->frames[f], place_of(life->frames[f]), 1, RW),
			OK);
		life->frame_space[f] = s;
		break;
	}
}

static void test_random(void **state)
{
	struct life life;

	(void)state;
	user_seed(5);
	(void)start_unit(0);
	assert_int_equal(user_invoke(iommu, METHOD_IOMMU_GIVE_TABLES, 0, fake_info->cnode,
				 tables_from(1), 1),
		OK);
	for (uint32_t i = 0; i < SPACES; i++)
		life.spaces[i] = make_space(4);
	for (uint32_t i = 0; i < FRAMES; i++) {
		life.frames[i] = user_make(OBJECT_FRAME, PAGE_SHIFT);
		life.frame_space[i] = -1;
	}
	for (uint32_t i = 0; i < DEVICES; i++)
		life.device_space[i] = -1;
	for (uint32_t i = 0; i < 400; i++) {
		live(&life);
		fake_settle();
		check_all(&life);
		if (i % 16 == 0)
			invariants_check();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_none, boot_without, end),
		cmocka_unit_test_setup_teardown(test_units, boot, end),
		cmocka_unit_test_setup_teardown(test_table, boot, end),
		cmocka_unit_test_setup_teardown(test_mapping, boot, end),
		cmocka_unit_test_setup_teardown(test_refused, boot, end),
		cmocka_unit_test_setup_teardown(test_revoked, boot, end),
		cmocka_unit_test_setup_teardown(test_attached, boot, end),
		cmocka_unit_test_setup_teardown(test_four_levels, boot, end),
		cmocka_unit_test_setup_teardown(test_tables_taken, boot, end),
		cmocka_unit_test_setup_teardown(test_limits, boot, end),
		cmocka_unit_test_setup_teardown(test_faults, boot, end),
		cmocka_unit_test_setup_teardown(test_capabilities, boot, end),
		cmocka_unit_test_setup_teardown(test_random, boot, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
