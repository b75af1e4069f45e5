// SPDX-License-Identifier: MIT OR Apache-2.0
/* Instead of libsodium's: what its files that are built call. */
#pragma once

/* Called with arguments that cannot be: a trap. */
[[noreturn]] void sodium_misuse(void);
