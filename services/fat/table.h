// SPDX-License-Identifier: MIT OR Apache-2.0
/* The table of clusters, and chains of them. Values are as if all entries were of 32 bits. */
#pragma once

#include "buffer.h"
#include "variant.h"

#define LINK_STEP                                                                                  \
	512u /* clusters that the table is led through in one operation, at most: the estate saves \
		each */

/* An entry in a piece of the table. */
uint32_t table_peek(const struct geometry *g, const uint8_t *piece, uint32_t index);
void table_poke(const struct geometry *g, uint8_t *piece, uint32_t index, uint32_t value);
/* Where the table says itself which clusters are free, as in struct variant. */
[[nodiscard]] status_t table_find_usable(
	struct fat *fs, uint32_t *at, uint32_t end, bool *is_found);
/* How many entries a piece has, and how many bytes. */
uint32_t table_piece_entries(const struct geometry *g);
uint32_t table_piece_bytes(const struct geometry *g);

/* A value that leads on. */
static inline bool cluster_is_link(uint32_t value)
{
	return value >= CLUSTER_FIRST && value < CLUSTER_BAD;
}

static inline bool cluster_is_sound(const struct fat *fs, uint32_t cluster)
{
	return cluster >= CLUSTER_FIRST && cluster < fs->g.clusters;
}

/* How many have room for so many bytes. */
static inline uint32_t clusters_for(const struct fat *fs, uint64_t size)
{
	return (uint32_t)((size + fs->g.cluster_size - 1) >> fs->g.cluster_shift);
}

/* It can be given to a file; those that cannot are not counted as free. */
bool cluster_is_takable(const struct geometry *g, uint32_t cluster);

static inline uint64_t cluster_offset(const struct fat *fs, uint32_t cluster)
{
	return fs->g.data_offset + ((uint64_t)(cluster - CLUSTER_FIRST) << fs->g.cluster_shift);
}

[[nodiscard]] status_t table_get(struct fat *fs, uint32_t cluster, uint32_t *value);
[[nodiscard]] status_t table_set(struct fat *fs, uint32_t cluster, uint32_t value);
/* What is on the device there means nothing, as the cluster was free. */
[[nodiscard]] status_t table_set_new(struct fat *fs, uint32_t cluster, uint32_t value);
/* As it is on the device. */
[[nodiscard]] status_t table_get_old(struct fat *fs, uint32_t cluster, uint32_t *value);

/* The cluster that the table says is behind this one; 0: it is the last. ERR_CORRUPT. */
[[nodiscard]] status_t chain_next(struct fat *fs, uint32_t cluster, uint32_t *next);
/* The same of a chain. */
[[nodiscard]] status_t chain_step(
	struct fat *fs, struct chain chain, uint32_t cluster, uint32_t *next);
/* The n-th of a chain, from 0 on; 0: it is not so long. */
[[nodiscard]] status_t chain_at(
	struct fat *fs, struct chain chain, uint32_t index, uint32_t *cluster);
/* How many there are, and the last. */
[[nodiscard]] status_t chain_measure(
	struct fat *fs, struct chain chain, uint32_t *count, uint32_t *last);

/* That one can be taken without waiting. */
[[nodiscard]] status_t chain_prepare(struct fat *fs);

/* Takes a free cluster, if possible the one behind `last` (0: none), which the table does not know
 * yet. ERR_NO_SPACE; FILE_LATER: also if those that are free cannot be used before a round has
 * ended. */
[[nodiscard]] status_t cluster_take(struct fat *fs, uint32_t last, uint32_t *cluster);
/* The table leads from `last` (0: a new chain) to it. */
[[nodiscard]] status_t chain_attach(struct fat *fs, uint32_t last, uint32_t cluster);
/* Both. */
[[nodiscard]] status_t chain_grow(struct fat *fs, uint32_t last, uint32_t *cluster);
/* The table leads through the clusters `from` to `to` (not with it) of a run; behind its last is
 * the end. */
[[nodiscard]] status_t chain_link(struct fat *fs, struct chain run, uint32_t from, uint32_t to);
/* That the table can lead through the chain, and on behind its last, without waiting. */
[[nodiscard]] status_t chain_touch(struct fat *fs, struct chain chain, uint32_t last);
/* `last` becomes the last of its chain; what follows is freed later. */
[[nodiscard]] status_t chain_cut(struct fat *fs, uint32_t last);
/* A whole chain is freed later. */
void chain_free(struct fat *fs, struct chain chain);

/* Frees some of those; commits. True: there is more to do at once. */
bool chains_work(struct fat *fs);
