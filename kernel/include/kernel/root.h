// SPDX-License-Identifier: MIT OR Apache-2.0
/* The first task. */
#ifndef KERNEL_ROOT_H
#define KERNEL_ROOT_H

#include <kernel/types.h>

/* Makes the first task, gives it all that is left, and makes it ready. */
void root_start(const struct boot_info *info);

#endif
