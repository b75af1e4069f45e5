// SPDX-License-Identifier: MIT OR Apache-2.0
/* For sources that the loaders and native programs share. */
#pragma once

#include <craton/runtime.h>
