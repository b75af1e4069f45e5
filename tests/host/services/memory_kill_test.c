// SPDX-License-Identifier: MIT OR Apache-2.0
/* Random operations on memory, killed at every change of the estate. */
#include "memory_fixture.h"

#include <stdlib.h>
#include <string.h>

/* --- kills ----------------------------------------------------------------------------------- */

#define PROGRAMS 3u
#define SPAN     24u /* pages at BASE that the operations are about */

enum page_kind : uint8_t { NOTHING, READABLE, WRITABLE };

/* What each program must see. */
static struct model {
	bool exists;
	enum page_kind kind[SPAN];
	uint8_t byte[SPAN];
} models[PROGRAMS];

struct operation {
	unsigned kind;
	unsigned program;
	uint64_t first;
	uint64_t pages;
	bool readable_only;
};

static struct operation draw(void)
{
	struct operation o = {
		.kind = (unsigned)rand() % 12,
		.program = (unsigned)rand() % PROGRAMS,
		.first = (uint64_t)rand() % SPAN,
		.readable_only = rand() % 3 == 0,
	};

	o.pages = 1 + (uint64_t)rand() % (SPAN - o.first);
	return o;
}

static status_t perform(const struct operation *o)
{
	uint64_t pid = o->program + 1;
	uint64_t address = BASE + o->first * PAGE;
	uint64_t flags = o->readable_only ? RIGHT_READ : RW;

	switch (o->kind) {
	case 0:
		return make(pid, QUOTA);
	case 1:
		return rand() % 4 == 0 ? ASK(0, MEMORY_SPACE_DESTROY, pid) : ERR_AGAIN;
	case 2:
	case 3:
		return map(pid, address, o->pages, flags, MEMORY_OBJECT_ANONYMOUS);
	case 4:
		return ASK(0, MEMORY_UNMAP, pid, address, o->pages * PAGE);
	case 5:
		return ASK(0, MEMORY_PROTECT, pid, address, o->pages * PAGE, flags);
	default:
		return fault(pid, address, o->readable_only ? 0 : ACCESS_WRITE_BIT);
	}
}

/* What a program does once its fault is answered, and what the other operations mean. */
static void apply(const struct operation *o, status_t status)
{
	struct model *m = &models[o->program];
	enum page_kind kind = o->readable_only ? READABLE : WRITABLE;

	if (status != OK && o->kind <= 5)
		return;
	if (o->kind == 0)
		m->exists = true;
	else if (o->kind == 1)
		*m = (struct model){0};
	for (uint64_t i = o->first; i < o->first + o->pages; i++) {
		if ((o->kind == 2 || o->kind == 3) && m->kind[i] == NOTHING)
			m->kind[i] = kind;
		if (o->kind == 4)
			m->kind[i] = NOTHING, m->byte[i] = 0;
		if (o->kind == 5 && m->kind[i] != NOTHING)
			m->kind[i] = kind;
	}
	if (o->kind > 5 && !o->readable_only && status == FAULT_REPLY_RESUME) {
		m->byte[o->first] = (uint8_t)(1 + rand() % 255);
		*touch(o->program + 1, BASE + o->first * PAGE, true) = m->byte[o->first];
	}
}

/* Each page shows what was written last; nothing is there that should not be. */
static void check_program(unsigned program)
{
	const struct model *m = &models[program];
	struct space *space = space_find(program + 1);
	unsigned charged = 0;

	assert_int_equal(space != nullptr, m->exists);
	for (uint64_t i = 0; i < SPAN && space != nullptr; i++) {
		uint64_t slot = slot_of_space(program + 1);
		const uint8_t *byte = kernel_byte(slot, BASE + i * PAGE, RIGHT_READ);

		if (byte != nullptr) {
			assert_true(m->kind[i] != NOTHING);
			assert_int_equal(*byte, m->byte[i]);
			charged++;
		} else {
			assert_int_equal(m->byte[i], 0);
		}
		if (m->kind[i] != WRITABLE)
			assert_null(kernel_byte(slot, BASE + i * PAGE, RIGHT_WRITE));
	}
	if (space != nullptr)
		assert_int_equal(space->used, charged * PAGE);
}

static uint64_t free_pages(void)
{
	uint64_t count = 0;

	for (link_t link = memory->free_page; link != 0; link = memory->pages[link - 1].next) {
		assert_int_equal(memory->pages[link - 1].references, 0);
		count++;
	}
	for (uint32_t i = 0; i < memory->chunk_count; i++)
		count += (uint64_t)__builtin_popcountll(memory->units_free[i]) * UNIT_PAGES;
	return count;
}

/* After a kill: what was to be unmapped may be so already. The request comes again. */
static bool is_settled;

static unsigned mappings_of(const struct space *space)
{
	unsigned count = 0;
	link_t previous = 0;

	for (link_t link = space->mappings; link != 0;
		link = memory->mappings[link - 1].space_next) {
		assert_int_equal(memory->mappings[link - 1].space_previous, previous);
		assert_true(!is_settled || kernel_has(SLOT_MAPPING + link - 1));
		previous = link;
		count++;
	}
	assert_int_equal(count, space->mapping_count);
	return count;
}

