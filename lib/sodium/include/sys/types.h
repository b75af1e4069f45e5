// SPDX-License-Identifier: MIT OR Apache-2.0
/* For libsodium, which uses none of its types in the files that are built. */
#pragma once
