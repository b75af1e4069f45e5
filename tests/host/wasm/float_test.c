// SPDX-License-Identifier: MIT OR Apache-2.0
// Digits to numbers (wasm/tools/wat/float.c) against this machine's C library, and at the edges.
#include "support.h"
#include "tools/wat/float.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 60000

static void check(const char *text)
{
	double wanted64 = strtod(text, nullptr);
	float wanted32 = strtof(text, nullptr);
	uint64_t bits64 = 0;
	uint32_t bits32 = 0;
	uint64_t value;
	memcpy(&bits64, &wanted64, sizeof(bits64));
	memcpy(&bits32, &wanted32, sizeof(bits32));
	bool ok = float_from_text(text, strlen(text), 64, &value);
	if (ok != (bool)isfinite(wanted64) || (ok && value != bits64))
		fail_msg("%s: %d 0x%lx, not 0x%lx", text, ok, value, bits64);
	ok = float_from_text(text, strlen(text), 32, &value);
	if (ok != (bool)isfinite(wanted32) || (ok && value != bits32))
		fail_msg("%s (32 bits): %d 0x%lx, not 0x%x", text, ok, value, bits32);
}

static double random_double(void)
{
	uint64_t bits = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
	double value;
	bits &= INT64_MAX;
	memcpy(&value, &bits, sizeof(value));
	return isfinite(value) ? value : 1;
}

static double random_float(void)
{
	float value = (float)random_double();
	return isfinite(value) ? (double)value : 1;
}

static void test_random(void **state)
{
	char text[400];
	(void)state;
	srand(1);
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(text, sizeof(text), "%d.%de%d", rand() % 1000, rand(), rand() % 700 - 350);
		check(text);
		snprintf(text, sizeof(text), "%.*e", rand() % 25, random_double());
		check(text);
		snprintf(text, sizeof(text), "%.*e", rand() % 14, random_float());
		check(text);
		snprintf(text, sizeof(text), "0x%x.%xp%d", rand(), rand(), rand() % 2200 - 1100);
		check(text);
	}
}

static void test_edges(void **state)
{
	static const char *const texts[] = {"0", "0.0e5", "1e400", "1e-400", "0x1p-1075",
		"0x1.8p-1075", "0x1p-1074", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7p1023",
		"0x1.ffffffp127", "0x1.fffffefffp127", "0x1p-150", "0x1.000002p-150", "0x1p-149",
		"9007199254740993", "9007199254740992.99999999999999999999999999999",
		"9007199254740993.00000000000000000000000000001", "2.2250738585072011e-308",
		"1e999999999999", "1e-999999999999", "0x1p999999999999", "0x0p999999999999",
		"4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
		"179769313486231580793728971405303415079934132710037826936173778980444968292764750"
		"94664901797758720709633028641669288791094655554785194040263065748867150582068190"
		"890200070838367627385484581771153176447573027006985557136695962284291481986083493"
		"647529271907416844436551070434271155969950809304288017790417449779199"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		check(texts[i]);
}

static void test_long(void **state)
{
	static char text[FLOAT_DIGITS_MOST + 2];
	uint64_t value;
	(void)state;
	memset(text, '9', FLOAT_DIGITS_MOST + 1);
	assert_false(float_from_text(text, FLOAT_DIGITS_MOST + 1, 64, &value));
	text[1] = '.';
	text[FLOAT_DIGITS_MOST] = 0;
	check(text);
	memcpy(text, "0x", 2);
	memset(text + 2, 'f', FLOAT_DIGITS_MOST - 8);
	text[3] = '.';
	memcpy(text + FLOAT_DIGITS_MOST - 6, "p1000", 6);
	check(text);
	memset(text, '0', FLOAT_DIGITS_MOST);
	text[1] = '.';
	memcpy(text + FLOAT_DIGITS_MOST - 6, "1e3900", 7);
	check(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_long),
	};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
