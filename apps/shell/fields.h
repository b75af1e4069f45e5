// SPDX-License-Identifier: MIT OR Apache-2.0
// A growing list of strings, null-terminated for use as an argument vector.
#ifndef SHELL_FIELDS_H
#define SHELL_FIELDS_H

#include <stddef.h>

struct fields {
	char **items; // null while empty
	size_t count, capacity;
};

void fields_add(struct fields *fields, char *item); // takes the malloc'd string
void fields_sort(struct fields *fields, size_t from);
void fields_free(struct fields *fields);

#endif