static unsigned regions_of(const struct space *space)
{
	unsigned count = 0;

	for (link_t link = space->regions; link != 0; link = memory->regions[link - 1].next)
		count++;
	assert_int_equal(count, space->region_count);
	return count;
}

/* Everything is in use or free, and nothing that is free is mapped. */
static void check_structure(void)
{
	unsigned mappings = 0;
	unsigned regions = 0;

	assert_int_equal(free_pages(), memory->pages_free);
	for (unsigned i = 0; i < SPACES; i++) {
		if (memory->spaces[i].pid == 0)
			continue;
		mappings += mappings_of(&memory->spaces[i]);
		regions += regions_of(&memory->spaces[i]);
	}
	for (link_t link = memory->free_mapping; link != 0;
		link = memory->mappings[link - 1].next) {
		assert_false(kernel_has(SLOT_MAPPING + link - 1));
		mappings++;
	}
	for (link_t link = memory->free_region; link != 0; link = memory->regions[link - 1].next)
		regions++;
	assert_int_equal(mappings, memory->mapping_blocks * (SLOTS_PER_BLOCK - BLOCK_OWN));
	assert_int_equal(regions, REGIONS);
}

static void check_all(void)
{
	for (unsigned i = 0; i < PROGRAMS; i++)
		check_program(i);
}

static unsigned long kills;

/* In each way in which it can be killed, and then to the end. */
static void kill_and_perform(const struct operation *o)
{
	static jmp_buf killed;
	static volatile unsigned long after;
	static volatile unsigned seed;
	status_t status;

	seed = (unsigned)rand();
	after = 0;
	if (setjmp(killed) != 0) {
		kills++;
		after = after + 1 + after / 8;
		restart();
		is_settled = false;
		check_structure();
	}
	srand(seed); /* the same operation */
	estate_kill_after = after;
	estate_kill = &killed;
	status = perform(o);
	estate_kill = nullptr;
	apply(o, status);
	is_settled = true;
	check_structure();
	check_all();
}

static void test_kills(void **state)
{
	(void)state;
	srand(1);
	memset(models, 0, sizeof(models));
	for (unsigned i = 0; i < 350; i++) {
		struct operation o = draw();

		kill_and_perform(&o);
	}
	for (unsigned i = 0; i < PROGRAMS; i++)
		assert_int_equal(ASK(0, MEMORY_SPACE_DESTROY, i + 1), OK);
	assert_int_equal(used_of_all(), 0);
	assert_int_equal(kernel_mappings(), 0);
	print_message("%lu kills\n", kills);
	assert_true(kills > 1000);
}

static status_t fault_or_make(uint64_t pid, uint64_t address)
{
	return address != 0 ? fault(pid, address, ACCESS_WRITE_BIT) : make(pid, QUOTA);
}

/* A request for which tables may have to grow, killed at each step. */
static void kill_growing(uint64_t pid, uint64_t address)
{
	static jmp_buf killed;
	static volatile unsigned long after;

	after = 0;
	if (setjmp(killed) != 0) {
		kills++;
		after = after + 1;
		restart();
	}
	estate_kill_after = after;
	estate_kill = &killed;
	assert_int_equal(fault_or_make(pid, address), address != 0 ? FAULT_REPLY_RESUME : OK);
	estate_kill = nullptr;
}

#define MANY 1200u /* pages: three blocks of mappings */
#define SIDE 7u    /* pages of a region: no unit fits */

static uint64_t address_of(uint64_t page)
{
	return FAR + page / SIDE * UNIT_SIZE + page % SIDE * PAGE;
}

static void test_growth(void **state)
{
	(void)state;
	memset(models, 0, sizeof(models));
	kills = 0;
	for (uint64_t pid = 1; pid <= 20; pid++) /* three blocks, one for 8 programs */
		kill_growing(pid, 0);
	for (uint64_t i = 0; i < MANY; i += SIDE)
		assert_int_equal(map(1, address_of(i), SIDE, RW, MEMORY_OBJECT_ANONYMOUS), OK);
	for (uint64_t i = 0; i < MANY; i++) {
		uint8_t *byte = kernel_byte(slot_of_space(1), address_of(i), RW);

		if (byte == nullptr) {
			kill_growing(1, address_of(i));
			byte = kernel_byte(slot_of_space(1), address_of(i), RW);
		}
		assert_non_null(byte);
		*byte = (uint8_t)i;
	}
	is_settled = true;
	check_structure();
	assert_int_equal(memory->mapping_blocks, 3);
	for (uint64_t i = 0; i < MANY; i++)
		assert_int_equal(*touch(1, address_of(i), false), (uint8_t)i);
	print_message("%lu kills\n", kills);
	assert_true(kills > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_growth, setup),
		cmocka_unit_test_setup(test_kills, setup),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
