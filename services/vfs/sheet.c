// SPDX-License-Identifier: MIT OR Apache-2.0
/* The sheet: see sheet.h. It is no part of transactions: a word that changes for nothing makes
 * clients ask once more. */
#include "sheet.h"

#include "share.h"

static uint32_t *words;

status_t sheet_open(void)
{
	void *unit;
	status_t status = share_unit(SHARE_SHEET, 0, &unit);

	words = unit;
	return status;
}

uint32_t sheet_stamp(uint32_t slot)
{
	return words[slot];
}

void sheet_change(uint32_t slot)
{
	__atomic_store_n(&words[slot], words[slot] + 1, __ATOMIC_RELEASE);
}
