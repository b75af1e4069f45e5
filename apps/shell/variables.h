// SPDX-License-Identifier: MIT OR Apache-2.0
// Shell variables with their export and read-only marks, and scopes for `local` and for
// assignments before a command.
#ifndef SHELL_VARIABLES_H
#define SHELL_VARIABLES_H

#include <stddef.h>

struct variable {
	struct variable *next;
	char *name, *value; // value null: known (exported, say) but unset
	bool exported, read_only;
};

constexpr size_t VARIABLE_BUCKETS = 64;

struct variable_scope; // what to restore

struct variables {
	struct variable *buckets[VARIABLE_BUCKETS];
	struct variable_scope *scope; // innermost; null: none
};

void variables_free(struct variables *variables);
void variables_copy(struct variables *to, const struct variables *from); // without scopes

// Value or null. Borrowed until the variable changes.
const char *variable_get(const struct variables *variables, const char *name);
struct variable *variable_find(const struct variables *variables, const char *name);
// False: the variable is read-only; nothing changed.
bool variable_set(struct variables *variables, const char *name, const char *value);
bool variable_unset(struct variables *variables, const char *name);
void variable_export(struct variables *variables, const char *name, bool exported);
void variable_lock(struct variables *variables, const char *name);

// A scope remembers the variables that variable_local names; leaving it restores them.
void scope_enter(struct variables *variables);
void scope_leave(struct variables *variables);
void variable_local(struct variables *variables, const char *name);

// NAME=value of all exported ones, malloc'd, null-terminated; free with environment_free.
char **environment_make(const struct variables *variables);
void environment_free(char **environment);
// All variables in order of their names; free() the array.
struct variable **variables_sorted(const struct variables *variables, size_t *count);

#endif
