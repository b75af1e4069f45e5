// SPDX-License-Identifier: MIT OR Apache-2.0
// sort: all lines in memory, one block for the text and an index; stable merge sort.
// -k takes FIELD[,FIELD] with the letters b, f, n, r; without -t, fields begin at blanks.
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

constexpr int SORT_KEYS = 8;

struct key {
	unsigned first, last;                     // fields, from 1; last 0: to the end of the line
	bool numeric, reverse, fold, blanks, own; // own: has letters of its own
};

struct line {
	const char *bytes;
	size_t size;
};

struct sort {
	struct text text;
	struct line *lines, *scratch;
	size_t count, capacity;
	struct key keys[SORT_KEYS];
	int key_count;
	struct key general;
	char separator; // 0: blanks
	bool unique;
};

static struct sort sort;

// Behind the field number `field` (0: the start of the line).
static const char *field_end(const char *at, const char *end, unsigned field)
{
	for (; field > 0 && at < end; field--) {
		if (sort.separator) {
			const char *next = memchr(at, sort.separator, (size_t)(end - at));
			at = next ? next + (field > 1) : end;
		} else {
			while (at < end && isblank((unsigned char)*at))
				at++;
			while (at < end && !isblank((unsigned char)*at))
				at++;
		}
	}
	return at;
}

static struct line key_of(const struct line *line, const struct key *key)
{
	const char *end = line->bytes + line->size, *from = line->bytes, *to = end;
	if (key->first > 1) {
		from = field_end(from, end, key->first - 1);
		if (sort.separator && from < end)
			from++;
	}
	if (key->last)
		to = field_end(line->bytes, end, key->last);
	while (key->blanks && from < to && isblank((unsigned char)*from))
		from++;
	return (struct line){from, to > from ? (size_t)(to - from) : 0};
}

struct number {
	bool negative;
	const char *whole, *fraction;
	size_t whole_size, fraction_size;
};

static const char *digits_end(const char *at, const char *end)
{
	while (at < end && isdigit((unsigned char)*at))
		at++;
	return at;
}

// Numbers of any length, compared as texts.
static struct number number_parse(const struct line *line)
{
	struct number number = {};
	const char *at = line->bytes, *end = at + line->size;
	while (at < end && isspace((unsigned char)*at))
		at++;
	number.negative = at < end && *at == '-';
	at += number.negative;
	while (at < end && *at == '0')
		at++;
	number.whole = at;
	at = digits_end(at, end);
	number.whole_size = (size_t)(at - number.whole);
	number.fraction = at < end && *at == '.' ? at + 1 : at;
	const char *last = at < end && *at == '.' ? digits_end(at + 1, end) : at;
	while (last > number.fraction && last[-1] == '0')
		last--;
	number.fraction_size = (size_t)(last - number.fraction);
	if (number.whole_size == 0 && number.fraction_size == 0)
		number.negative = false;
	return number;
}

static int bytes_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t common = a_size < b_size ? a_size : b_size;
	int order = common ? memcmp(a, b, common) : 0;
	return order ? order : (a_size > b_size) - (a_size < b_size);
}

static int numbers_compare(const struct line *left, const struct line *right)
{
	struct number a = number_parse(left), b = number_parse(right);
	if (a.negative != b.negative)
		return a.negative ? -1 : 1;
	int order = a.whole_size != b.whole_size
			    ? (a.whole_size > b.whole_size) - (a.whole_size < b.whole_size)
			    : bytes_compare(a.whole, a.whole_size, b.whole, b.whole_size);
	if (!order)
		order = bytes_compare(a.fraction, a.fraction_size, b.fraction, b.fraction_size);
	return a.negative ? -order : order;
}

static int folded_compare(const struct line *left, const struct line *right)
{
	size_t common = left->size < right->size ? left->size : right->size;
	for (size_t i = 0; i < common; i++) {
		int order = toupper((unsigned char)left->bytes[i]) -
			    toupper((unsigned char)right->bytes[i]);
		if (order)
			return order;
	}
	return (left->size > right->size) - (left->size < right->size);
}

static int key_compare(const struct line *left, const struct line *right, const struct key *key)
{
	struct line a = key_of(left, key), b = key_of(right, key);
	int order = key->numeric ? numbers_compare(&a, &b)
		    : key->fold  ? folded_compare(&a, &b)
				 : bytes_compare(a.bytes, a.size, b.bytes, b.size);
	return key->reverse ? -order : order;
}

static int keys_compare(const struct line *left, const struct line *right)
{
	for (int i = 0; i < sort.key_count; i++) {
		int order = key_compare(left, right, &sort.keys[i]);
		if (order)
			return order;
	}
	return sort.key_count ? 0 : key_compare(left, right, &sort.general);
}

