// SPDX-License-Identifier: MIT OR Apache-2.0
// The first line is a pattern, the rest the text: compiling and searching must end and stay within
// bounds; a match must lie within the text.
#include "commands/regex.h"
#include "lib/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	if (size < 2 || size > 2000)
		return 0;
	const uint8_t *split = memchr(bytes + 1, 0, size - 1);
	size_t length = split ? (size_t)(split - bytes) - 1 : size - 1;
	char *pattern = memory_copy((const char *)bytes + 1, length);
	const char *rest = split ? (const char *)split + 1 : "", *error;
	size_t rest_size = split ? size - length - 2 : 0, start, end;
	struct regex *regex = regex_make(pattern, bytes[0] & 15, &error);
	if (regex && regex_search(regex, rest, rest_size, 0, &start, &end) &&
		(start > end || end > rest_size))
		abort();
	if (regex)
		regex_free(regex);
	free(pattern);
	return 0;
}
