// SPDX-License-Identifier: MIT OR Apache-2.0
/* See share_host.h. */
#include "share_host.h"

#include "blocks.h"
#include "pipe.h"

#include <craton/estate.h>
#include <stdlib.h>
#include <string.h>

#define LOANS 64u

static struct loan {
	uint64_t program;
	uint64_t address;
	void *unit;
} loans[LOANS];

static void *units[SHARE_UNITS_END];
static bool is_exhausted;

void share_host_new(void)
{
	for (unsigned i = 0; i < SHARE_UNITS_END; i++) {
		free(units[i]);
		units[i] = nullptr;
	}
	memset(loans, 0, sizeof(loans));
	is_exhausted = false;
}

void share_host_exhaust(bool exhausted)
{
	is_exhausted = exhausted;
}

static struct loan *loan_at(uint64_t program, uint64_t address)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (loans[i].program == program && loans[i].address == address)
			return &loans[i];
	}
	return nullptr;
}

void *share_host_lent(uint64_t program, uint64_t address)
{
	const struct loan *loan = loan_at(program, address);

	return loan != nullptr ? loan->unit : nullptr;
}

uint8_t *share_pool(uint32_t block_count)
{
	return estate_allocate((size_t)block_count * BLOCK_SIZE, BLOCK_SIZE);
}

status_t share_pool_grow(uint32_t step)
{
	(void)step;
	return is_exhausted ? ERR_NO_MEMORY : OK;
}

status_t share_unit(uint32_t key, uint64_t account, void **unit)
{
	(void)account;
	if (units[key] == nullptr && is_exhausted)
		return ERR_QUOTA;
	if (units[key] == nullptr)
		units[key] = calloc(1, MEMORY_SHARED_UNIT);
	*unit = units[key];
	return *unit != nullptr ? OK : ERR_NO_MEMORY;
}

void share_drop(uint32_t key)
{
	for (unsigned i = 0; i < LOANS; i++) {
		if (units[key] != nullptr && loans[i].unit == units[key])
			loans[i] = (struct loan){0};
	}
	free(units[key]);
	units[key] = nullptr;
}

status_t share_lend(uint32_t key, uint64_t program, uint64_t address, uint64_t rights)
{
	struct loan *loan = loan_at(program, address);

	(void)rights;
	if (loan != nullptr)
		return loan->unit == units[key] ? OK : ERR_ALREADY_MAPPED;
	loan = loan_at(0, 0);
	if (loan == nullptr)
		return ERR_NO_MEMORY;
	*loan = (struct loan){program, address, units[key]};
	return OK;
}

void share_take_back(uint64_t program, uint64_t address)
{
	struct loan *loan = loan_at(program, address);

	if (loan != nullptr)
		*loan = (struct loan){0};
}

static unsigned wakes;

void pipe_wake(uint32_t *word)
{
	(void)word;
	wakes++;
}

unsigned share_host_wakes(void)
{
	return wakes;
}
