// SPDX-License-Identifier: MIT OR Apache-2.0
// See variables.h.
// Tests: tests/host/apps/expand_test.c
#include "variables.h"

#include "../lib/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct saved_variable {
	struct saved_variable *next;
	char *name, *value;
	bool existed, exported, read_only;
};

struct variable_scope {
	struct variable_scope *outer;
	struct saved_variable *saved;
};

static size_t bucket_of(const char *name)
{
	uint32_t hash = 2166136261;
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return hash % VARIABLE_BUCKETS;
}

struct variable *variable_find(const struct variables *variables, const char *name)
{
	struct variable *variable = variables->buckets[bucket_of(name)];
	while (variable && strcmp(variable->name, name) != 0)
		variable = variable->next;
	return variable;
}

static struct variable *variable_ensure(struct variables *variables, const char *name)
{
	struct variable *variable = variable_find(variables, name);
	if (variable)
		return variable;
	struct variable **bucket = &variables->buckets[bucket_of(name)];
	variable = memory_get(sizeof *variable);
	variable->name = memory_string(name);
	variable->next = *bucket;
	*bucket = variable;
	return variable;
}

static void variable_free(struct variable *variable)
{
	free(variable->name);
	free(variable->value);
	free(variable);
}

static void variable_remove(struct variables *variables, const char *name)
{
	struct variable **link = &variables->buckets[bucket_of(name)];
	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	if (*link) {
		struct variable *gone = *link;
		*link = gone->next;
		variable_free(gone);
	}
}

const char *variable_get(const struct variables *variables, const char *name)
{
	const struct variable *variable = variable_find(variables, name);
	return variable ? variable->value : nullptr;
}

static void value_replace(struct variable *variable, const char *value)
{
	char *copy = value ? memory_string(value) : nullptr;
	free(variable->value);
	variable->value = copy;
}

bool variable_set(struct variables *variables, const char *name, const char *value)
{
	struct variable *variable = variable_ensure(variables, name);
	if (variable->read_only)
		return false;
	value_replace(variable, value);
	return true;
}

bool variable_unset(struct variables *variables, const char *name)
{
	struct variable *variable = variable_find(variables, name);
	if (variable && variable->read_only)
		return false;
	variable_remove(variables, name);
	return true;
}

void variable_export(struct variables *variables, const char *name, bool exported)
{
	variable_ensure(variables, name)->exported = exported;
}

void variable_lock(struct variables *variables, const char *name)
{
	variable_ensure(variables, name)->read_only = true;
}

void scope_enter(struct variables *variables)
{
	struct variable_scope *scope = memory_get(sizeof *scope);
	scope->outer = variables->scope;
	variables->scope = scope;
}

static void saved_restore(struct variables *variables, struct saved_variable *saved)
{
	if (!saved->existed) {
		variable_remove(variables, saved->name);
	} else {
		struct variable *variable = variable_ensure(variables, saved->name);
		value_replace(variable, saved->value);
		variable->exported = saved->exported;
		variable->read_only = saved->read_only;
	}
	free(saved->name);
	free(saved->value);
	free(saved);
}

void scope_leave(struct variables *variables)
{
	struct variable_scope *scope = variables->scope;
	if (!scope)
		return;
	variables->scope = scope->outer;
	while (scope->saved) {
		struct saved_variable *saved = scope->saved;
		scope->saved = saved->next;
		saved_restore(variables, saved);
	}
	free(scope);
}

void variable_local(struct variables *variables, const char *name)
{
	struct variable_scope *scope = variables->scope;
	if (!scope)
		return;
	for (struct saved_variable *saved = scope->saved; saved; saved = saved->next)
		if (strcmp(saved->name, name) == 0)
			return;
	const struct variable *variable = variable_find(variables, name);
	struct saved_variable *saved = memory_get(sizeof *saved);
	saved->name = memory_string(name);
	if (variable) {
		saved->existed = true;
		saved->value = variable->value ? memory_string(variable->value) : nullptr;
		saved->exported = variable->exported;
		saved->read_only = variable->read_only;
	}
	saved->next = scope->saved;
	scope->saved = saved;
}

void variables_free(struct variables *variables)
{
	while (variables->scope)
		scope_leave(variables);
	for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
		while (variables->buckets[i]) {
			struct variable *variable = variables->buckets[i];
			variables->buckets[i] = variable->next;
			variable_free(variable);
		}
	}
}

void variables_copy(struct variables *to, const struct variables *from)
{
	*to = (struct variables){};
	for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
		for (const struct variable *old = from->buckets[i]; old; old = old->next) {
			struct variable *copy = variable_ensure(to, old->name);
			value_replace(copy, old->value);
			copy->exported = old->exported;
			copy->read_only = old->read_only;
		}
	}
}

static int compare_names(const void *left, const void *right)
{
	const struct variable *const *a = left, *const *b = right;
	return strcmp((*a)->name, (*b)->name);
}

struct variable **variables_sorted(const struct variables *variables, size_t *count)
{
	struct variable **list = nullptr;
	size_t capacity = 0;
	*count = 0;
	for (size_t i = 0; i < VARIABLE_BUCKETS; i++) {
		for (struct variable *entry = variables->buckets[i]; entry; entry = entry->next) {
			list = array_room(list, *count, &capacity, sizeof *list);
			list[(*count)++] = entry;
		}
	}
	if (list)
		qsort(list, *count, sizeof *list, compare_names);
	return list;
}

char **environment_make(const struct variables *variables)
{
	size_t count, used = 0;
	struct variable **list = variables_sorted(variables, &count);
	char **environment = memory_get((count + 1) * sizeof *environment);
	for (size_t i = 0; i < count; i++) {
		if (!list[i]->exported || !list[i]->value)
			continue;
		struct text entry = {};
		text_format(&entry, "%s=%s", list[i]->name, list[i]->value);
		environment[used++] = text_take(&entry);
	}
	free(list);
	return environment;
}

void environment_free(char **environment)
{
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	free(environment);
}
