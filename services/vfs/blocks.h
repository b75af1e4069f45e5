// SPDX-License-Identifier: MIT OR Apache-2.0
/* A pool of blocks: the map of those in use in the estate, the blocks in memory that grows with the
 * need (share.h). Block 0 is none.
 *
 * Rule for a transaction: what it frees it frees last. For the contents of a new block are not
 * saved, and those of one that was freed in the same transaction would be needed for its undo. */
#pragma once

#include <craton/runtime.h>

#define BLOCK_SIZE 4096u

/* `count`: how many there may be, the same in each instance. False: there is no room. */
bool blocks_open(uint32_t count);

/* A block of zeros; 0: there is none left. */
uint32_t block_allocate(void);

/* A block whose old contents the caller overwrites as a whole. */
uint32_t block_allocate_dirty(void);

uint8_t *block_data(uint32_t block);

/* Before freeing any number of blocks. */
void blocks_begin_free(void);
void block_free(uint32_t block);

/* Frees one block; nothing needs to have begun. */
void block_release(uint32_t block);

/* How many could still be had. */
uint64_t blocks_left(void);

uint64_t blocks_total(void);
uint64_t blocks_used(void);
