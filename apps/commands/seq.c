// SPDX-License-Identifier: MIT OR Apache-2.0
// seq: decimal numbers with as many digits behind the point as the arguments have.
#include "command.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr double WHOLE_MOST = 1e15; // exact so far

static double real_read(const char *word)
{
	char *end;
	double value = strtod(word, &end);
	if (end == word || *end)
		die("%s: a number is expected", word);
	return value;
}

static int digits_of(const char *word)
{
	const char *point = strchr(word, '.');
	return point ? (int)strlen(point + 1) : 0;
}

static int width_of(double value, int digits)
{
	return snprintf(nullptr, 0, "%.*f", digits, value);
}

// -1 and -0.5 are numbers, not options.
static int options_end(int count, char **arguments, const char **separator, bool *wide)
{
	int i = 1;
	for (; i < count && arguments[i][0] == '-' && isalpha((unsigned char)arguments[i][1]);
		i++) {
		if (strcmp(arguments[i], "-w") == 0)
			*wide = true;
		else if (arguments[i][1] == 's' && arguments[i][2])
			*separator = arguments[i] + 2;
		else if (arguments[i][1] == 's' && i + 1 < count)
			*separator = arguments[++i];
		else
			die_usage();
	}
	return i;
}

// Whole numbers without anything around them, which are most: digits are made here.
static void whole_print(long long value)
{
	char digits[24];
	size_t at = sizeof digits;
	unsigned long long rest =
		value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		digits[--at] = '-';
	output_bytes(&out, digits + at, sizeof digits - at);
}

int command_seq(int count, char **arguments)
{
	const char *separator = "\n";
	bool wide = false, some = false;
	int at = options_end(count, arguments, &separator, &wide), given = count - at;
	if (given < 1 || given > 3)
		die_usage();
	double first = given > 1 ? real_read(arguments[at]) : 1;
	double step = given > 2 ? real_read(arguments[at + 1]) : 1;
	double last = real_read(arguments[count - 1]);
	int digits = given > 1 ? digits_of(arguments[at]) : 0, width = 0;
	if (given > 2 && digits_of(arguments[at + 1]) > digits)
		digits = digits_of(arguments[at + 1]);
	if (step == 0)
		die("the step must not be 0");
	if (wide) {
		width = width_of(first, digits);
		width = width_of(last, digits) > width ? width_of(last, digits) : width;
	}
	for (uint64_t i = 0; !out.error; i++) {
		double value = first + (double)i * step;
		if (step > 0 ? value > last + step * 1e-9 : value < last + step * 1e-9)
			break;
		if (some)
			output_string(&out, separator);
		if (digits == 0 && width == 0 && value > -WHOLE_MOST && value < WHOLE_MOST)
			whole_print((long long)nearbyint(value));
		else
			output_format(&out, "%0*.*f", width, digits, value);
		some = true;
	}
	if (some)
		output_char(&out, '\n');
	return 0;
}
