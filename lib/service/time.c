// SPDX-License-Identifier: MIT OR Apache-2.0
/* The time page: see struct time_page in abi/structs.toml. */
#include <craton/service.h>

uint64_t time_now(void)
{
	const volatile struct time_page *page =
		(const volatile struct time_page *)PROCESS_TIME_ADDRESS;
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return page->base_ns +
	       (uint64_t)((unsigned __int128)(((uint64_t)high << 32 | low) - page->tsc_base) *
				  page->multiplier >>
			  page->shift);
}
