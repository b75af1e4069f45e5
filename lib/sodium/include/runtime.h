// SPDX-License-Identifier: MIT OR Apache-2.0
/* Instead of libsodium's: nothing depends on the CPU. */
#pragma once
