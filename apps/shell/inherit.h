// SPDX-License-Identifier: MIT OR Apache-2.0
// Handing a shell's state to another process of the shell: without fork, a pipeline stage that is
// no program runs in a new shell which starts with this state.
#ifndef SHELL_INHERIT_H
#define SHELL_INHERIT_H

#include "fields.h"
#include "shell.h"

// Descriptor n >= 3 of the script is descriptor INHERIT_FD_BASE + n of the new process, out of the
// way of its directories.
constexpr int INHERIT_FD_BASE = 20;

// The arguments of a shell that runs `commands` with this state.
void inherit_arguments(const struct shell *shell, const struct descriptors *fds,
	const char *commands, struct fields *arguments);
// The other side: arguments[0] is "--inherit". False: malformed.
bool inherit_accept(struct shell *shell, int count, char **arguments);

#endif
