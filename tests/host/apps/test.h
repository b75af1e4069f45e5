// SPDX-License-Identifier: MIT OR Apache-2.0
// cmocka with what it needs before it.
#ifndef APPS_TEST_H
#define APPS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#endif
