// SPDX-License-Identifier: MIT OR Apache-2.0
// wc: one pass over 64 KiB blocks.
#include "command.h"

#include <string.h>
#include <unistd.h>

struct counts {
	uint64_t lines, words, bytes, characters;
};

struct wc {
	struct counts total;
	unsigned files;
	int width;
	bool lines, words, bytes, characters;
};

static bool is_space(unsigned char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static uint64_t lines_in(const char *bytes, size_t size)
{
	uint64_t lines = 0;
	for (const char *end = bytes + size;
		(bytes = memchr(bytes, '\n', (size_t)(end - bytes)));) {
		lines++;
		bytes++;
	}
	return lines;
}

// Counts words and characters; `*inside` is whether a word goes on from the block before.
static void words_count(struct counts *counts, const char *bytes, size_t size, bool *inside)
{
	bool word = *inside;
	uint64_t words = 0, characters = 0;
	for (size_t i = 0; i < size; i++) {
		bool now = !is_space((unsigned char)bytes[i]);
		words += now && !word;
		characters += ((unsigned char)bytes[i] & 0xc0) != 0x80;
		word = now;
	}
	counts->words += words;
	counts->characters += characters;
	*inside = word;
}

static void counts_print(const struct wc *wc, const struct counts *counts, const char *name)
{
	const struct {
		bool shown;
		uint64_t value;
	} columns[] = {{wc->lines, counts->lines}, {wc->words, counts->words},
		{wc->characters, counts->characters}, {wc->bytes, counts->bytes}};
	bool first = true;
	for (size_t i = 0; i < 4; i++) {
		if (!columns[i].shown)
			continue;
		output_format(&out, first ? "%*llu" : " %*llu", wc->width,
			(unsigned long long)columns[i].value);
		first = false;
	}
	output_format(&out, name ? " %s\n" : "\n", name);
}

static void wc_file(struct input *input, const char *name, void *context)
{
	struct wc *wc = context;
	struct counts counts = {};
	const char *bytes;
	size_t size;
	bool inside = false, detailed = wc->words || wc->characters;
	while (input_chunk(input, &bytes, &size)) {
		counts.bytes += size;
		if (wc->lines)
			counts.lines += lines_in(bytes, size);
		if (detailed)
			words_count(&counts, bytes, size, &inside);
	}
	counts_print(wc, &counts, name);
	wc->total.lines += counts.lines;
	wc->total.words += counts.words;
	wc->total.bytes += counts.bytes;
	wc->total.characters += counts.characters;
	wc->files++;
}

// Wide enough for the sum of all sizes, as POSIX tools do it; 7 where sizes are not known.
static int width_choose(char **paths, unsigned shown)
{
	struct stat status;
	uint64_t sum = 0;
	int width = 1;
	if (shown == 1 && (!paths[0] || !paths[1]))
		return 1;
	if (!*paths)
		return 7;
	for (; *paths; paths++) {
		if (strcmp(*paths, "-") == 0)
			return 7;
		if (stat(*paths, &status) != 0)
			continue;
		if (!S_ISREG(status.st_mode))
			return 7;
		sum += (uint64_t)status.st_size;
	}
	for (; sum >= 10; sum /= 10)
		width++;
	return width;
}

int command_wc(int count, char **arguments)
{
	struct wc wc = {};
	for (int option; (option = option_next(count, arguments, "clmw")) >= 0;) {
		wc.bytes |= option == 'c';
		wc.lines |= option == 'l';
		wc.characters |= option == 'm';
		wc.words |= option == 'w';
	}
	if (!wc.bytes && !wc.lines && !wc.characters && !wc.words)
		wc.bytes = wc.lines = wc.words = true;
	unsigned shown = 0U + wc.bytes + wc.lines + wc.characters + wc.words;
	wc.width = width_choose(arguments + optind, shown);
	inputs_visit(arguments + optind, wc_file, &wc);
	if (arguments[optind] && arguments[optind + 1])
		counts_print(&wc, &wc.total, "total");
	return command_status;
}
