// SPDX-License-Identifier: MIT OR Apache-2.0
// Redirections: opens what they name and puts it into a table of descriptors.
#ifndef SHELL_REDIRECT_H
#define SHELL_REDIRECT_H

#include "shell.h"

// Applies to `fds`, which inherits from the shell's. `lasting`: for `exec`, nothing is shared with
// the shell's table. False: reported, status 1 set; `fds` must still be released.
bool redirect_apply(struct shell *shell, const struct redirect *redirects, struct descriptors *fds,
	bool lasting);
// An input that is at its end at once.
int descriptor_empty(void);

#endif
