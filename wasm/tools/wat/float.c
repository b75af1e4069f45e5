// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tools/wat/float.h"

#include <string.h>

// --- Large numbers ----------------------------------------------------------------------------

// Little endian words; enough for 4096 hexadecimal digits, or 10 to the power of 4096 + 400,
// shifted.
constexpr uint32_t BIG_WORDS = 640;

struct big {
	uint32_t count; // words in use; the last is not zero
	uint32_t words[BIG_WORDS];
};

static void big_trim(struct big *a)
{
	while (a->count > 0 && a->words[a->count - 1] == 0)
		a->count--;
}

static void big_multiply_add(struct big *a, uint32_t factor, uint32_t summand)
{
	uint64_t carry = summand;
	for (uint32_t i = 0; i < a->count; i++) {
		carry += (uint64_t)a->words[i] * factor;
		a->words[i] = (uint32_t)carry;
		carry >>= 32;
	}
	if (carry != 0)
		a->words[a->count++] = (uint32_t)carry;
}

static uint32_t big_bits(const struct big *a)
{
	return a->count == 0 ? 0 : a->count * 32 - (uint32_t)__builtin_clz(a->words[a->count - 1]);
}

static void big_shift_left(struct big *a, uint32_t bits)
{
	uint32_t words = bits / 32;
	if (a->count == 0 || bits == 0)
		return;
	memmove(a->words + words, a->words, a->count * sizeof(a->words[0]));
	memset(a->words, 0, words * sizeof(a->words[0]));
	a->count += words;
	uint32_t factor = UINT32_C(1) << bits % 32;
	big_multiply_add(a, factor, 0);
}

static void big_halve(struct big *a)
{
	uint32_t carry = 0;
	for (uint32_t i = a->count; i-- > 0;) {
		uint32_t word = a->words[i];
		a->words[i] = word >> 1 | carry;
		carry = word << 31;
	}
	big_trim(a);
}

static int big_compare(const struct big *a, const struct big *b)
{
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	for (uint32_t i = a->count; i-- > 0;)
		if (a->words[i] != b->words[i])
			return a->words[i] < b->words[i] ? -1 : 1;
	return 0;
}

// a must not be less than b.
static void big_subtract(struct big *a, const struct big *b)
{
	uint64_t borrow = 0;
	for (uint32_t i = 0; i < a->count; i++) {
		uint64_t subtrahend = (i < b->count ? b->words[i] : 0) + borrow;
		borrow = a->words[i] < subtrahend;
		a->words[i] -= (uint32_t)subtrahend;
	}
	big_trim(a);
}

// --- Numbers as they are written ---------------------------------------------------------------

// numerator / denominator * 2^exponent
struct fraction {
	struct big numerator;
	struct big denominator;
	int64_t exponent;
};

struct format {
	int32_t precision; // bits of the significand
	int64_t least;     // exponent of the last bit of the smallest numbers
	int64_t most;      // exponent of the last bit of the largest
};

static uint32_t digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0');
	return (uint32_t)((c | 0x20) - 'a') + 10;
}

// The exponent after `e` or `p`, far outside of all formats at most.
static int64_t read_exponent(const char *text, size_t size)
{
	int64_t value = 0;
	bool negative = size > 0 && text[0] == '-';
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '_' || text[i] == '+' || text[i] == '-')
			continue;
		value = value < 100000 ? value * 10 + digit_of(text[i]) : value;
	}
	return negative ? -value : value;
}

// Digits with a point in them; returns how many stand behind it.
static int64_t read_digits(
	const char *text, size_t size, uint32_t base, struct big *number, size_t *used)
{
	int64_t behind = 0;
	bool point = false;
	size_t i = 0;
	for (; i < size && (text[i] | 0x20) != (base == 10 ? 'e' : 'p'); i++) {
		if (text[i] == '.') {
			point = true;
		} else if (text[i] != '_') {
			big_multiply_add(number, base, digit_of(text[i]));
			behind += point;
		}
	}
	*used = i;
	return behind;
}

