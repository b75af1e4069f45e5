// SPDX-License-Identifier: MIT OR Apache-2.0
// Every method of abi/kernel.toml: on objects of other types, without each right that it needs,
// with wrong handles in each place of one, and with arguments of all kinds. What is refused leaves
// the whole machine as it was.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/invariants.h"
#include "fake/iommu.h"
#include "fake/user.h"

#include <abi/dispatch.h>

#define TYPES   OBJECT_TYPE_COUNT
#define ADDRESS 0x20000000u
#define RW      (RIGHT_READ | RIGHT_WRITE)

#define TYPE_untyped       OBJECT_UNTYPED
#define TYPE_cnode         OBJECT_CNODE
#define TYPE_thread        OBJECT_THREAD
#define TYPE_sched_context OBJECT_SCHED_CONTEXT
#define TYPE_address_space OBJECT_ADDRESS_SPACE
#define TYPE_frame         OBJECT_FRAME
#define TYPE_irq_control   OBJECT_IRQ_CONTROL
#define TYPE_irq           OBJECT_IRQ
#define TYPE_io_port       OBJECT_IO_PORT
#define TYPE_dma_space     OBJECT_DMA_SPACE
#define TYPE_platform      OBJECT_PLATFORM
#define TYPE_iommu         OBJECT_IOMMU

static const struct method {
	uint64_t type;
	uint64_t number;
	uint64_t rights;
	uint64_t arguments;
} methods[] = {
#define ROW(object, name, number, rights, arguments) {TYPE_##object, number, rights, arguments},
	ABI_METHOD_LIST(ROW)
#undef ROW
};

#define METHODS (sizeof(methods) / sizeof(methods[0]))

static handle_t objects[TYPES]; /* one of each type, made anew for each test; 0: there is none */
static handle_t stale;
static uint64_t free_slot;

