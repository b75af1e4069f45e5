// SPDX-License-Identifier: MIT OR Apache-2.0
/* Names and times of FAT: short ones, long ones in pieces, which are the same. */
#include "name.h"
#include "time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct fat_name name_for(const char *text)
{
	struct fat_name name;

	assert_int_equal(name_from((struct name){text, strlen(text)}, &name), OK);
	return name;
}

static status_t try_name(const char *text)
{
	struct fat_name name;

	return name_from((struct name){text, strlen(text)}, &name);
}

static void test_refused(void **state)
{
	char long_name[300];

	(void)state;
	assert_int_equal(try_name("a:b"), ERR_INVALID_ARGUMENT);
	assert_int_equal(try_name("what?"), ERR_INVALID_ARGUMENT);
	assert_int_equal(try_name("end."), ERR_INVALID_ARGUMENT);
	assert_int_equal(try_name("end "), ERR_INVALID_ARGUMENT);
	assert_int_equal(try_name("\xc3\x28"), ERR_INVALID_ARGUMENT);
	assert_int_equal(try_name("\x01"), ERR_INVALID_ARGUMENT);
	memset(long_name, 'x', sizeof(long_name));
	long_name[256] = 0;
	assert_int_equal(try_name(long_name), ERR_TOO_LONG);
	long_name[255] = 0;
	assert_int_equal(try_name(long_name), OK);
}

static void test_same(void **state)
{
	static const char *const same[][2] = {{"ReadMe", "README"}, {"ümläut", "ÜMLÄUT"},
		{"ΑΒΓ", "αβγ"}, {"Привет", "ПРИВЕТ"}, {"Šš", "šŠ"}, {"Žluťoučký", "žLUŤOUČKÝ"}};
	static const char *const other[][2] = {{"a", "b"}, {"a", "aa"}, {"÷", "×"}, {"ß", "ss"}};

	(void)state;
	for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct fat_name a = name_for(same[i][0]);
		struct fat_name b = name_for(same[i][1]);

		assert_true(name_is_same(&a, &b));
	}
	for (unsigned i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		struct fat_name a = name_for(other[i][0]);
		struct fat_name b = name_for(other[i][1]);

		assert_false(name_is_same(&a, &b));
	}
}

static void check_short(const char *text, bool fits, bool is_whole, const char *wanted)
{
	struct fat_name name = name_for(text);
	uint8_t made[SHORT_SIZE];

	assert_int_equal(name_fits_short(&name, made), fits);
	if (!fits)
		assert_int_equal(name_make_short(&name, made), is_whole);
	assert_memory_equal(made, wanted, SHORT_SIZE);
}

static void test_short(void **state)
{
	(void)state;
	check_short("README.TXT", true, true, "README  TXT");
	check_short("A", true, true, "A          ");
	check_short("12345678.123", true, true, "12345678123");
	check_short("readme.txt", false, true, "README  TXT");
	check_short("A long name.text", false, false, "ALONGNAMTEX");
	check_short("a.b.c", false, false, "AB      C  ");
	check_short(".hidden", false, false, "HIDDEN     ");
	check_short("x+y", false, false, "X_Y        ");
	check_short("ümlaut", false, false, "_MLAUT     ");
	check_short("...x", false, false, "_       X  ");
}

static void test_numbers(void **state)
{
	uint8_t name[SHORT_SIZE + 1] = "ALONGNAMTEX";

	(void)state;
	name_number(name, 1, false, 0);
	assert_memory_equal(name, "ALONGN~1TEX", SHORT_SIZE);
	memcpy(name, "AB      C  ", SHORT_SIZE);
	name_number(name, 7, false, 0);
	assert_memory_equal(name, "AB~7    C  ", SHORT_SIZE);
	memcpy(name, "ALONGNAMTEX", SHORT_SIZE);
	name_number(name, 3, true, 0xbeef);
	assert_memory_equal(name, "ALBEEF~3TEX", SHORT_SIZE);
}

/* Into pieces, out of them, and to text. */
static void check_pieces(const char *text)
{
	struct fat_name name = name_for(text);
	uint16_t units[LONG_PIECES * LONG_UNITS];
	char back[NAME_MOST + 1];
	uint32_t pieces = (name.count + LONG_UNITS - 1) / LONG_UNITS;

	for (uint32_t order = 1; order <= pieces; order++) {
		struct long_entry piece;

		piece_fill(&piece, &name, order, 0x5a);
		assert_int_equal(piece.order, order | (order == pieces ? LONG_LAST : 0));
		assert_int_equal(piece.attributes, ATTR_LONG);
		piece_units(&piece, units + (size_t)(order - 1) * LONG_UNITS);
	}
	if (name.count % LONG_UNITS != 0)
		assert_int_equal(units[name.count], 0);
	assert_int_equal(name_to(units, name.count, back), strlen(text));
	assert_string_equal(back, text);
}

static void test_pieces(void **state)
{
	(void)state;
	check_pieces("a");
	check_pieces("thirteen char");
	check_pieces("A name that needs more than two pieces, with ümläuts and 𝄞.text");
}

static void test_old_letters(void **state)
{
	struct dirent entry = {.name = "\x9aML\x8eUT  TXT", .case_flags = CASE_BASE};
	struct fat_name name;
	char text[NAME_MOST + 1];

	(void)state;
	name_of_short(&entry, &name);
	(void)name_to(name.units, name.count, text);
	assert_string_equal(text, "ümläut.TXT");
	memcpy(entry.name,
		"\x05"
		"          ",
		SHORT_SIZE);
	entry.case_flags = 0;
	name_of_short(&entry, &name);
	assert_int_equal(name.count, 1);
	assert_int_equal(name.units[0], 0x03c3); /* 0xe5 in code page 437 */
}

static void check_time(uint64_t seconds, bool is_kept)
{
	uint16_t date;
	uint16_t time;

	time_to(seconds * 1000000000u, &date, &time);
	assert_int_equal(time_of(date, time) == seconds / 2 * 2 * 1000000000u, is_kept);
}

static void test_times(void **state)
{
	(void)state;
	check_time(315532800, true);   /* 1980 */
	check_time(951782400, true);   /* 2000-02-29 */
	check_time(1709210096, true);  /* 2024-02-29 */
	check_time(4354819198, true);  /* 2107-12-31 23:59:58 */
	check_time(4354819200, false); /* 2108 */
	check_time(0, false);
	for (uint64_t day = 4000; day < 50000; day += 37)
		check_time(day * 86400 + day % 86400, true);
	assert_int_equal(time_of(0, 0), 0);
	assert_int_equal(time_of(0xffff, 0xffff), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_old_letters),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
