// SPDX-License-Identifier: MIT OR Apache-2.0
// Digests that another implementation gives (Python's hashlib, digest_size=32), around the sizes of
// a block.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <hash/blake2b.h>

static void expect(const uint8_t digest[static BLAKE2B_SIZE], const char *expected)
{
	char text[2 * BLAKE2B_SIZE + 1];

	for (int i = 0; i < BLAKE2B_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

static void test_sizes(void **state)
{
	static const struct {
		size_t size;
		const char *digest;
	} known[] = {
		{0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
		{1, "03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"},
		{127, "4ff62e7c4c43fe101a078479c48836be4907d9d498dcc577ca89d694b2c11f9b"},
		{128, "14696d2a98d9f8a280da8b132b1045b345e1033759c6b02fcc4ee885c8ae7c37"},
		{129, "3934215260b1039be9d9d2b073b059bcd50120c327a22af93eb4d98cf821c14c"},
		{255, "a3bb8b4fa098078d32bb5a89e905e237862fd83e99141ca7d8a073bb268ba2a0"},
		{256, "3d0cb2693dfbac42af5a6cc960953fea8714aa39c4bcd054ef61d6b5e98ade4a"},
		{257, "63cb41934eb22ceb359755501ea299abcd784306baf8845ad6b97ff0828b7cfe"},
		{100000, "29cdf18d610753cd9a798386cf5e40c239d40bdc940b669d93ad6a0d6ac30a85"},
	};
	static uint8_t data[100000];
	uint8_t digest[BLAKE2B_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		blake2b(data, known[i].size, digest);
		expect(digest, known[i].digest);
	}
}

static void test_key(void **state)
{
	uint8_t key[BLAKE2B_KEY_MOST];
	uint8_t digest[BLAKE2B_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	blake2b_keyed(key, 32, "purpose", 7, digest);
	expect(digest, "2a3720a4d9c9a6ce803868ff08c71356853d2e24863d93845683eee84fc0152c");
	blake2b_keyed(key, 64, "", 0, digest);
	expect(digest, "2fa9fbd9be36437de204e139e97d402bce68c828f43391608c891b5faed8a98a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, nullptr, nullptr);
}
