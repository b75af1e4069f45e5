// SPDX-License-Identifier: MIT OR Apache-2.0
// What a loader tells the person in front of the machine when it cannot go on.
#pragma once

#include "abi/abi.h"

struct report {
	const char *subject; // what it is about, such as a file of the bundle; may be null
	const char *what;    // what is wrong
	const char *advice;  // what to do about it
};

#define ADVICE_BUNDLE "Build the bundle again (make) or copy it again."
#define ADVICE_ALIKE  "Build loader, kernel and bundle from the same source (make)."
#define ADVICE_MEMORY "Give the machine more memory."

// Fills `report` (all strings are borrowed for ever) and returns `status`.
[[nodiscard]] static inline status_t report_failure(
	struct report *report, status_t status, const char *what, const char *advice)
{
	report->what = what;
	report->advice = advice;
	return status;
}
