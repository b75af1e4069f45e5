// SPDX-License-Identifier: MIT OR Apache-2.0
// tr: byte by byte through a table of 256 entries. Sets have ranges, escapes and [:classes:].
#include "command.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

struct set {
	unsigned char bytes[1024];
	size_t count;
};

static void set_add(struct set *set, unsigned byte)
{
	if (set->count < sizeof set->bytes)
		set->bytes[set->count++] = (unsigned char)byte;
}

static unsigned octal_read(const char **at)
{
	unsigned value = 0;
	for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
		value = value * 8 + (unsigned)(*(*at)++ - '0');
	return value & 255;
}

// One byte of a set, with its escape.
static unsigned byte_read(const char **at)
{
	static const char letters[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
	if (**at != '\\' || !(*at)[1])
		return (unsigned char)*(*at)++;
	++*at;
	if (**at >= '0' && **at <= '7')
		return octal_read(at);
	const char *found = strchr(letters, **at);
	char byte = found ? values[found - letters] : **at;
	++*at;
	return (unsigned char)byte;
}

static bool class_read(struct set *set, const char **at)
{
	static const struct {
		const char *name;
		int (*test)(int);
	} classes[] = {{"[:alnum:]", isalnum}, {"[:alpha:]", isalpha}, {"[:blank:]", isblank},
		{"[:cntrl:]", iscntrl}, {"[:digit:]", isdigit}, {"[:graph:]", isgraph},
		{"[:lower:]", islower}, {"[:print:]", isprint}, {"[:punct:]", ispunct},
		{"[:space:]", isspace}, {"[:upper:]", isupper}, {"[:xdigit:]", isxdigit}};
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		size_t length = strlen(classes[i].name);
		if (strncmp(*at, classes[i].name, length) != 0)
			continue;
		for (int byte = 0; byte < 128; byte++)
			if (classes[i].test(byte))
				set_add(set, (unsigned)byte);
		*at += length;
		return true;
	}
	return false;
}

static void set_read(struct set *set, const char *text)
{
	while (*text) {
		if (class_read(set, &text))
			continue;
		unsigned low = byte_read(&text), high = low;
		if (text[0] == '-' && text[1]) {
			text++;
			high = byte_read(&text);
			if (high < low)
				die("a range is upside down");
		}
		for (unsigned byte = low; byte <= high; byte++)
			set_add(set, byte);
	}
}

static void set_complement(struct set *set)
{
	bool there[256] = {};
	for (size_t i = 0; i < set->count; i++)
		there[set->bytes[i]] = true;
	set->count = 0;
	for (unsigned byte = 0; byte < 256; byte++)
		if (!there[byte])
			set_add(set, byte);
}

struct tr {
	unsigned char map[256];
	bool remove[256], squeeze[256];
	int last;
};

static void tr_bytes(struct tr *tr, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		if (tr->remove[byte])
			continue;
		byte = tr->map[byte];
		if (tr->squeeze[byte] && tr->last == byte)
			continue;
		tr->last = byte;
		output_char(&out, (char)byte);
	}
}

static void map_make(struct tr *tr, const struct set *from, const struct set *to)
{
	for (size_t i = 0; i < from->count; i++)
		tr->map[from->bytes[i]] = to->bytes[i < to->count ? i : to->count - 1];
}

static void mark(bool marks[256], const struct set *set)
{
	for (size_t i = 0; i < set->count; i++)
		marks[set->bytes[i]] = true;
}

int command_tr(int count, char **arguments)
{
	bool complement = false, remove = false, squeeze = false;
	struct tr tr = {.last = -1};
	struct set sets[2] = {};
	for (int option; (option = option_next(count, arguments, "cCds")) >= 0;) {
		complement |= option == 'c' || option == 'C';
		remove |= option == 'd';
		squeeze |= option == 's';
	}
	int given = count - optind;
	if (given < 1 || given > 2 || (given == 1 && !remove && !squeeze))
		die_usage();
	for (int i = 0; i < given; i++)
		set_read(&sets[i], arguments[optind + i]);
	if (complement)
		set_complement(&sets[0]);
	for (int byte = 0; byte < 256; byte++)
		tr.map[byte] = (unsigned char)byte;
	if (remove)
		mark(tr.remove, &sets[0]);
	else if (given == 2 && sets[1].count > 0)
		map_make(&tr, &sets[0], &sets[1]);
	if (squeeze)
		mark(tr.squeeze, &sets[given - 1]);
	struct input input = {.fd = 0};
	const char *bytes;
	size_t size;
	while (!out.error && input_chunk(&input, &bytes, &size))
		tr_bytes(&tr, bytes, size);
	input_check(&input, nullptr);
	return command_status;
}
