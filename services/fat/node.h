// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files and directories that are open, or have bytes on their way. The number of a file is the
 * place of its entry; one that is renamed, or loses its name, while it is open keeps its number, so
 * that place is not used for another file meanwhile. */
#pragma once

#include "directory.h"

/* nullptr: it is not open. */
struct node *node_find(struct fat *fs, uint64_t id);

/* The number of the file whose entry lies there. */
uint64_t node_at(struct fat *fs, uint64_t place);

/* That of what a name stands for. ERR_CORRUPT. */
[[nodiscard]] status_t node_of(struct fat *fs, const struct named *found, uint64_t *id);

/* Made if there is none. ERR_TOO_MANY. */
[[nodiscard]] status_t node_get(struct fat *fs, uint64_t id, struct node **node);

/* It is kept, as it is open; or not any more. */
void node_set_retained(struct fat *fs, struct node *node, bool is_retained);

/* One that nothing keeps goes: a chain without a name is freed, and what is behind the end. As
 * file_engine's tidy(). */
[[nodiscard]] status_t nodes_tidy(struct fat *fs, uint64_t *cursor);

/* Its entry says what the node says; `modified` 0: that stays. */
[[nodiscard]] status_t node_store(struct fat *fs, const struct node *node, uint64_t modified);

/* How many clusters there are. */
[[nodiscard]] status_t node_measure(struct fat *fs, struct node *node);

/* It has its entry there now; 0: none. */
void node_move(struct fat *fs, struct node *node, uint64_t place);

/* It has no name any more; `entry`: what it was. */
void node_unname(struct fat *fs, struct node *node, const struct dirent *entry);

/* A chain of a file or directory that lost its name, which may be open. */
[[nodiscard]] status_t node_lose(struct fat *fs, uint64_t id, const struct dirent *entry);
