// SPDX-License-Identifier: MIT OR Apache-2.0
/* Handles, rights, derivation, untyped memory. */
#include "framework.h"

#define PATH(handle) ((handle) & 0xffffff)

static void test_handles(void)
{
	handle_t endpoint = make(OBJECT_ENDPOINT, 0);
	uint64_t tag;
	handle_t stale;

	CHECK_STATUS(sys_signal(0), ERR_INVALID_HANDLE);
	CHECK_STATUS(sys_signal(1), ERR_INVALID_HANDLE);
	CHECK_STATUS(sys_signal(0xffffff), ERR_INVALID_HANDLE);
	CHECK_STATUS(sys_signal(handle_of(next_slot(), 1)), ERR_STALE);
	CHECK_STATUS(sys_signal(endpoint), ERR_WRONG_TYPE);
	CHECK_STATUS(sys_signal(endpoint + ((uint64_t)1 << 24)), ERR_STALE);
	stale = endpoint;
	CHECK_STATUS(cnode_delete(root->cnode, PATH(endpoint)), OK);
	CHECK_STATUS(sys_signal(stale), ERR_STALE);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(endpoint)), ERR_STALE);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_NOTIFICATION, 0, 1, root->cnode,
			     PATH(stale), &tag),
		OK);
	CHECK_STATUS(sys_signal(stale), ERR_STALE);
	CHECK_STATUS(sys_signal(handle_of(PATH(stale), tag)), OK);
}

static void test_rights(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	handle_t readable = copy(notification, RIGHT_READ);
	handle_t writable = mint(notification, RIGHT_WRITE, 6);
	uint64_t bits = 0;
	uint64_t tag;

	CHECK_STATUS(sys_signal(readable), ERR_RIGHTS);
	CHECK_STATUS(sys_signal(writable), OK);
	CHECK_STATUS(sys_wait(writable, ~(uint64_t)0, 0, &bits), ERR_RIGHTS);
	CHECK_STATUS(sys_wait(readable, ~(uint64_t)0, 0, &bits), OK);
	CHECK(bits == 6);
	/* Rights never grow, badges never change. */
	writable = copy(readable, RIGHT_ALL);
	CHECK_STATUS(sys_signal(writable), ERR_RIGHTS);
	writable = mint(notification, RIGHT_WRITE, 1);
	CHECK_STATUS(
		cnode_mint(root->cnode, next_slot(), writable, RIGHT_ALL, 2, &tag), ERR_RIGHTS);
	CHECK_STATUS(cnode_mint(root->cnode, next_slot(), notification, RIGHT_ALL,
			     (uint64_t)1 << 48, &tag),
		ERR_RANGE);
	CHECK_STATUS(cnode_mint(root->cnode, next_slot(), root->thread, RIGHT_ALL, 2, &tag),
		ERR_INVALID_ARGUMENT);
}

static void test_retype_errors(void)
{
	uint64_t tag;
	uint64_t slot = next_slot();
	handle_t cnode = root->cnode;

	CHECK_STATUS(untyped_retype(test_memory, OBJECT_NULL, 0, 1, cnode, slot, &tag),
		ERR_INVALID_ARGUMENT);
	CHECK_STATUS(
		untyped_retype(test_memory, 99, 0, 1, cnode, slot, &tag), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_FRAME, 11, 1, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_FRAME, 60, 1, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_CNODE, 1, 1, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_CNODE, 21, 1, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 0, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 33, cnode, slot, &tag), ERR_RANGE);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 1, cnode, 1, &tag), ERR_RANGE);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 1, cnode, 1u << 20, &tag),
		ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 2, cnode, 4095, &tag), ERR_RANGE);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 2, cnode, ~(uint64_t)0, &tag),
		ERR_RANGE);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 1, cnode, 2, &tag), ERR_OCCUPIED);
	CHECK_STATUS(
		untyped_retype(test_memory, OBJECT_FRAME, 23, 1, cnode, slot, &tag), ERR_NO_MEMORY);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_ENDPOINT, 0, 1, root->thread, slot, &tag),
		ERR_WRONG_TYPE);
	CHECK_STATUS(untyped_reset(test_memory), OK);
}

