// SPDX-License-Identifier: MIT OR Apache-2.0
// date: the time by a format of strftime. There are no time zones yet: local time is UTC.
#include "command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct timespec now_get(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		die("the clock does not answer: %s", strerror(errno));
	return now;
}

static struct timespec file_time(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		die("%s: %s", path, strerror(errno));
	return status.st_mtim;
}

static struct timespec seconds_read(const char *word)
{
	char *end;
	struct timespec time = {.tv_sec = strtoll(word + 1, &end, 10)};
	if (*word != '@' || *end || end == word + 1)
		die("-d %s: @SECONDS since 1970 is expected", word);
	return time;
}

// %N is ours: strftime has no nanoseconds.
static char *nanoseconds_put(const char *format, long nanoseconds)
{
	struct text text = {};
	for (; *format; format++) {
		if (format[0] == '%' && format[1] == 'N') {
			text_format(&text, "%09ld", nanoseconds);
			format++;
		} else {
			text_char(&text, *format);
			if (format[0] == '%' && format[1])
				text_char(&text, *++format);
		}
	}
	text_char(&text, ' '); // so that an empty result differs from one that does not fit
	return text_take(&text);
}

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
static void time_print(const char *format, const struct timespec *time)
{
	struct tm parts;
	char *full = nanoseconds_put(format, time->tv_nsec);
	size_t room = 256, size = 0;
	char *text = nullptr;
	if (!gmtime_r(&time->tv_sec, &parts))
		die("the time is out of range");
	for (; !size && room < 1 << 20; room *= 2) {
		text = memory_resize(text, room);
		size = strftime(text, room, full, &parts);
	}
	if (size > 0)
		output_bytes(&out, text, size - 1);
	output_char(&out, '\n');
	free(text);
	free(full);
}
#pragma clang diagnostic pop

int command_date(int count, char **arguments)
{
	struct timespec time = now_get();
	for (int option; (option = option_next(count, arguments, "ud:r:")) >= 0;) {
		if (option == 'd')
			time = seconds_read(optarg);
		else if (option == 'r')
			time = file_time(optarg);
	}
	if (count - optind > 1 || (optind < count && arguments[optind][0] != '+'))
		die_usage();
	const char *format = "%a %b %e %H:%M:%S UTC %Y";
	time_print(optind < count ? arguments[optind] + 1 : format, &time);
	return 0;
}
