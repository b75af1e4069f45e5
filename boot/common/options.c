// SPDX-License-Identifier: MIT OR Apache-2.0
#include "boot/options.h"

#include <string.h>

struct option {
	const char *name;
	// words separated by `|`; `#` is a number, behind which one of the letters that follow may
	// stand; `*` is anything
	const char *values;
	const char *help;
};

static const struct option table[] = {
	{"kaslr", "on|off", "kernel and first task at random addresses (on)"},
	{"entropy", "auto|fixed", "where the random seed comes from; fixed repeats runs (auto)"},
	{"verify", "boot|all",
		"check the hashes of kernel and init, or of all files at once (boot)"},
	{"smp", "#", "use at most this many CPUs (all)"},
	{"kpti", "auto|on|off", "separate page tables for user mode (auto)"},
	{"iommu", "on|off",
		"whether devices reach only what their drivers were given, where there is an IOMMU "
		"(on)"},
	{"fault", "stack", "overflow a kernel stack at boot: for tests"},
	{"log", "quiet|normal|debug",
		"how much kernel and services say on the kernel's console; debug measures, too "
		"(normal)"},
	{"trace", "off|on|calls",
		"what the kernel records: nothing, switches, interrupts and faults, or also calls "
		"(on)"},
	{"filesystems", "process|wasm|fused",
		"where the file systems of disks run: each volume's in a process, there as WASM, "
		"or in the VFS's process (process)"},
	{"ramdisk", "#KMG", "a disk of so many bytes in memory, ram0 (none)"},
	{"exit", "#", "I/O port that ends the emulator, written at power-off"},
	{"cmd", "*", "last: the rest of the line is run by the shell, then power off"},
};

#define OPTION_COUNT (sizeof table / sizeof table[0])

static bool word_is(const char *word, uint64_t length, const char *expected)
{
	return strlen(expected) == length && memcmp(word, expected, length) == 0;
}

static const struct option *find_option(const char *name, uint64_t length)
{
	for (uint64_t i = 0; i < OPTION_COUNT; i++) {
		if (word_is(name, length, table[i].name))
			return &table[i];
	}
	return nullptr;
}

static bool is_number(const char *word, uint64_t length)
{
	bool hexadecimal = length > 2 && word[0] == '0' && word[1] == 'x';
	for (uint64_t i = hexadecimal ? 2 : 0; i < length; i++) {
		bool digit = word[i] >= '0' && word[i] <= '9';
		if (!digit && !(hexadecimal && word[i] >= 'a' && word[i] <= 'f'))
			return false;
	}
	return length > 0 && length <= 10;
}

static bool is_number_with_unit(const char *units, const char *word, uint64_t length)
{
	bool has_unit = false;
	for (; length > 1 && *units != '\0'; units++)
		has_unit = has_unit || word[length - 1] == *units;
	return is_number(word, length - has_unit);
}

static bool is_choice(const char *values, const char *word, uint64_t length)
{
	while (*values != '\0') {
		uint64_t size = strcspn(values, "|");
		if (size == length && memcmp(values, word, length) == 0)
			return true;
		values += size + (values[size] == '|');
	}
	return false;
}

static bool is_value(const struct option *option, const char *word, uint64_t length)
{
	if (option->values[0] == '*')
		return true;
	if (option->values[0] == '#')
		return is_number_with_unit(option->values + 1, word, length);
	return length > 0 && is_choice(option->values, word, length);
}

static void apply(
	struct options *options, const struct option *option, const char *value, uint64_t length)
{
	if (strcmp(option->name, "kaslr") == 0)
		options->relocate = word_is(value, length, "on");
	if (strcmp(option->name, "entropy") == 0)
		options->fixed_entropy = word_is(value, length, "fixed");
	if (strcmp(option->name, "verify") == 0)
		options->check_all = word_is(value, length, "all");
}

static status_t parse_word(
	struct options *options, const char *word, uint64_t length, struct report *report)
{
	static const char advice[] = "Boot with the option `help` for a list.";
	uint64_t name_length = strcspn(word, "= ");
	report->subject = word;
	if (word_is(word, length, "help")) {
		options->help = true;
		return OK;
	}
	const struct option *option = find_option(word, name_length);
	if (!option || name_length >= length)
		return report_failure(
			report, ERR_INVALID_ARGUMENT, "This boot option is unknown.", advice);
	const char *value = word + name_length + 1;
	uint64_t value_length = length - name_length - 1;
	if (!is_value(option, value, value_length))
		return report_failure(report, ERR_INVALID_ARGUMENT,
			"This boot option cannot have that value.", advice);
	apply(options, option, value, value_length);
	return OK;
}

status_t options_parse(struct options *options, const char *line, struct report *report)
{
	*options = (struct options){.relocate = true};
	*report = (struct report){.subject = "options"};
	if (strlen(line) > OPTIONS_LENGTH_MAX)
		return report_failure(report, ERR_TOO_LONG, "The line of boot options is too long.",
			"Use fewer than 4096 characters.");
	for (const char *word = line; *word != '\0';) {
		uint64_t length = strcspn(word, " ");
		if (strncmp(word, "cmd=", 4) == 0)
			break;
		status_t status = length > 0 ? parse_word(options, word, length, report) : OK;
		if (status != OK)
			return status;
		word += length + (word[length] == ' ');
	}
	return OK;
}

void options_explain(void (*print)(const char *text))
{
	print("Boot options, separated by spaces:\n");
	for (uint64_t i = 0; i < OPTION_COUNT; i++) {
		print("  ");
		print(table[i].name);
		print("=");
		print(table[i].values);
		print("  ");
		print(table[i].help);
		print("\n");
	}
}

static bool is_line_end(char c)
{
	return c == '\n' || c == '\r' || c == '\0';
}

status_t options_join(
	char *line, uint64_t line_size, const char *text, uint64_t size, struct report *report)
{
	uint64_t length = 0;
	bool comment = false;
	bool start = true;
	for (uint64_t i = 0; i < size; i++) {
		bool end = is_line_end(text[i]);
		comment = !end && (comment || (start && text[i] == '#'));
		start = end;
		if (comment)
			continue;
		if (length + 1 == line_size) {
			report->subject = "options";
			return report_failure(report, ERR_TOO_LONG,
				"The file with the boot options is too long.",
				"Use fewer than 4096 characters.");
		}
		line[length++] = end ? ' ' : text[i];
	}
	while (length > 0 && line[length - 1] == ' ')
		length--;
	line[length] = '\0';
	return OK;
}
