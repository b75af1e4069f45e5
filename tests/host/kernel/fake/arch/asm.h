// SPDX-License-Identifier: MIT OR Apache-2.0
/* Host tests: what arch/x86_64/paging.c needs of the instructions. The fake remembers what was
 * loaded and forgotten; see fake.h. */
#ifndef ARCH_ASM_H
#define ARCH_ASM_H

#include <kernel/types.h>

uint64_t cr3_read(void);
void cr3_write(uint64_t value);
void invlpg(uint64_t address);
void memory_write_back(const void *bytes, size_t size);

#endif