static void test_exhaust_memory(void)
{
	handle_t small = make(OBJECT_UNTYPED, 14);
	uint64_t tag;
	uint64_t made = 0;
	uint64_t first = next_slot();
	uint64_t size;
	uint64_t used;
	uint64_t address;

	while (untyped_retype(small, OBJECT_FRAME, 12, 1, root->cnode, next_slot(), &tag) == OK)
		made++;
	CHECK(made == 4);
	CHECK_STATUS(untyped_retype(small, OBJECT_ENDPOINT, 0, 1, root->cnode, next_slot(), &tag),
		ERR_NO_MEMORY);
	CHECK_STATUS(untyped_info(small, &size, &used, &address), OK);
	CHECK(size == 16384 && used == 16384);
	CHECK_STATUS(untyped_reset(small), ERR_HAS_CHILDREN);
	CHECK_STATUS(cnode_revoke(root->cnode, PATH(small)), OK);
	CHECK_STATUS(cnode_delete(root->cnode, first), ERR_STALE);
	CHECK_STATUS(untyped_reset(small), OK);
	CHECK_STATUS(untyped_info(small, &size, &used, &address), OK);
	CHECK(used == 0);
}

static void test_derivation(void)
{
	handle_t endpoint = make(OBJECT_ENDPOINT, 0);
	handle_t twin = copy(endpoint, RIGHT_ALL);
	handle_t child = mint(endpoint, RIGHT_ALL, 5);
	handle_t grandchild = mint(child, RIGHT_WRITE, 0);
	handle_t other = mint(twin, RIGHT_WRITE, 9);
	uint64_t type, rights, badge, tag, detail;

	CHECK_STATUS(
		cnode_inspect(root->cnode, PATH(grandchild), &type, &rights, &badge, &tag, &detail),
		OK);
	CHECK(type == OBJECT_ENDPOINT && badge == 5 && rights == RIGHT_WRITE);
	CHECK_STATUS(cnode_revoke(root->cnode, PATH(endpoint)), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(child)), ERR_STALE);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(grandchild)), ERR_STALE);
	/* What came from the twin stays, until the twin goes. */
	CHECK_STATUS(
		cnode_inspect(root->cnode, PATH(other), &type, &rights, &badge, &tag, &detail), OK);
	CHECK(type == OBJECT_ENDPOINT && badge == 9);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(twin)), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(other)), ERR_STALE);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(endpoint)), OK);
}

static void test_depth(void)
{
	handle_t top = make(OBJECT_ENDPOINT, 0);
	handle_t last = top;
	uint64_t tag;
	status_t status = OK;
	uint64_t depth = 0;

	while (depth < 100) {
		uint64_t slot = next_slot();

		status = cnode_mint(root->cnode, slot, last, RIGHT_ALL, 0, &tag);
		if (status != OK)
			break;
		last = handle_of(slot, tag);
		depth++;
	}
	CHECK_STATUS(status, ERR_DEPTH);
	CHECK(depth == ABI_DERIVATION_DEPTH);
	CHECK_STATUS(cnode_revoke(root->cnode, PATH(top)), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(last)), ERR_STALE);
}

static void test_move(void)
{
	handle_t notification = make(OBJECT_NOTIFICATION, 0);
	handle_t child = mint(notification, RIGHT_WRITE, 3);
	uint64_t slot = next_slot();
	uint64_t tag;
	uint64_t bits = 0;
	handle_t moved;

	CHECK_STATUS(cnode_move(root->cnode, 2, notification, &tag), ERR_OCCUPIED);
	CHECK_STATUS(cnode_move(root->cnode, slot, notification, &tag), OK);
	moved = handle_of(slot, tag);
	CHECK_STATUS(sys_signal(notification), ERR_STALE);
	CHECK_STATUS(sys_signal(child), OK);
	CHECK_STATUS(sys_wait(moved, ~(uint64_t)0, 0, &bits), OK);
	CHECK(bits == 3);
	CHECK_STATUS(cnode_revoke(root->cnode, slot), OK);
	CHECK_STATUS(sys_signal(child), ERR_STALE);
}

static void test_nested_cnodes(void)
{
	handle_t outer = make(OBJECT_CNODE, 4);
	uint64_t tag;
	uint64_t inner_tag;
	handle_t inner;
	handle_t deep;

	CHECK_STATUS(untyped_retype(test_memory, OBJECT_CNODE, 4, 1, outer, 3, &inner_tag), OK);
	inner = handle_of(PATH(outer) | 3u << 12, inner_tag);
	CHECK_STATUS(untyped_retype(test_memory, OBJECT_NOTIFICATION, 0, 1, inner, 5, &tag), OK);
	deep = handle_of(PATH(outer) | 3u << 12 | 5u << 16, tag);
	CHECK_STATUS(sys_signal(deep), OK);
	CHECK_STATUS(sys_signal(handle_of(PATH(outer) | 3u << 12 | 6u << 16, tag)), ERR_STALE);
	CHECK_STATUS(
		sys_signal(handle_of(PATH(outer) | 4u << 12 | 5u << 16, tag)), ERR_INVALID_HANDLE);
	/* Cycles go as well: a table that holds itself. */
	CHECK_STATUS(cnode_copy(inner, 6, outer, RIGHT_ALL, &tag), OK);
	CHECK_STATUS(cnode_copy(inner, 7, inner, RIGHT_ALL, &tag), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(outer)), OK);
}