static int lines_compare(const struct line *left, const struct line *right)
{
	int order = keys_compare(left, right);
	if (order || sort.unique)
		return order;
	order = bytes_compare(left->bytes, left->size, right->bytes, right->size);
	return sort.general.reverse ? -order : order;
}

static void merge(struct line *lines, struct line *scratch, size_t middle, size_t count)
{
	memcpy(scratch, lines, middle * sizeof *lines);
	size_t left = 0, right = middle, at = 0;
	while (left < middle && right < count)
		lines[at++] = lines_compare(&scratch[left], &lines[right]) <= 0 ? scratch[left++]
										: lines[right++];
	while (left < middle)
		lines[at++] = scratch[left++];
}

// Recursion is as deep as the logarithm of the number of lines.
static void lines_sort(struct line *lines, struct line *scratch, size_t count)
{
	if (count < 2)
		return;
	size_t middle = count / 2;
	lines_sort(lines, scratch, middle);
	lines_sort(lines + middle, scratch, count - middle);
	if (lines_compare(&lines[middle - 1], &lines[middle]) > 0)
		merge(lines, scratch, middle, count);
}

static void read_all(struct input *input, const char *name, void *context)
{
	const char *bytes;
	size_t size;
	(void)name, (void)context;
	while (input_chunk(input, &bytes, &size))
		text_add(&sort.text, bytes, size);
	if (sort.text.length && sort.text.bytes[sort.text.length - 1] != '\n')
		text_char(&sort.text, '\n');
}

static void lines_index(void)
{
	const char *at = sort.text.bytes, *end = at + sort.text.length;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		sort.lines = array_room(sort.lines, sort.count, &sort.capacity, sizeof *sort.lines);
		sort.lines[sort.count++] = (struct line){at, (size_t)(newline - at)};
		at = newline + 1;
	}
}

static bool key_letter(struct key *key, char letter)
{
	key->numeric |= letter == 'n';
	key->reverse |= letter == 'r';
	key->fold |= letter == 'f';
	key->blanks |= letter == 'b';
	return letter && strchr("nrfb", letter);
}

static void key_add(const char *word)
{
	struct key key = {};
	char *at;
	if (sort.key_count == SORT_KEYS)
		die("at most %d keys", SORT_KEYS);
	key.first = (unsigned)strtoul(word, &at, 10);
	if (*at == '.')
		die("-k %s: positions within a field are not supported", word);
	for (; key_letter(&key, *at); at++)
		key.own = true;
	if (*at == ',')
		key.last = (unsigned)strtoul(at + 1, &at, 10);
	for (; key_letter(&key, *at); at++)
		key.own = true;
	if (*at || key.first == 0)
		die("-k %s: FIELD[,FIELD][bfnr] is expected, fields from 1", word);
	sort.keys[sort.key_count++] = key;
}

static void keys_finish(void)
{
	sort.general.first = 1;
	for (int i = 0; i < sort.key_count; i++) {
		struct key *key = &sort.keys[i];
		if (key->own)
			continue;
		key->numeric = sort.general.numeric;
		key->reverse = sort.general.reverse;
		key->fold = sort.general.fold;
		key->blanks = sort.general.blanks;
	}
}

static void lines_print(void)
{
	for (size_t i = 0; i < sort.count; i++) {
		if (sort.unique && i > 0 && keys_compare(&sort.lines[i - 1], &sort.lines[i]) == 0) {
			// The first of equal ones stays.
			sort.lines[i] = sort.lines[i - 1];
			continue;
		}
		output_bytes(&out, sort.lines[i].bytes, sort.lines[i].size);
		output_char(&out, '\n');
	}
}

int command_sort(int count, char **arguments)
{
	const char *target = nullptr;
	for (int option; (option = option_next(count, arguments, "bfnrsuk:t:o:")) >= 0;) {
		if (option == 'k')
			key_add(optarg);
		else if (option == 't')
			sort.separator = optarg[0];
		else if (option == 'o')
			target = optarg;
		else if (option == 'u')
			sort.unique = true;
		else
			(void)key_letter(&sort.general, (char)option);
	}
	keys_finish();
	inputs_visit(arguments + optind, read_all, nullptr);
	lines_index();
	sort.scratch = memory_get((sort.count + 1) * sizeof *sort.scratch);
	lines_sort(sort.lines, sort.scratch, sort.count);
	if (target && (out.fd = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0666)) < 0)
		die("%s: %s", target, strerror(errno));
	lines_print();
	return command_status ? 2 : 0;
}
