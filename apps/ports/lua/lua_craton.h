// SPDX-License-Identifier: MIT OR Apache-2.0
// What Lua's sources ask to be told of a system: io.popen. Included before everything else.
#pragma once

#define l_popen(L, command, mode) ((void)(L), popen(command, mode))
#define l_pclose(L, stream)       ((void)(L), pclose(stream))

// A status of system() or pclose(): the number, and whether a signal ended the program.
#define l_inspectstat(stat, what)          \
	do {                               \
		if (((stat) & 127) == 0)   \
			(stat) >>= 8;      \
		else {                     \
			(stat) &= 127;     \
			(what) = "signal"; \
		}                          \
	} while (0);
