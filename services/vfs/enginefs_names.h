// SPDX-License-Identifier: MIT OR Apache-2.0
/* What an engine said about names and attributes, for as long as it is true: all changes come
 * through the VFS, which says here what each concerns. Nothing that a transaction changed is kept
 * before it is committed. In memory of the instance; a new one asks again. */
#pragma once

#include <craton/file_engine.h>

/* All that is known of a volume is forgotten. */
void names_forget_volume(unsigned index);

/* OK: the name is `*node`; ERR_NOT_FOUND: there is no such name; FILE_LATER: it is not known. */
[[nodiscard]] status_t names_find(unsigned index, struct entry_name name, uint64_t *node);

/* What the engine answered: OK or ERR_NOT_FOUND. */
void names_add(unsigned index, struct entry_name name, status_t status, uint64_t node);

/* The name may stand for something else now, with `has_aliases` all of its directory, which may
 * have other attributes. */
void names_change(unsigned index, struct entry_name name, bool has_aliases);

/* False: they are not known. */
bool names_attributes(unsigned index, uint64_t node, struct file_attributes *attributes);
void names_add_attributes(unsigned index, uint64_t node, const struct file_attributes *attributes);
void names_change_attributes(unsigned index, uint64_t node);

/* The number stands for another file, or none. */
void names_forget(unsigned index, uint64_t node);
