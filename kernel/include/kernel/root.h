// SPDX-License-Identifier: MIT OR Apache-2.0
/* The first task. */
#ifndef KERNEL_ROOT_H
#define KERNEL_ROOT_H

#include <kernel/types.h>

/* Makes the first task, gives it all that is left, and makes it ready. `ecam`: the memory-mapped
 * configuration space of PCI, as far as the firmware's tables are to be believed; 0: none. */
void root_start(const struct boot_info *info, uint64_t ecam, uint64_t ecam_size);

#endif