static int boot(void **state)
{
	uint64_t irq;

	(void)state;
	fake_iommu_count = 1;
	fake_iommu_capability[0] = FAKE_IOMMU_CAPABILITY;
	user_boot(2);
	for (uint64_t type = OBJECT_UNTYPED; type <= OBJECT_PAGE_TABLE; type++)
		objects[type] = user_make(type, type == OBJECT_UNTYPED ? 14
						: type == OBJECT_CNODE ? 5
								       : 0);
	objects[OBJECT_FRAME] = user_make(OBJECT_FRAME, PAGE_SHIFT);
	objects[OBJECT_IRQ_CONTROL] = fake_info->irq_control;
	objects[OBJECT_IO_PORT] = fake_info->io_port;
	objects[OBJECT_DMA_SPACE] = user_make(OBJECT_DMA_SPACE, 0);
	objects[OBJECT_PLATFORM] = fake_info->platform;
	objects[OBJECT_IOMMU] = fake_info->iommu;
	assert_int_equal(user_invoke(fake_info->iommu, METHOD_IOMMU_START, 0), OK);
	irq = user_slot();
	assert_int_equal(user_invoke(fake_info->irq_control, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 9, 0,
				 fake_info->cnode, irq),
		OK);
	objects[OBJECT_IRQ] = user_handle(irq);
	assert_int_equal(user_invoke(objects[OBJECT_SCHED_CONTEXT], METHOD_SCHED_CONTEXT_CONFIGURE,
				 1, 1000000, 0, 0),
		OK);
	stale = user_make(OBJECT_NOTIFICATION, 0);
	assert_int_equal(user_delete(stale), OK);
	free_slot = user_slot();
	for (int i = 0; i < 40; i++)
		(void)user_slot();
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

/* --- refusals leave everything as it was ------------------------------------------------------ */

static void must_be_caller(const uint64_t *now, uint64_t then)
{
	const uint8_t *at = (const uint8_t *)now;
	const uint8_t *frame = (const uint8_t *)&fake_root->frame;

	(void)then;
	if (at >= frame && at < frame + sizeof(fake_root->frame))
		return;
	if (at >= (const uint8_t *)&cpus[0]->entry && at < (const uint8_t *)(&cpus[0]->entry + 1))
		return; /* in_kernel */
	fake_fail(__FILE__, __LINE__, "a refused call changes nothing but its registers");
}

static void refused(handle_t object, uint64_t method, const uint64_t words[6], status_t expected)
{
	status_t status;

	fake_save(0);
	status = user_invoke_words(object, method, words);
	if (status != expected)
		print_error("object %#lx method %lu: status %ld, not %ld\n", (unsigned long)object,
			(unsigned long)method, (long)status, (long)expected);
	assert_int_equal(status, expected);
	fake_compare(0, must_be_caller);
}

static const uint64_t nothing[6];

static bool has_method(uint64_t type, uint64_t number)
{
	for (size_t i = 0; i < METHODS; i++) {
		if (methods[i].type == type && methods[i].number == number)
			return true;
	}
	return false;
}

static void test_no_method(void **state)
{
	(void)state;
	for (uint64_t type = 1; type < TYPES; type++) {
		if (objects[type] == 0)
			continue;
		for (uint64_t number = 0; number < 24; number++) {
			if (!has_method(type, number))
				refused(objects[type], number, nothing, ERR_NO_METHOD);
		}
		refused(objects[type], 255, nothing, ERR_NO_METHOD);
		refused(objects[type], 256, nothing, ERR_NO_METHOD);
		refused(objects[type], (uint64_t)1 << 32, nothing, ERR_NO_METHOD);
		refused(objects[type], UINT64_MAX, nothing, ERR_NO_METHOD);
	}
	refused(stale, 0, nothing, ERR_STALE);
	refused(0, 0, nothing, ERR_INVALID_HANDLE);
}

/* Objects that can have one capability only lose the right in their slot. */
static void test_missing_rights(void **state)
{
	(void)state;
	for (size_t i = 0; i < METHODS; i++) {
		const struct method *m = &methods[i];
		struct slot *slot = user_slot_at(user_index(objects[m->type]));
		uint64_t before = slot->rights;

		for (uint64_t bit = 1; bit <= RIGHT_ALL; bit <<= 1) {
			if ((m->rights & bit) == 0)
				continue;
			slot->rights = RIGHT_ALL & ~bit & 0xffffu;
			refused(objects[m->type], m->number, nothing, ERR_RIGHTS);
			slot->rights = m->rights & ~bit & 0xffffu;
			refused(objects[m->type], m->number, nothing, ERR_RIGHTS);
		}
		slot->rights = before & 0xffffu;
	}
}

/* --- handles in arguments --------------------------------------------------------------------- */

#define ANY 0u /* of every type */

/* Where methods take handles: what they must be, and the other arguments. `F`: a free slot. */
#define F UINT64_C(0xf1ee)
#define C UINT64_C(0xc0de) /* a handle of the type that the row wants, with all rights */

static const struct place {
	uint64_t object;
	uint64_t number;
	uint32_t argument;
	uint32_t type;
	uint64_t rights;
	uint64_t words[6];
} places[] = {
	{OBJECT_UNTYPED, METHOD_UNTYPED_RETYPE, 3, OBJECT_CNODE, RIGHT_CONTROL,
		{OBJECT_ENDPOINT, 0, 1, C, F}},
	{OBJECT_CNODE, METHOD_CNODE_COPY, 1, ANY, 0, {4, C, RIGHT_ALL}},
	{OBJECT_CNODE, METHOD_CNODE_MINT, 1, ANY, 0, {4, C, RIGHT_ALL}},
	{OBJECT_CNODE, METHOD_CNODE_MOVE, 1, ANY, 0, {4, C}},
	{OBJECT_CNODE, METHOD_CNODE_CANCEL_BADGE, 0, OBJECT_ENDPOINT, RIGHT_READ, {C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 0, OBJECT_CNODE, 0, {C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 1, OBJECT_ADDRESS_SPACE, 0, {0, C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 2, OBJECT_FRAME, RW, {0, 0, C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 3, OBJECT_SCHED_CONTEXT, RIGHT_CONTROL,
		{0, 0, 0, C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 4, OBJECT_ENDPOINT, RIGHT_WRITE, {0, 0, 0, 0, C}},
	{OBJECT_THREAD, METHOD_THREAD_CONFIGURE, 5, OBJECT_ENDPOINT, RIGHT_WRITE,
		{0, 0, 0, 0, 0, C}},
	{OBJECT_THREAD, METHOD_THREAD_SET_PRIORITY, 1, OBJECT_THREAD, RIGHT_CONTROL, {0, C}},
	{OBJECT_THREAD, METHOD_THREAD_SET_MAXIMUM, 1, OBJECT_THREAD, RIGHT_CONTROL, {0, C}},
	{OBJECT_THREAD, METHOD_THREAD_SET_UPCALL, 2, OBJECT_FRAME, RW,
		{0x400000, 0x500000, C, 0x600000, 1}},
	{OBJECT_THREAD, METHOD_THREAD_BIND, 0, OBJECT_NOTIFICATION, RIGHT_READ, {C}},
	{OBJECT_ADDRESS_SPACE, METHOD_ADDRESS_SPACE_GIVE_TABLES, 0, OBJECT_CNODE, RIGHT_CONTROL,
		{C, F, 1}},
	{OBJECT_ADDRESS_SPACE, METHOD_ADDRESS_SPACE_MAP, 0, OBJECT_FRAME, RIGHT_READ,
		{C, 0, ADDRESS, 1, RIGHT_READ}},
	{OBJECT_ADDRESS_SPACE, METHOD_ADDRESS_SPACE_PROTECT, 0, OBJECT_FRAME, RIGHT_READ,
		{C, RIGHT_READ}},
	{OBJECT_ADDRESS_SPACE, METHOD_ADDRESS_SPACE_UNMAP, 0, OBJECT_FRAME, 0, {C}},
	{OBJECT_ADDRESS_SPACE, METHOD_ADDRESS_SPACE_CLONE, 0, OBJECT_ADDRESS_SPACE, RIGHT_CONTROL,
		{C, 0, F, F, 1}},
	{OBJECT_IRQ_CONTROL, METHOD_IRQ_CONTROL_ALLOCATE_LINE, 2, OBJECT_CNODE, RIGHT_CONTROL,
		{10, 0, C, F}},
	{OBJECT_IRQ_CONTROL, METHOD_IRQ_CONTROL_ALLOCATE_MSI, 1, OBJECT_CNODE, RIGHT_CONTROL,
		{1, C, F}},
	{OBJECT_IRQ, METHOD_IRQ_BIND, 0, OBJECT_NOTIFICATION, RIGHT_WRITE, {C, 1}},
	{OBJECT_DMA_SPACE, METHOD_DMA_SPACE_GIVE_TABLES, 0, OBJECT_CNODE, RIGHT_CONTROL, {C, F, 1}},
	{OBJECT_DMA_SPACE, METHOD_DMA_SPACE_MAP, 0, OBJECT_FRAME, RIGHT_READ,
		{C, 0, ADDRESS, 1, RIGHT_READ}},
	{OBJECT_DMA_SPACE, METHOD_DMA_SPACE_UNMAP, 0, OBJECT_FRAME, 0, {C}},
	{OBJECT_IOMMU, METHOD_IOMMU_GIVE_TABLES, 1, OBJECT_CNODE, RIGHT_CONTROL, {0, C, F, 1}},
	{OBJECT_IOMMU, METHOD_IOMMU_ATTACH, 2, OBJECT_DMA_SPACE, 0, {0, 3, C}},
	{OBJECT_IOMMU, METHOD_IOMMU_BIND, 1, OBJECT_IRQ, RIGHT_CONTROL, {0, C}},
	{OBJECT_IO_PORT, METHOD_IO_PORT_DERIVE, 2, OBJECT_CNODE, RIGHT_CONTROL, {0x3f8, 8, C, F}},
	{OBJECT_PLATFORM, METHOD_PLATFORM_CHECK_WX, 0, OBJECT_ADDRESS_SPACE, 0, {C}},
	{OBJECT_PLATFORM, METHOD_PLATFORM_TRACE_BUFFER, 1, OBJECT_FRAME, RW, {0, C}},
};

static void fill(uint64_t words[6], const struct place *place, handle_t handle)
{
	for (uint32_t i = 0; i < 6; i++)
		words[i] = place->words[i] == F ? free_slot : place->words[i];
	words[place->argument] = handle;
}

static void test_handles(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const struct place *place = &places[i];
		handle_t object = objects[place->object];
		uint64_t words[6];

		fill(words, place, stale);
		refused(object, place->number, words, ERR_STALE);
		fill(words, place, 1); /* a header's slot */
		refused(object, place->number, words, ERR_INVALID_HANDLE);
		for (uint32_t type = 1; type < TYPES && place->type != ANY; type++) {
			if (type == place->type || objects[type] == 0)
				continue;
			fill(words, place, objects[type]);
			refused(object, place->number, words, ERR_WRONG_TYPE);
		}
		for (uint64_t bit = 1; bit <= RIGHT_ALL; bit <<= 1) {
			struct slot *slot = user_slot_at(user_index(objects[place->type]));

			if ((place->rights & bit) == 0 || objects[place->type] == object)
				continue;
			slot->rights &= ~bit & 0xffffu;
			fill(words, place, objects[place->type]);
			refused(object, place->number, words, ERR_RIGHTS);
			slot->rights = RIGHT_ALL;
		}
	}
}

/* --- arguments of all kinds ------------------------------------------------------------------- */

static uint64_t any_argument(void)
{
	static const uint64_t edges[] = {0, 1, 2, 3, 4, 7, 8, 0xfff, 0x1000, ADDRESS, 0x7fffffff,
		0x80000000, 0xffffffff, (uint64_t)1 << 32, ABI_USER_ADDRESS_END - 1,
		ABI_USER_ADDRESS_END, 0xffff800000000000u, INT64_MAX, UINT64_MAX - 0xfff,
		UINT64_MAX};

	switch (user_below(4)) {
	case 0:
		return edges[user_below(sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return user_random();
	case 2:
		return free_slot + user_below(4);
	default:
		return objects[user_below(TYPES)];
	}
}

/* Whatever the arguments, the kernel's state stays whole. Some destroy what they name, which is
 * why each method has a fresh machine; the first task's own thread and power are left out. */
static void test_any_arguments(void **state)
{
	(void)state;
	(void)end(NULL);
	user_seed(7);
	for (size_t i = 0; i < METHODS; i++) {
		const struct method *m = &methods[i];

		if (m->type == OBJECT_PLATFORM && m->number == METHOD_PLATFORM_POWER)
			continue;
		(void)boot(NULL);
		for (uint32_t round = 0; round < 60; round++) {
			uint64_t words[6];

			for (uint32_t w = 0; w < 6; w++)
				words[w] = any_argument();
			if (m->type == OBJECT_CNODE && words[0] < free_slot)
				words[0] = free_slot;
			(void)user_invoke_words(objects[m->type], m->number, words);
			fake_settle();
			invariants_check();
		}
		(void)end(NULL);
	}
	(void)boot(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_method, boot, end),
		cmocka_unit_test_setup_teardown(test_missing_rights, boot, end),
		cmocka_unit_test_setup_teardown(test_handles, boot, end),
		cmocka_unit_test_setup_teardown(test_any_arguments, boot, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
