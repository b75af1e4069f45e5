// SPDX-License-Identifier: MIT OR Apache-2.0
// Running another program from a command, for env and xargs.
#ifndef COMMANDS_RUN_H
#define COMMANDS_RUN_H

// Runs `arguments` with `environment` and this program's descriptors 0..2 (`no_input`: an empty 0)
// and waits. Its status; 126 or 127 with a message if it cannot be started.
int program_run(char **arguments, char **environment, bool no_input);

#endif