static void multiply_by_power_of_ten(struct big *a, int64_t power)
{
	for (; power > 0; power--)
		big_multiply_add(a, 10, 0);
}

// False: it is zero, or so small that it counts as zero.
static bool read_decimal(const char *text, size_t size, struct fraction *f, bool *too_large)
{
	size_t used;
	int64_t power = -read_digits(text, size, 10, &f->numerator, &used);
	if (used < size)
		power += read_exponent(text + used + 1, size - used - 1);
	// The number of digits before the point, as if it were in front of the first other than
	// zero.
	int64_t digits = (int64_t)big_bits(&f->numerator) * 30103 / 100000 + 1 + power;
	*too_large = f->numerator.count > 0 && digits > 400;
	if (f->numerator.count == 0 || digits < -400 || *too_large)
		return false;
	multiply_by_power_of_ten(&f->numerator, power);
	multiply_by_power_of_ten(&f->denominator, -power);
	return true;
}

static bool read_hexadecimal(const char *text, size_t size, struct fraction *f)
{
	size_t used;
	f->exponent = -4 * read_digits(text, size, 16, &f->numerator, &used);
	if (used < size)
		f->exponent += read_exponent(text + used + 1, size - used - 1);
	return f->numerator.count > 0;
}

// --- Rounding ----------------------------------------------------------------------------------

// The quotient of f at last bit `last`, rounded. It has at most one bit more than the precision.
static uint64_t divide(const struct fraction *f, int64_t last)
{
	struct big rest = f->numerator;
	struct big divisor = f->denominator;
	int64_t shift = f->exponent - last;
	uint64_t quotient = 0;
	if (shift > 0)
		big_shift_left(&rest, (uint32_t)shift);
	else
		big_shift_left(&divisor, (uint32_t)-shift);
	struct big multiple = divisor;
	uint32_t steps = 1;
	for (; big_compare(&multiple, &rest) < 0; steps++)
		big_shift_left(&multiple, 1);
	for (; steps > 0; steps--, big_halve(&multiple)) {
		quotient <<= 1;
		if (big_compare(&rest, &multiple) >= 0) {
			big_subtract(&rest, &multiple);
			quotient |= 1;
		}
	}
	big_shift_left(&rest, 1);
	int half = big_compare(&rest, &divisor);
	return quotient + (half > 0 || (half == 0 && (quotient & 1) != 0));
}

// False: it is too large.
static bool round_to(const struct fraction *f, const struct format *format, uint64_t *value)
{
	int64_t bits = (int64_t)big_bits(&f->numerator) - (int64_t)big_bits(&f->denominator);
	int64_t last = f->exponent + bits - format->precision;
	uint64_t whole = UINT64_C(1) << format->precision;
	*value = 0;
	if (last < format->least - 2 * format->precision)
		return true; // less than half of the smallest number
	if (last > format->most)
		return false;
	last = last < format->least ? format->least : last;
	uint64_t quotient = divide(f, last);
	if (quotient >= whole && quotient != whole)
		quotient = divide(f, ++last);
	if (quotient == whole) {
		quotient >>= 1;
		last++;
	}
	if (last > format->most)
		return false;
	uint64_t exponent =
		quotient >> (format->precision - 1) == 0 ? 0 : (uint64_t)(last - format->least) + 1;
	*value = exponent << (format->precision - 1) | (quotient & (whole / 2 - 1));
	return true;
}

bool float_from_text(const char *text, size_t size, uint32_t bits, uint64_t *value)
{
	static const struct format single = {24, -149, 104};
	static const struct format twice = {53, -1074, 971};
	struct fraction f = {.denominator = {1, {1}}};
	bool too_large = false;
	*value = 0;
	if (size > FLOAT_DIGITS_MOST)
		return false;
	bool hexadecimal = size > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
	bool some = hexadecimal ? read_hexadecimal(text + 2, size - 2, &f)
				: read_decimal(text, size, &f, &too_large);
	if (!some)
		return !too_large;
	return round_to(&f, bits == 32 ? &single : &twice, value);
}