static void test_delete_many(void)
{
	handle_t table = make(OBJECT_CNODE, 10);
	uint64_t tag;

	for (uint64_t i = 2; i < 1024; i++)
		CHECK_STATUS(cnode_mint(table, i, root->platform, RIGHT_READ, 0, &tag), OK);
	CHECK_STATUS(cnode_delete(root->cnode, PATH(table)), OK);
}

static void test_lifetimes(void)
{
	uint64_t size;
	uint64_t used;
	uint64_t address;

	for (unsigned i = 0; i < 2000; i++) {
		handle_t memory = make(OBJECT_UNTYPED, 15);
		uint64_t tag;
		uint64_t slot = next_slot();

		CHECK_STATUS(
			untyped_retype(memory, OBJECT_THREAD, 0, 2, root->cnode, slot, &tag), OK);
		slot = next_slot() + 1;
		CHECK_STATUS(
			untyped_retype(memory, OBJECT_CNODE, 6, 1, root->cnode, slot, &tag), OK);
		CHECK_STATUS(cnode_revoke(root->cnode, PATH(memory)), OK);
		CHECK_STATUS(untyped_reset(memory), OK);
		CHECK_STATUS(untyped_info(memory, &size, &used, &address), OK);
		CHECK(used == 0);
		CHECK_STATUS(cnode_delete(root->cnode, PATH(memory)), OK);
		if (i % 50 == 49) {
			CHECK_STATUS(untyped_reset(test_memory), OK);
		}
		(void)next_slot();
		if (PATH(memory) > 3000)
			break;
	}
}

#define BATCH       25u
#define BATCHES     400u
#define BATCH_ORDER 17u

/* Threads that are ready, with parts of their own, in slots from `threads` and `contexts`. */
static void make_threads(handle_t memory, uint64_t threads, uint64_t contexts)
{
	uint64_t thread;
	uint64_t context;

	CHECK_STATUS(
		untyped_retype(memory, OBJECT_THREAD, 0, BATCH, root->cnode, threads, &thread), OK);
	CHECK_STATUS(untyped_retype(memory, OBJECT_SCHED_CONTEXT, 0, BATCH, root->cnode, contexts,
			     &context),
		OK);
	for (uint64_t i = 0; i < BATCH; i++) {
		handle_t t = handle_of(threads + i, thread + i);
		handle_t c = handle_of(contexts + i, context + i);

		CHECK_STATUS(sched_context_configure(c, 0, 1000000, 0, 0), OK);
		CHECK_STATUS(thread_configure(t, root->cnode, root->space, 0, c, 0, 0), OK);
		CHECK_STATUS(thread_resume(t), OK); /* of the least priority: it never runs */
	}
}

/* All memory is there again after each batch. */
static void test_10000_threads(void)
{
	handle_t memory = make(OBJECT_UNTYPED, BATCH_ORDER);
	uint64_t threads = next_slot();
	uint64_t contexts = threads + BATCH;
	uint64_t size;
	uint64_t address;
	uint64_t used_before;
	uint64_t used;

	for (unsigned i = 1; i < 2 * BATCH; i++)
		(void)next_slot();
	CHECK_STATUS(untyped_info(test_memory, &size, &used_before, &address), OK);
	for (unsigned i = 0; i < BATCHES && checks_failed == 0; i++) {
		make_threads(memory, threads, contexts);
		if (i % 2 == 0) { /* one by one, then the rest */
			for (uint64_t slot = threads; slot < threads + BATCH; slot++)
				CHECK_STATUS(cnode_delete(root->cnode, slot), OK);
		}
		CHECK_STATUS(cnode_revoke(root->cnode, PATH(memory)), OK);
		CHECK_STATUS(untyped_info(memory, &size, &used, &address), OK);
		CHECK(used >= BATCH * 2048);
		CHECK_STATUS(untyped_reset(memory), OK);
		CHECK_STATUS(untyped_info(memory, &size, &used, &address), OK);
		CHECK(used == 0);
	}
	CHECK_STATUS(untyped_info(test_memory, &size, &used, &address), OK);
	CHECK(used == used_before);
}

