// SPDX-License-Identifier: MIT OR Apache-2.0
// See print_format.h. Conversions are rebuilt with a `j` or `L`-free length so that the C library
// formats them.
// Tests: tests/host/apps/cases/printf.sh
#include "print_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct printing {
	struct output *out;
	char *const *arguments; // next one
	struct text *errors;
	bool stopped; // \c
};

static int octal_digits(const char *string, int most, size_t *used)
{
	int value = 0;
	*used = 0;
	while (most-- > 0 && string[*used] >= '0' && string[*used] <= '7')
		value = value * 8 + (string[(*used)++] - '0');
	return value;
}

// Steps over the escape at `string` ("\..."); -1: \c; -2: not an escape.
static int escape_read(const char *string, bool octal_zero, size_t *used)
{
	static const char letters[] = "abfnrtv\\\"'", values[] = "\a\b\f\n\r\t\v\\\"'";
	char letter = string[1];
	*used = 2;
	if (letter == 'c')
		return -1;
	if (letter == 'e')
		return 033;
	size_t digits;
	if (letter >= '0' && letter <= '7') {
		size_t skip = octal_zero && letter == '0' ? 2 : 1;
		int value = octal_digits(string + skip, 3, &digits);
		*used = skip + digits;
		return value & 255;
	}
	const char *found = letter ? strchr(letters, letter) : nullptr;
	return found ? (unsigned char)values[found - letters] : -2;
}

bool escapes_append(struct text *out, const char *string, bool octal_zero)
{
	while (*string) {
		size_t used = 1;
		int value = *string == '\\' ? escape_read(string, octal_zero, &used) : -2;
		if (value == -1)
			return false;
		if (value < 0) {
			text_char(out, *string++);
			continue;
		}
		text_char(out, (char)value);
		string += used;
	}
	return true;
}

static const char *next_argument(struct printing *printing)
{
	return *printing->arguments ? *printing->arguments++ : nullptr;
}

static void complain(struct printing *printing, const char *argument, const char *problem)
{
	text_format(printing->errors, "printf: `%s': %s\n", argument, problem);
}

static intmax_t read_integer(struct printing *printing, const char *argument, bool is_signed)
{
	if (!argument || !*argument)
		return 0;
	if (argument[0] == '"' || argument[0] == '\'')
		return (unsigned char)argument[1];
	char *end;
	errno = 0;
	intmax_t value = is_signed || argument[0] == '-' ? strtoimax(argument, &end, 0)
							 : (intmax_t)strtoumax(argument, &end, 0);
	if (*end || end == argument)
		complain(printing, argument, "expected a number");
	else if (errno)
		complain(printing, argument, "number out of range");
	return value;
}

static double read_real(struct printing *printing, const char *argument)
{
	if (!argument || !*argument)
		return 0;
	char *end;
	double value = strtod(argument, &end);
	if (*end || end == argument)
		complain(printing, argument, "expected a number");
	return value;
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"

// `spec` is "%" with flags, width and precision, without the letter.
static void print_number(struct printing *printing, struct text *spec, char letter)
{
	const char *argument = next_argument(printing);
	if (strchr("eEfFgGaA", letter)) {
		text_char(spec, letter);
		output_format(printing->out, spec->bytes, read_real(printing, argument));
		return;
	}
	bool is_signed = letter == 'd' || letter == 'i';
	text_char(spec, 'j');
	text_char(spec, letter);
	output_format(printing->out, spec->bytes, read_integer(printing, argument, is_signed));
}

static void print_string(struct printing *printing, struct text *spec, char letter)
{
	const char *argument = next_argument(printing);
	struct text value = {};
	if (letter == 'b')
		printing->stopped = !escapes_append(&value, argument ? argument : "", true);
	else if (letter == 'c')
		text_add(&value, argument ? argument : "", argument && *argument ? 1 : 0);
	else
		text_string(&value, argument ? argument : "");
	text_char(spec, 's');
	output_format(printing->out, spec->bytes, value.bytes ? value.bytes : "");
	text_free(&value);
}

#pragma clang diagnostic pop

// Copies digits, or the value of an argument for '*'.
static const char *copy_size(struct printing *printing, struct text *spec, const char *format)
{
	if (*format == '*') {
		int value = (int)read_integer(printing, next_argument(printing), true);
		text_format(spec, "%d", value);
		return format + 1;
	}
	size_t digits = strspn(format, "0123456789");
	if (digits > 6)
		complain(printing, format, "the width is too large");
	text_add(spec, format, digits > 6 ? 6 : digits);
	return format + digits;
}

// `format` is behind '%'; gives the position behind the conversion.
static const char *print_conversion(struct printing *printing, const char *format)
{
	struct text spec = {};
	text_char(&spec, '%');
	size_t flags = strspn(format, "-+ #0");
	text_add(&spec, format, flags);
	format = copy_size(printing, &spec, format + flags);
	if (*format == '.') {
		text_char(&spec, '.');
		format = copy_size(printing, &spec, format + 1);
	}
	char letter = *format;
	if (letter == '%')
		output_char(printing->out, '%');
	else if (letter && strchr("diouxXeEfFgGaA", letter))
		print_number(printing, &spec, letter);
	else if (letter && strchr("sbc", letter))
		print_string(printing, &spec, letter);
	else
		complain(printing, spec.bytes, "unknown conversion; use %s %b %c %d %u %o %x %f");
	if (!letter || !strchr("%diouxXeEfFgGaAsbc", letter))
		printing->stopped = true;
	text_free(&spec);
	return letter ? format + 1 : format;
}

static void print_once(struct printing *printing, const char *format)
{
	while (*format && !printing->stopped) {
		size_t used = 1;
		int value = *format == '\\' ? escape_read(format, false, &used) : -2;
		if (value == -1) {
			printing->stopped = true;
		} else if (value >= 0) {
			output_char(printing->out, (char)value);
			format += used;
		} else if (*format == '%') {
			format = print_conversion(printing, format + 1);
		} else {
			output_char(printing->out, *format++);
		}
	}
}

bool print_format(
	struct output *out, const char *format, char *const *arguments, struct text *errors)
{
	struct printing printing = {.out = out, .arguments = arguments, .errors = errors};
	char *const *before;
	do {
		before = printing.arguments;
		print_once(&printing, format);
	} while (!printing.stopped && *printing.arguments && printing.arguments > before);
	return errors->length == 0;
}
