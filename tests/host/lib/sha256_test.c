// SPDX-License-Identifier: MIT OR Apache-2.0
// The examples of FIPS 180-4's companion document, and pieces of every length.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <hash/sha256.h>

static void check(const void *data, size_t size, const char *expected)
{
	uint8_t digest[SHA256_SIZE];
	char text[2 * SHA256_SIZE + 1];
	sha256(data, size, digest);
	for (int i = 0; i < SHA256_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void test_vectors(void **state)
{
	(void)state;
	static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static char million[1000000];
	memset(million, 'a', sizeof million);
	check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check(two_blocks, sizeof two_blocks - 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	check(million, sizeof million,
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_pieces(void **state)
{
	(void)state;
	uint8_t data[300];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t size = 0; size <= sizeof data; size++) {
		uint8_t whole[SHA256_SIZE];
		uint8_t pieces[SHA256_SIZE];
		struct sha256 hash;
		size_t step = size % 71 + 1;
		sha256(data, size, whole);
		sha256_begin(&hash);
		for (size_t at = 0; at < size; at += step)
			sha256_add(&hash, data + at, size - at < step ? size - at : step);
		sha256_end(&hash, pieces);
		assert_memory_equal(whole, pieces, SHA256_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_pieces)};
	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
