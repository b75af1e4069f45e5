// SPDX-License-Identifier: MIT OR Apache-2.0
/* Files and directories that are open, or have bytes on their way. The number of a file is the
 * place of its entry; one that is renamed, or loses its name, while it is open keeps its number, so
 * that place is not used for another file meanwhile. */
#pragma once

#include "variant.h"

/* nullptr: it is not open. */
struct node *node_find(struct fat *fs, uint64_t id);

/* The number of what has its entry there; `id` if that is not open under another. */
uint64_t node_at(struct fat *fs, uint64_t place, uint64_t id);

/* What is known of a file, open or not. */
[[nodiscard]] status_t node_look(struct fat *fs, uint64_t id, struct node *content);

/* Made if there is none. ERR_TOO_MANY. */
[[nodiscard]] status_t node_get(struct fat *fs, uint64_t id, struct node **node);

/* It is kept, as it is open; or not any more. */
void node_set_retained(struct fat *fs, struct node *node, bool is_retained);

/* One that nothing keeps goes: a chain without a name is freed, and what is behind the end. As
 * file_engine's tidy(). */
[[nodiscard]] status_t nodes_tidy(struct fat *fs, uint64_t *cursor);

/* Its entry, if it has one, says what the node says; `modified` 0: that stays. */
[[nodiscard]] status_t node_store(struct fat *fs, const struct node *node, uint64_t modified);

/* A cluster that was taken becomes its last one; the node is saved. ERR_NO_SPACE: that cannot be
 * done at once. */
[[nodiscard]] status_t node_append(struct fat *fs, struct node *node, uint32_t cluster);

/* The table leads through more of its clusters, which lie side by side; through all: it leads from
 * now on. */
[[nodiscard]] status_t node_link(struct fat *fs, struct node *node);

/* How many clusters there are. */
[[nodiscard]] status_t node_measure(struct fat *fs, struct node *node);

/* It has its entry there now; 0: none. */
void node_move(struct fat *fs, struct node *node, uint64_t place);

/* A file or directory, which may be open, has no name any more; what its entry said. */
[[nodiscard]] status_t node_lose(
	struct fat *fs, uint64_t id, struct chain chain, uint64_t modified);
