// SPDX-License-Identifier: MIT OR Apache-2.0
// See fields.h.
// Tests: tests/host/apps/expand_test.c
#include "fields.h"

#include "../lib/text.h"

#include <stdlib.h>
#include <string.h>

void fields_add(struct fields *fields, char *item)
{
	fields->items =
		array_room(fields->items, fields->count + 1, &fields->capacity, sizeof item);
	fields->items[fields->count++] = item;
	fields->items[fields->count] = nullptr;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

void fields_sort(struct fields *fields, size_t from)
{
	if (fields->count - from > 1)
		qsort(fields->items + from, fields->count - from, sizeof *fields->items, compare);
}

void fields_free(struct fields *fields)
{
	for (size_t i = 0; i < fields->count; i++)
		free(fields->items[i]);
	free(fields->items);
	*fields = (struct fields){};
}
