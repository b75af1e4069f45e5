// SPDX-License-Identifier: MIT OR Apache-2.0
// Random operations on capabilities, against the model; after each one every slot is compared and
// the kernel's own structure is checked.
#include "capability_model.h"
#include "fake/invariants.h"
#include "fake/user.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES     48 /* slots of the first task's CNode that the test uses */
#define MEMORY     19 /* log2 of the bytes in play */
#define RUN_LENGTH 1500

static uint64_t first; /* the slot of place 0 */

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static handle_t handle_at(int place)
{
	return user_handle(first + (uint64_t)place);
}

static void compare(void)
{
	for (int place = 0; place < PLACES; place++) {
		const struct slot *slot = user_slot_at(first + (uint64_t)place);
		int cap = model_at(place);

		if (cap < 0) {
			FAKE_CHECK(slot->type == OBJECT_NULL && slot->tag == 0);
			continue;
		}
		FAKE_CHECK(slot->type == model_caps[cap].type);
		FAKE_CHECK(slot->rights == model_caps[cap].rights);
		FAKE_CHECK(slot->badge == model_caps[cap].badge);
		FAKE_CHECK(slot->depth == model_caps[cap].depth);
		if (slot->type == OBJECT_UNTYPED)
			FAKE_CHECK(slot->detail == model_objects[model_caps[cap].object].taken);
	}
}

/* --- operations: each with arguments that are often wrong ------------------------------------- */

static int any_place(void)
{
	return (int)user_below(PLACES);
}

/* What the kernel says of a handle of this place. */
static status_t handle_status(int place)
{
	return model_at(place) >= 0 ? OK : ERR_STALE;
}

static uint64_t any_rights(void)
{
	return user_below(3) == 0 ? RIGHT_ALL : user_random() & RIGHT_ALL;
}

/* Half of the time a place that holds nothing. */
static int target_place(void)
{
	int place = any_place();

	for (int i = 0; user_below(8) != 0 && i < PLACES && model_at(place) >= 0; i++)
		place = (place + 1) % PLACES;
	return place;
}

static status_t target_status(int place)
{
	return model_at(place) < 0 ? OK : ERR_OCCUPIED;
}

static uint64_t size_for(uint64_t type)
{
	if (user_below(20) == 0)
		return user_below(70);
	if (type == OBJECT_CNODE)
		return 2 + user_below(5);
	if (type == OBJECT_UNTYPED)
		return 12 + user_below(5);
	return type == OBJECT_FRAME ? 12 + user_below(2) : 0;
}

/* A fresh object must be clear. */
static void check_clear(int place, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		const struct slot *slot = user_slot_at(first + (uint64_t)place + i);
		const uint64_t *words = (const uint64_t *)slot_address(slot);

		if (slot->type != OBJECT_FRAME && slot->type != OBJECT_PAGE_TABLE)
			continue;
		for (uint64_t w = 0; w < PAGE_SIZE / 8; w++)
			FAKE_CHECK(words[w] == 0);
		if (slot->type == OBJECT_FRAME) /* its user writes into it */
			memset((void *)slot_address(slot), 0x5a, slot_size(slot));
	}
}

static void do_retype(void)
{
	int place = any_place();
	uint64_t type = user_below(10) == 0 ? user_below(20) : OBJECT_UNTYPED + user_below(10);
	uint64_t size = size_for(type);
	uint64_t count = user_below(8) == 0 ? user_below(40) : 1 + user_below(2);
	int target = target_place();
	int cap = model_at(place);
	status_t expected = handle_status(place);
	status_t status;

	if (target + (int)count > PLACES)
		count = 1;
	if (cap >= 0 && model_caps[cap].type != OBJECT_UNTYPED)
		return; /* method numbers mean something else there */
	if (expected == OK)
		expected = model_retype(cap, type, size, count, target, PLACES);
	status = user_invoke(handle_at(place), METHOD_UNTYPED_RETYPE, type, size, count,
		fake_info->cnode, first + (uint64_t)target);
	FAKE_CHECK(status == expected);
	if (status == OK)
		check_clear(target, count);
}

