// SPDX-License-Identifier: MIT OR Apache-2.0
/* Known values (RFC 3720, appendix B.4), and pieces of every length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include <hash/crc.h>

static void test_vectors(void **state)
{
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(~crc32c(~0u, "123456789", 9), 0xe3069283u);
	assert_int_equal(~crc32(~0u, "123456789", 9), 0xcbf43926u);
	assert_int_equal(crc16(0, "123456789", 9), 0xbb3du);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(~crc32c(~0u, bytes, sizeof(bytes)), 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(~crc32c(~0u, bytes, sizeof(bytes)), 0x62a8ab43u);
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(~crc32c(~0u, bytes, sizeof(bytes)), 0x46dd794eu);
}

static void test_pieces(void **state)
{
	uint8_t bytes[100];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37 + 1);
	for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
		uint32_t first = crc32c(~0u, bytes, cut);

		assert_int_equal(crc32c(first, bytes + cut, sizeof(bytes) - cut),
			crc32c(~0u, bytes, sizeof(bytes)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