/* Without a byte left each type is refused by name, and nothing changes. */
static void test_nothing_left(void)
{
	handle_t memory = make(OBJECT_UNTYPED, 12);
	handle_t space = make(OBJECT_ADDRESS_SPACE, 0); /* without tables */
	handle_t frame = make(OBJECT_FRAME, 12);
	uint64_t slot = next_slot();
	uint64_t tag = 0;
	uint64_t size, used, address, type, rights, badge, detail;
	uint64_t missing = 0;

	CHECK_STATUS(
		untyped_retype(memory, OBJECT_FRAME, 12, 1, root->cnode, next_slot(), &tag), OK);
	for (uint64_t t = OBJECT_UNTYPED; t <= OBJECT_FRAME; t++) {
		uint64_t log = t == OBJECT_UNTYPED || t == OBJECT_FRAME ? 12
			       : t == OBJECT_CNODE                      ? 2
									: 0;

		CHECK_STATUS(
			untyped_retype(memory, t, log, 1, root->cnode, slot, &tag), ERR_NO_MEMORY);
		CHECK_STATUS(
			cnode_inspect(root->cnode, slot, &type, &rights, &badge, &tag, &detail),
			OK);
		CHECK(type == OBJECT_NULL && tag == 0);
		CHECK_STATUS(untyped_info(memory, &size, &used, &address), OK);
		CHECK(size == 4096 && used == 4096);
	}
	CHECK_STATUS(address_space_map(space, frame, 0, 0x400000, 1, RIGHT_READ, &missing),
		ERR_NEED_TABLES);
	CHECK(missing >= 3);
	CHECK_STATUS(address_space_unmap(space, frame), ERR_NOT_MAPPED);
}

static void test_methods(void)
{
	struct message m = {0};

	CHECK_STATUS(abi_enter(SYSCALL_INVOKE, root->cnode, 200, 0, 0, &m), ERR_NO_METHOD);
	CHECK_STATUS(abi_enter(SYSCALL_INVOKE, root->cnode, 1u << 20, 0, 0, &m), ERR_NO_METHOD);
	CHECK_STATUS(abi_enter(SYSCALL_COUNT, 0, 0, 0, 0, &m), ERR_NO_SYSCALL);
	CHECK_STATUS(abi_enter(~(uint64_t)0, 0, 0, 0, 0, &m), ERR_NO_SYSCALL);
}

static void test_abi_hash(void)
{
	uint64_t hash = 0;

	CHECK_STATUS(sys_abi(&hash), OK);
	CHECK(hash == ABI_HASH);
	CHECK(root->abi_hash == ABI_HASH);
}

static void test_ports(void)
{
	uint64_t value = 0;
	uint64_t slot = next_slot();
	uint64_t tag;
	handle_t few;

	CHECK_STATUS(io_port_derive(root->io_port, 0x70, 2, root->cnode, slot, &tag), OK);
	few = handle_of(slot, tag);
	CHECK_STATUS(io_port_out(few, 0x70, 1, 0x0a), OK);
	CHECK_STATUS(io_port_in(few, 0x71, 1, &value), OK);
	CHECK_STATUS(io_port_in(few, 0x72, 1, &value), ERR_RANGE);
	CHECK_STATUS(io_port_in(few, 0x6f, 1, &value), ERR_RANGE);
	CHECK_STATUS(io_port_in(few, 0x71, 2, &value), ERR_RANGE);
	CHECK_STATUS(io_port_in(few, 0x71, 3, &value), ERR_INVALID_ARGUMENT);
	CHECK_STATUS(io_port_derive(few, 0x71, 2, root->cnode, next_slot(), &tag), ERR_RANGE);
}

const struct test capability_tests[] = {
	{"capability/handles", test_handles},
	{"capability/rights", test_rights},
	{"capability/retype_errors", test_retype_errors},
	{"capability/exhaust_memory", test_exhaust_memory},
	{"capability/derivation", test_derivation},
	{"capability/depth", test_depth},
	{"capability/move", test_move},
	{"capability/nested_cnodes", test_nested_cnodes},
	{"capability/delete_many", test_delete_many},
	{"capability/lifetimes", test_lifetimes},
	{"capability/10000_threads", test_10000_threads},
	{"capability/nothing_left", test_nothing_left},
	{"capability/methods", test_methods},
	{"capability/abi_hash", test_abi_hash},
	{"capability/ports", test_ports},
	{nullptr, nullptr},
};