static void do_copy(bool mint)
{
	int source = any_place();
	int target = target_place();
	uint64_t rights = any_rights();
	uint64_t badge = user_below(3) != 0 ? 0 : user_random() >> user_below(60);
	status_t expected = target_status(target);
	uint64_t arguments[6] = {
		first + (uint64_t)target, handle_at(source), rights, mint ? badge : 0};

	if (expected == OK)
		expected = handle_status(source);
	if (expected == OK)
		expected = mint ? model_mint(model_at(source), target, rights, badge)
				: model_copy(model_at(source), target, rights);
	FAKE_CHECK(user_invoke_words(fake_info->cnode, mint ? METHOD_CNODE_MINT : METHOD_CNODE_COPY,
			   arguments) == expected);
}

static void do_move(void)
{
	int source = any_place();
	int target = target_place();
	handle_t old = handle_at(source);
	status_t expected = target_status(target);

	if (expected == OK)
		expected = handle_status(source);
	if (expected == OK)
		expected = model_move(model_at(source), target);
	FAKE_CHECK(user_invoke(fake_info->cnode, METHOD_CNODE_MOVE, first + (uint64_t)target,
			   old) == expected);
	if (expected == OK) /* the old handle is dead */
		FAKE_CHECK(user_invoke(old, METHOD_UNTYPED_INFO, 0) == ERR_STALE);
}

static void do_delete(void)
{
	int place = any_place();
	status_t expected = handle_status(place);

	if (place == 0)
		return; /* the memory in play stays */
	if (expected == OK)
		model_delete(model_at(place));
	FAKE_CHECK(user_invoke(fake_info->cnode, METHOD_CNODE_DELETE, first + (uint64_t)place) ==
		   expected);
}

static void do_revoke(void)
{
	int place = any_place();
	status_t expected = handle_status(place);

	if (place == 0 && user_below(4) != 0)
		return;
	if (expected == OK)
		model_revoke(model_at(place));
	FAKE_CHECK(user_invoke(fake_info->cnode, METHOD_CNODE_REVOKE, first + (uint64_t)place) ==
		   expected);
}

static void do_reset(void)
{
	int place = user_below(2) == 0 ? 0 : any_place();
	int cap = model_at(place);
	status_t expected = handle_status(place);

	if (cap >= 0 && model_caps[cap].type != OBJECT_UNTYPED)
		return;
	if (expected == OK)
		expected = model_reset_untyped(cap);
	FAKE_CHECK(user_invoke(handle_at(place), METHOD_UNTYPED_RESET, 0) == expected);
}

static void step(void)
{
	switch (user_below(16)) {
	case 0 ... 4:
		do_retype();
		break;
	case 5 ... 7:
		do_copy(false);
		break;
	case 8 ... 10:
		do_copy(true);
		break;
	case 11:
	case 12:
		do_move();
		break;
	case 13:
		do_delete();
		break;
	case 14:
		do_revoke();
		break;
	default:
		do_reset();
		break;
	}
}

static void run(uint64_t steps)
{
	user_boot(1);
	model_reset();
	first = user_slot();
	for (int i = 1; i < PLACES; i++)
		(void)user_slot();
	FAKE_CHECK(user_invoke(user_memory(), METHOD_UNTYPED_RETYPE, OBJECT_UNTYPED, MEMORY, 1,
			   fake_info->cnode, first) == OK);
	(void)model_root(0, OBJECT_UNTYPED, RIGHT_ALL, (uint64_t)1 << MEMORY);
	for (uint64_t i = 0; i < steps; i++) {
		step();
		compare();
		if (i % 8 == 0)
			invariants_check_slots();
	}
	invariants_check();
	fake_end();
}

int main(void)
{
	uint64_t seed = setting("KERNEL_MODEL_SEED", 1);
	uint64_t steps = setting("KERNEL_MODEL_STEPS", 100000);

	printf("capability model: seed %llu, %llu steps\n", (unsigned long long)seed,
		(unsigned long long)steps);
	user_seed(seed);
	for (uint64_t done = 0; done < steps; done += RUN_LENGTH)
		run(RUN_LENGTH);
	return 0;
}
