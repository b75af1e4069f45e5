// SPDX-License-Identifier: MIT OR Apache-2.0
// The examples of RFC 8032, section 7.1; each changed bit of key, signature and message is noticed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <signature/ed25519.h>

static const struct {
	const char *key;
	const char *message;
	const char *signature;
} examples[] = {
	{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
		"c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
		"458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
		"ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static size_t read_hexadecimal(const char *text, uint8_t *bytes)
{
	size_t size = strlen(text) / 2;

	for (size_t i = 0; i < size; i++) {
		char digits[3] = {text[2 * i], text[2 * i + 1]};

		bytes[i] = (uint8_t)strtoul(digits, nullptr, 16);
	}
	return size;
}

struct signed_message {
	uint8_t key[ED25519_KEY_SIZE];
	uint8_t signature[ED25519_SIGNATURE_SIZE];
	uint8_t bytes[8];
	size_t size;
};

static bool is_right(const struct signed_message *m)
{
	return ed25519_is_signed(m->key, m->signature, m->bytes, m->size);
}

static void expect_changes_noticed(struct signed_message *m, uint8_t *bytes, size_t size)
{
	for (size_t bit = 0; bit < 8 * size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(is_right(m));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct signed_message m = {0};

		assert_int_equal(read_hexadecimal(examples[i].key, m.key), sizeof(m.key));
		assert_int_equal(
			read_hexadecimal(examples[i].signature, m.signature), sizeof(m.signature));
		m.size = read_hexadecimal(examples[i].message, m.bytes);
		assert_true(is_right(&m));
		expect_changes_noticed(&m, m.key, sizeof(m.key));
		expect_changes_noticed(&m, m.signature, sizeof(m.signature));
		expect_changes_noticed(&m, m.bytes, m.size);
		m.size++;
		assert_false(is_right(&m));
	}
}

/* The neutral point as key "signs" everything, if it is let in. */
static void test_weak_key(void **state)
{
	struct signed_message m = {.key = {1}, .signature = {1}};

	(void)state;
	assert_false(is_right(&m));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_weak_key),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
