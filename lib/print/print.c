// SPDX-License-Identifier: MIT OR Apache-2.0
/* Formatting: see craton/print.h. */
#include <craton/print.h>

struct output {
	char *buffer;
	size_t size;
	size_t length;
};

struct field {
	bool wide;
	bool zero;
	bool left;
	size_t width;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->size)
		out->buffer[out->length++] = c;
}

static void put_padded(struct output *out, const char *text, size_t length, const struct field *f)
{
	size_t padding = f->width > length ? f->width - length : 0;

	for (size_t i = 0; !f->left && i < padding; i++)
		put(out, f->zero ? '0' : ' ');
	for (size_t i = 0; i < length; i++)
		put(out, text[i]);
	for (size_t i = 0; f->left && i < padding; i++)
		put(out, ' ');
}

static void put_number(
	struct output *out, uint64_t value, unsigned base, bool negative, const struct field *f)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	if (negative)
		digits[--at] = '-';
	put_padded(out, digits + at, sizeof(digits) - at, f);
}

static const char *parse_field(const char *format, struct field *f)
{
	*f = (struct field){0};
	for (;; format++) {
		if (*format == '0')
			f->zero = true;
		else if (*format == '-')
			f->left = true;
		else
			break;
	}
	while (*format >= '0' && *format <= '9')
		f->width = f->width * 10 + (size_t)(*format++ - '0');
	while (*format == 'l' || *format == 'z') {
		f->wide = true;
		format++;
	}
	return format;
}

static void put_argument(struct output *out, char kind, const struct field *f, va_list *arguments)
{
	if (kind == 's') {
		const char *text = va_arg(*arguments, const char *);

		put_padded(out, text, strlen(text), f);
	} else if (kind == 'c') {
		char c = (char)va_arg(*arguments, int);

		put_padded(out, &c, 1, f);
	} else if (kind == 'd') {
		int64_t value = f->wide ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);

		put_number(
			out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0, f);
	} else if (kind == 'u' || kind == 'x') {
		uint64_t value =
			f->wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);

		put_number(out, value, kind == 'x' ? 16 : 10, false, f);
	} else {
		put(out, kind);
	}
}

size_t print_to_list(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output out = {buffer, size, 0};
	va_list list;

	va_copy(list, arguments);
	for (; *format != 0; format++) {
		struct field f;

		if (*format != '%') {
			put(&out, *format);
			continue;
		}
		format = parse_field(format + 1, &f);
		if (*format == 0)
			break;
		put_argument(&out, *format, &f, &list);
	}
	va_end(list);
	if (size > 0)
		buffer[out.length] = 0;
	return out.length;
}

size_t print_to(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = print_to_list(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}
