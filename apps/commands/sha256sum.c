// SPDX-License-Identifier: MIT OR Apache-2.0
// sha256sum: FIPS 180-4.
#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct sha256 {
	uint32_t state[8];
	uint64_t size;
	unsigned char block[64];
};

static const uint32_t constants[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
	0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
	0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t value, int by)
{
	return value >> by | value << (32 - by);
}

static void schedule_make(uint32_t words[64], const unsigned char *block)
{
	for (int i = 0; i < 16; i++)
		words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
			   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 64; i++) {
		uint32_t a = words[i - 15], b = words[i - 2];
		words[i] = words[i - 16] + words[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) +
			   (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
	}
}

static void block_take(struct sha256 *hash, const unsigned char *block)
{
	uint32_t words[64], s[8];
	schedule_make(words, block);
	memcpy(s, hash->state, sizeof s);
	for (int i = 0; i < 64; i++) {
		uint32_t one = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
		uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
		uint32_t first = s[7] + one + choice + constants[i] + words[i];
		uint32_t zero = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
		uint32_t second = zero + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
		memmove(s + 1, s, 7 * sizeof *s);
		s[4] += first;
		s[0] = first + second;
	}
	for (int i = 0; i < 8; i++)
		hash->state[i] += s[i];
}

static void hash_start(struct sha256 *hash)
{
	*hash = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

static void hash_take(struct sha256 *hash, const char *bytes, size_t size)
{
	size_t filled = hash->size % 64;
	hash->size += size;
	if (filled) {
		size_t room = 64 - filled < size ? 64 - filled : size;
		memcpy(hash->block + filled, bytes, room);
		bytes += room;
		size -= room;
		if (filled + room < 64)
			return;
		block_take(hash, hash->block);
	}
	for (; size >= 64; bytes += 64, size -= 64)
		block_take(hash, (const unsigned char *)bytes);
	if (size)
		memcpy(hash->block, bytes, size);
}

static void hash_finish(struct sha256 *hash, char text[65])
{
	uint64_t bits = hash->size * 8;
	char padding[72] = {(char)0x80};
	size_t zeros = (119 - hash->size % 64) % 64 + 1;
	for (int i = 0; i < 8; i++)
		padding[zeros + (size_t)i] = (char)(bits >> (56 - 8 * i));
	hash_take(hash, padding, zeros + 8);
	for (int i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", hash->state[i]);
}

static void input_hash(struct input *input, char text[65])
{
	struct sha256 hash;
	const char *bytes;
	size_t size;
	hash_start(&hash);
	while (input_chunk(input, &bytes, &size))
		hash_take(&hash, bytes, size);
	hash_finish(&hash, text);
}

static void sum_print(struct input *input, const char *name, void *context)
{
	char text[65];
	(void)context;
	input_hash(input, text);
	if (!input->error)
		output_format(&out, "%s  %s\n", text, name ? name : "-");
}

static void file_check(const char *sum, const char *path)
{
	char text[65];
	struct input input = {.fd = open(path, O_RDONLY)};
	if (input.fd < 0) {
		complain_file(path);
		return;
	}
	input_hash(&input, text);
	bool same = strncmp(text, sum, 64) == 0;
	output_format(&out, "%s: %s\n", path, same ? "OK" : "FAILED");
	if (!same)
		command_status = 1;
	input_free(&input);
	(void)close(input.fd);
}

static void list_check(struct input *input, const char *name, void *context)
{
	const char *line;
	size_t size;
	(void)name, (void)context;
	while (input_line(input, &line, &size)) {
		size -= line[size - 1] == '\n';
		if (size < 67 || line[64] != ' ') {
			complain("a line is not SUM, two blanks, NAME");
			continue;
		}
		struct text path = {};
		text_add(&path, line + 66, size - 66);
		file_check(line, path.bytes);
		text_free(&path);
	}
}

int command_sha256sum(int count, char **arguments)
{
	bool check = false;
	for (int option; (option = option_next(count, arguments, "cb")) >= 0;)
		check |= option == 'c';
	inputs_visit(arguments + optind, check ? list_check : sum_print, nullptr);
	return command_status;
}
