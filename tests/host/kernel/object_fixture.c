// SPDX-License-Identifier: MIT OR Apache-2.0
// See object_fixture.h.
#include "object_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fake/invariants.h"

int object_boot(void **state)
{
	(void)state;
	user_boot(2);
	return 0;
}

int object_end(void **state)
{
	(void)state;
	fake_settle();
	invariants_check();
	fake_end();
	return 0;
}

status_t map(handle_t space, handle_t frame, uint64_t address, uint64_t pages, uint64_t f)
{
	return user_invoke(space, METHOD_ADDRESS_SPACE_MAP, frame, 0, address, pages, f);
}
