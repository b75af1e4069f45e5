// SPDX-License-Identifier: MIT OR Apache-2.0
/* remote_link.h on the host: file systems run in a library of their own, one volume at a time, if
 * VFS_PLACEMENT=process is in the environment. */
#pragma once

#include <craton/runtime.h>

/* The process is killed once, at one of its next `most` changes; 0: it is not. */
void remote_host_kill(unsigned most);

/* How often it was. */
unsigned remote_host_kills(void);

/* The power went, or the VFS is a new one: nothing of it is left. */
void remote_host_new(void);

/* What it does when the VFS has signalled, or it is time. */
void remote_host_run(void);
