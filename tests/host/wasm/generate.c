// SPDX-License-Identifier: MIT OR Apache-2.0
#include "tests/host/wasm/generate.h"

#include "decode/opcodes.h"

#include <stdio.h>
#include <string.h>

#define TYPES       5u // of values
#define LOGS        5u // imported functions, by type
#define DEPTH       5u
#define LOOPS       2u // one in the other
#define FUNCTIONS   8u
#define TABLE_SIZE  8u
#define FUEL_GLOBAL TYPES
#define FUEL        300u
#define GENERAL     2u // locals of each type, besides parameters; one more is for moments
#define ADDRESSES   0xfff0u

static const char letters[TYPES + 1] = "iIfFV";
static const uint8_t codes[TYPES] = {0x7f, 0x7e, 0x7d, 0x7c, 0x7b};
static const uint8_t constants[TYPES] = {0x41, 0x42, 0x43, 0x44, 0xfd};

// Types of functions: parameters and result.
static const struct signature {
	const char *parameters;
	const char *results;
} signatures[] = {{"", "i"}, {"i", "i"}, {"iI", "I"}, {"fF", "f"}, {"Ff", "F"}, {"Vi", "V"},
	{"ii", ""},
	// of imports, and of functions without anything
	{"i", ""}, {"I", ""}, {"f", ""}, {"F", ""}, {"V", ""}, {"", ""}};
#define OWN_SIGNATURES  7u
#define LOG_SIGNATURES  7u
#define PLAIN_SIGNATURE 12u
#define ALL_SIGNATURES  13u

struct generator {
	const uint8_t *seed, *end;
	uint8_t *bytes;
	size_t size, room;
	bool is_full;
	unsigned count; // own functions
	unsigned types[FUNCTIONS];
	unsigned function; // own number
	unsigned loops;
};

// --- what is decided ---------------------------------------------------------------------------

static bool is_over(const struct generator *g)
{
	return g->seed == g->end;
}

static unsigned next(struct generator *g)
{
	return is_over(g) ? 0 : *g->seed++;
}

static unsigned pick(struct generator *g, unsigned count)
{
	unsigned value = next(g);
	if (count > 200)
		value = value << 8 | next(g);
	return value % count;
}

// --- bytes --------------------------------------------------------------------------------------

static void put(struct generator *g, unsigned byte)
{
	if (g->size < g->room)
		g->bytes[g->size++] = (uint8_t)byte;
	else
		g->is_full = true;
}

static void put_all(struct generator *g, const void *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(g, ((const uint8_t *)bytes)[i]);
}

static void put_number(struct generator *g, uint32_t value)
{
	for (; value > 0x7f; value >>= 7)
		put(g, value | 0x80);
	put(g, value);
}

static void put_signed(struct generator *g, int64_t value)
{
	for (; value < -0x40 || value > 0x3f; value >>= 7)
		put(g, (unsigned)(value & 0x7f) | 0x80);
	put(g, (unsigned)(value & 0x7f));
}

static void put_name(struct generator *g, const char *name)
{
	put_number(g, (uint32_t)strlen(name));
	put_all(g, name, strlen(name));
}

// Five bytes of length before what is put until end_sized.
static size_t begin_sized(struct generator *g)
{
	for (unsigned i = 0; i < 5; i++)
		put(g, 0);
	return g->size;
}

static void end_sized(struct generator *g, size_t begin)
{
	uint32_t size = (uint32_t)(g->size - begin);
	if (g->is_full)
		return;
	for (unsigned i = 0; i < 5; i++, size >>= 7)
		g->bytes[begin - 5 + i] = (uint8_t)((size & 0x7f) | (i < 4 ? 0x80 : 0));
}

static size_t begin_section(struct generator *g, unsigned id)
{
	put(g, id);
	return begin_sized(g);
}

// --- instructions -------------------------------------------------------------------------------

struct instruction_record {
	uint16_t number;
	uint8_t access;
	enum immediate immediate;
	const char *text;
	const char *signature;
};

static const struct instruction_record records[] = {
#define OP(number, name, text, immediate, signature, access) \
	{number, access, IMMEDIATE_##immediate, text, signature},
#include "decode/opcodes.def"
#undef OP
};
#define RECORDS (sizeof(records) / sizeof(records[0]))

static bool is_usable(const struct instruction_record *r)
{
	bool is_free = (r->number >= 0x300 && r->number < 0x400) || // relaxed
		       (r->number >= 0x400 && r->number < 0x403);   // waiting
	switch (r->immediate) {
	case IMMEDIATE_NONE:
	case IMMEDIATE_MEMARG:
	case IMMEDIATE_MEMARG_ATOMIC:
	case IMMEDIATE_MEMARG_LANE:
	case IMMEDIATE_LANE:
	case IMMEDIATE_SHUFFLE:
		return !is_free && r->signature[0] != '*' && strchr(r->signature, ':') != nullptr &&
		       r->signature[0] != ':';
	default:
		return false;
	}
}

// The n-th usable one with this result (0: none), or null: n is reduced.
static const struct instruction_record *find_record(char result, unsigned n, unsigned *count)
{
	*count = 0;
	for (size_t i = 0; i < RECORDS; i++)
		if (is_usable(&records[i]) && strchr(records[i].signature, ':')[1] == result &&
			(*count)++ == n)
			return &records[i];
	return nullptr;
}

static const struct instruction_record *pick_record(struct generator *g, char result)
{
	static unsigned counts[256];
	unsigned count = counts[(uint8_t)result];
	if (count == 0) {
		(void)find_record(result, UINT32_MAX, &count);
		counts[(uint8_t)result] = count;
	}
	return find_record(result, pick(g, count), &count);
}

static void put_opcode(struct generator *g, unsigned number)
{
	static const uint8_t prefixes[] = {[1] = 0xfc, [2] = 0xfd, [3] = 0xfd, [4] = 0xfe};
	if (number < 0x100) {
		put(g, number);
		return;
	}
	put(g, prefixes[number >> 8]);
	put_number(g, number >= 0x400   ? number - 0x400
		      : number >= 0x200 ? number - 0x200
					: number - 0x100);
}

static void put_immediate(struct generator *g, const struct instruction_record *r)
{
	if (r->immediate == IMMEDIATE_MEMARG || r->immediate == IMMEDIATE_MEMARG_ATOMIC ||
		r->immediate == IMMEDIATE_MEMARG_LANE) {
		put_number(g, r->immediate == IMMEDIATE_MEMARG_ATOMIC ? r->access
								      : pick(g, r->access + 1u));
		put_number(g, r->immediate == IMMEDIATE_MEMARG_ATOMIC ? 0 : pick(g, 32));
	}
	if (r->immediate == IMMEDIATE_LANE || r->immediate == IMMEDIATE_MEMARG_LANE)
		put(g, pick(g, 16u >> r->access));
	for (unsigned i = 0; r->immediate == IMMEDIATE_SHUFFLE && i < 16; i++)
		put(g, pick(g, 32));
}

// --- locals -------------------------------------------------------------------------------------

static unsigned type_of(char letter)
{
	return (unsigned)(strchr(letters, letter) - letters);
}

static const struct signature *own_signature(const struct generator *g, unsigned function)
{
	return &signatures[g->types[function]];
}

static unsigned local_of(const struct generator *g, char letter, unsigned which)
{
	unsigned parameters = (unsigned)strlen(own_signature(g, g->function)->parameters);
	return parameters + type_of(letter) * (GENERAL + 1) + which;
}

static unsigned counter_of(const struct generator *g, unsigned loop)
{
	return local_of(g, 'V', GENERAL) + 1 + loop;
}

static void put_local(struct generator *g, unsigned opcode, unsigned local)
{
	put(g, opcode);
	put_number(g, local);
}

// --- expressions --------------------------------------------------------------------------------

static void expression(struct generator *g, char letter, unsigned depth);

static void put_constant(struct generator *g, char letter)
{
	static const int64_t integers[] = {0, 1, -1, 2, 7, 0x7f, 0x80, 0x7fff, 0xffff, 0x10000,
		INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 0x0102030405060708, 64};
	static const double floats[] = {0.0, -0.0, 1.0, -1.5, 0.5, 1e10, -1e20, 4294967296.0,
		2147483648.0, 1e-40, 16777217.0, -9223372036854775808.0};
	int64_t integer = integers[pick(g, 16)];
	double wide = floats[pick(g, 12)];
	float narrow = (float)wide;
	put(g, constants[type_of(letter)]);
	switch (letter) {
	case 'i':
		put_signed(g, (int32_t)integer);
		break;
	case 'I':
		put_signed(g, integer);
		break;
	case 'f':
		put_all(g, &narrow, sizeof(narrow));
		break;
	case 'F':
		put_all(g, &wide, sizeof(wide));
		break;
	default:
		put(g, 0x0c);
		for (unsigned i = 0; i < 16; i++)
			put(g, next(g));
		break;
	}
}

static void leaf(struct generator *g, char letter)
{
	const char *parameters = own_signature(g, g->function)->parameters;
	const char *parameter = strchr(parameters, letter);
	switch (pick(g, 4)) {
	case 0:
		put_constant(g, letter);
		break;
	case 1:
		put_local(g, 0x23, type_of(letter)); // global.get
		break;
	case 2:
		if (parameter != nullptr) {
			put_local(g, 0x20, (unsigned)(parameter - parameters));
			break;
		}
		[[fallthrough]];
	default:
		put_local(g, 0x20, local_of(g, letter, pick(g, GENERAL)));
		break;
	}
}

static void address(struct generator *g, unsigned depth, unsigned access)
{
	expression(g, 'i', depth);
	if (pick(g, 16) == 1)
		return;
	put(g, 0x41);
	put_signed(g, ADDRESSES & ~((1 << access) - 1));
	put(g, 0x71);
}

// Its NaNs become zeros.
static void settle(struct generator *g, char letter)
{
	unsigned moment = local_of(g, letter, GENERAL);
	put_local(g, 0x21, moment);
	put_local(g, 0x20, moment);
	put(g, constants[type_of(letter)]);
	for (unsigned i = 0; i < (letter == 'f' ? 4 : 8); i++)
		put(g, 0);
	put_local(g, 0x20, moment);
	put_local(g, 0x20, moment);
	put(g, letter == 'f' ? 0x5b : 0x61);
	put(g, 0x1b);
}

static void settle_vector(struct generator *g, bool is_wide)
{
	unsigned moment = local_of(g, 'V', GENERAL);
	put_local(g, 0x21, moment);
	for (unsigned i = 0; i < 3; i++)
		put_local(g, 0x20, moment);
	put_opcode(g, is_wide ? 0x247 : 0x241); // fNxM.eq
	put_opcode(g, 0x24e);                   // v128.and
}

static void operation(struct generator *g, char letter, unsigned depth)
{
	const struct instruction_record *r = pick_record(g, letter);
	for (const char *s = r->signature; *s != ':'; s++) {
		if (*s == 'a')
			address(g, depth - 1, r->access);
		else
			expression(g, *s, depth - 1);
	}
	put_opcode(g, r->number);
	put_immediate(g, r);
	if (letter == 'f' || letter == 'F')
		settle(g, letter);
	else if (letter == 'V' && r->text[0] == 'f')
		settle_vector(g, r->text[1] == '6');
}

static void arguments(struct generator *g, const struct signature *s, unsigned depth)
{
	for (const char *p = s->parameters; *p != 0; p++)
		expression(g, *p, depth - 1);
}

// A later function, so that only indirect calls recur. False: none has this result.
static bool call(struct generator *g, char letter, unsigned depth)
{
	for (unsigned i = g->function + 1; i < g->count; i++) {
		const struct signature *s = own_signature(g, i);
		if (s->results[0] != letter)
			continue;
		arguments(g, s, depth);
		put_local(g, 0x10, LOGS + i);
		return true;
	}
	return false;
}

static void call_indirect(struct generator *g, char letter, unsigned depth)
{
	unsigned type = pick(g, OWN_SIGNATURES);
	while (signatures[type].results[0] != letter)
		type = (type + 1) % OWN_SIGNATURES;
	arguments(g, &signatures[type], depth);
	expression(g, 'i', depth - 1);
	put(g, 0x41);
	put_signed(g, (int64_t)TABLE_SIZE * 2 - 1);
	put(g, 0x71);
	put_local(g, 0x11, type);
	put(g, 0);
}

static void choice(struct generator *g, char letter, unsigned depth)
{
	expression(g, 'i', depth - 1);
	put(g, 0x04);
	put(g, codes[type_of(letter)]);
	expression(g, letter, depth - 1);
	put(g, 0x05);
	expression(g, letter, depth - 1);
	put(g, 0x0b);
}

static void block(struct generator *g, char letter, unsigned depth)
{
	put(g, 0x02);
	put(g, codes[type_of(letter)]);
	expression(g, letter, depth - 1);
	expression(g, 'i', depth - 1);
	put_local(g, 0x0d, 0); // br_if
	put(g, 0x1a);
	expression(g, letter, depth - 1);
	put(g, 0x0b);
}

static void selection(struct generator *g, char letter, unsigned depth)
{
	expression(g, letter, depth - 1);
	expression(g, letter, depth - 1);
	expression(g, 'i', depth - 1);
	put(g, 0x1b);
}

static void expression(struct generator *g, char letter, unsigned depth)
{
	unsigned what = next(g);
	if (depth == 0 || is_over(g) || g->is_full || what < 50)
		leaf(g, letter);
	else if (what < 62 && call(g, letter, depth))
		;
	else if (what < 70)
		choice(g, letter, depth);
	else if (what < 76)
		block(g, letter, depth);
	else if (what < 82)
		selection(g, letter, depth);
	else if (what < 88)
		call_indirect(g, letter, depth);
	else if (what < 92) {
		expression(g, letter, depth - 1);
		put_local(g, 0x22, local_of(g, letter, pick(g, GENERAL)));
	} else
		operation(g, letter, depth);
}

// --- statements ---------------------------------------------------------------------------------

static void statements(struct generator *g, unsigned depth);

static void burn(struct generator *g)
{
	put_local(g, 0x23, FUEL_GLOBAL);
	put(g, 0x45); // i32.eqz
	put(g, 0x04);
	put(g, 0x40);
	put(g, 0x00); // unreachable
	put(g, 0x0b);
	put_local(g, 0x23, FUEL_GLOBAL);
	put(g, 0x41);
	put(g, 1);
	put(g, 0x6b);
	put_local(g, 0x24, FUEL_GLOBAL);
}

static void loop(struct generator *g, unsigned depth)
{
	unsigned counter = counter_of(g, g->loops);
	put(g, 0x41);
	put_signed(g, 1 + pick(g, 12));
	put_local(g, 0x21, counter);
	put(g, 0x03);
	put(g, 0x40);
	burn(g);
	g->loops++;
	statements(g, depth - 1);
	g->loops--;
	put_local(g, 0x20, counter);
	put(g, 0x41);
	put(g, 1);
	put(g, 0x6b);
	put_local(g, 0x22, counter);
	put_local(g, 0x0d, 0);
	put(g, 0x0b);
}

static void store(struct generator *g, unsigned depth)
{
	const struct instruction_record *r = pick_record(g, 0);
	for (const char *s = r->signature; *s != ':'; s++) {
		if (*s == 'a')
			address(g, depth - 1, r->access);
		else
			expression(g, *s, depth - 1);
	}
	put_opcode(g, r->number);
	put_immediate(g, r);
}

static void bulk(struct generator *g, unsigned depth)
{
	bool is_copy = pick(g, 2) == 0;
	address(g, depth - 1, 0);
	if (is_copy)
		address(g, depth - 1, 0);
	else
		expression(g, 'i', depth - 1);
	expression(g, 'i', depth - 1);
	put(g, 0x41);
	put_signed(g, 0xff);
	put(g, 0x71);
	put_opcode(g, is_copy ? 0x10a : 0x10b);
	put(g, 0);
	if (is_copy)
		put(g, 0);
}

static void condition(struct generator *g, unsigned depth)
{
	expression(g, 'i', depth - 1);
	put(g, 0x04);
	put(g, 0x40);
	statements(g, depth - 1);
	put(g, 0x05);
	statements(g, depth - 1);
	put(g, 0x0b);
}

// Out of a block, by an index that may be too large.
static void jump(struct generator *g, unsigned depth)
{
	put(g, 0x02);
	put(g, 0x40);
	put(g, 0x02);
	put(g, 0x40);
	statements(g, depth - 1);
	expression(g, 'i', depth - 1);
	put(g, 0x0e);
	put_number(g, 3);
	for (unsigned i = 0; i < 4; i++)
		put_number(g, pick(g, 2));
	put(g, 0x0b);
	statements(g, depth - 1);
	put(g, 0x0b);
}

static void statement(struct generator *g, unsigned depth)
{
	char letter = letters[pick(g, TYPES)];
	switch (pick(g, 12)) {
	case 0:
	case 1:
		store(g, depth);
		break;
	case 2:
		if (g->loops < LOOPS) {
			loop(g, depth);
			break;
		}
		[[fallthrough]];
	case 3:
		condition(g, depth);
		break;
	case 4:
		bulk(g, depth);
		break;
	case 5:
		jump(g, depth);
		break;
	case 6:
		expression(g, letter, depth - 1);
		put_local(g, 0x24, type_of(letter)); // global.set
		break;
	case 7:
		expression(g, letter, depth - 1);
		put_local(g, 0x10, type_of(letter)); // a log
		break;
	case 8:
		put(g, 0x41);
		put(g, pick(g, 2));
		put(g, 0x40); // memory.grow
		put(g, 0);
		put(g, 0x1a);
		break;
	default:
		expression(g, letter, depth - 1);
		put_local(g, 0x21, local_of(g, letter, pick(g, GENERAL)));
		break;
	}
}

static void statements(struct generator *g, unsigned depth)
{
	for (unsigned count = pick(g, 4); count > 0 && depth > 0 && !is_over(g); count--)
		statement(g, depth);
}

// --- the module ---------------------------------------------------------------------------------

static void put_types(struct generator *g)
{
	size_t section = begin_section(g, 1);
	put_number(g, ALL_SIGNATURES);
	for (unsigned i = 0; i < ALL_SIGNATURES; i++) {
		const char *lists[] = {signatures[i].parameters, signatures[i].results};
		put(g, 0x60);
		for (unsigned k = 0; k < 2; k++) {
			put_number(g, (uint32_t)strlen(lists[k]));
			for (const char *s = lists[k]; *s != 0; s++)
				put(g, codes[type_of(*s)]);
		}
	}
	end_sized(g, section);
}

static void put_imports(struct generator *g)
{
	static const char *const names[LOGS] = {
		"log-i32", "log-i64", "log-f32", "log-f64", "log-v128"};
	size_t section = begin_section(g, 2);
	put_number(g, LOGS);
	for (unsigned i = 0; i < LOGS; i++) {
		put_name(g, "fuzzing-support");
		put_name(g, names[i]);
		put(g, 0);
		put_number(g, LOG_SIGNATURES + i);
	}
	end_sized(g, section);
}

// Own functions, the countdown's start, the hash.
static void put_functions(struct generator *g)
{
	size_t section = begin_section(g, 3);
	put_number(g, g->count + 2);
	for (unsigned i = 0; i < g->count; i++)
		put_number(g, g->types[i]);
	put_number(g, PLAIN_SIGNATURE);
	put_number(g, 0);
	end_sized(g, section);
}

static void put_table_and_memory(struct generator *g)
{
	size_t section = begin_section(g, 4);
	put_all(g, (const uint8_t[]){1, 0x70, 0, TABLE_SIZE + 2}, 4); // the last are null
	end_sized(g, section);
	section = begin_section(g, 5);
	put_all(g, (const uint8_t[]){1, 1, 1, 2}, 4);
	end_sized(g, section);
}

static void put_globals(struct generator *g)
{
	size_t section = begin_section(g, 6);
	put_number(g, TYPES + 1);
	for (unsigned i = 0; i <= TYPES; i++) {
		put(g, codes[i % TYPES]);
		put(g, 1);
		put_constant(g, letters[i % TYPES]);
		put(g, 0x0b);
	}
	end_sized(g, section);
}

static void put_export(struct generator *g, const char *name, unsigned function)
{
	put_name(g, name);
	put(g, 0);
	put_number(g, LOGS + function);
}

static void put_exports(struct generator *g)
{
	size_t section = begin_section(g, 7);
	char name[16];
	put_number(g, 2 * g->count + 1);
	for (unsigned i = 0; i < g->count; i++) {
		(void)snprintf(name, sizeof(name), "start%u", i);
		put_export(g, name, g->count);
		(void)snprintf(name, sizeof(name), "f%u", i);
		put_export(g, name, i);
	}
	put_export(g, "hash", g->count + 1);
	end_sized(g, section);
}

static void put_elements(struct generator *g)
{
	size_t section = begin_section(g, 9);
	put_all(g, (const uint8_t[]){1, 0, 0x41, 0, 0x0b, TABLE_SIZE}, 6);
	for (unsigned i = 0; i < TABLE_SIZE; i++)
		put_number(g, LOGS + i % g->count);
	end_sized(g, section);
}

static void put_function(struct generator *g, unsigned function)
{
	size_t body = begin_sized(g);
	const char *result = signatures[g->types[function]].results;
	g->function = function;
	put_number(g, TYPES + 1);
	for (unsigned i = 0; i < TYPES; i++) {
		put_number(g, GENERAL + 1);
		put(g, codes[i]);
	}
	put_number(g, LOOPS);
	put(g, codes[0]);
	burn(g);
	statements(g, DEPTH);
	if (result[0] != 0)
		expression(g, result[0], DEPTH);
	put(g, 0x0b);
	end_sized(g, body);
}

static void put_start(struct generator *g)
{
	size_t body = begin_sized(g);
	put(g, 0);
	put(g, 0x41);
	put_signed(g, FUEL);
	put_local(g, 0x24, FUEL_GLOBAL);
	put(g, 0x0b);
	end_sized(g, body);
}

// h = h * 31 + word, over the first page, and the integers among the globals.
static void put_hash(struct generator *g)
{
	static const uint8_t code[] = {1, 2, 0x7f,     // two locals: place, hash
		0x23, 0, 0x23, 1, 0xa7, 0x73, 0x21, 1, // hash = global 0 ^ wrap(global 1)
		0x03, 0x40,                            // loop
		0x20, 1, 0x41, 31, 0x6c, 0x20, 0, 0x28, 2, 0, 0x6a, 0x21, 1, 0x20, 0, 0x41, 4, 0x6a,
		0x22, 0, 0x41, 0x80, 0x80, 4, 0x49, 0x0d, 0, 0x0b, 0x20, 1, 0x0b};
	size_t body = begin_sized(g);
	put_all(g, code, sizeof(code));
	end_sized(g, body);
}

static void put_code(struct generator *g)
{
	size_t section = begin_section(g, 10);
	put_number(g, g->count + 2);
	for (unsigned i = 0; i < g->count; i++)
		put_function(g, i);
	put_start(g);
	put_hash(g);
	end_sized(g, section);
}

size_t generate_module(const uint8_t *seed, size_t size, uint8_t *module, size_t room)
{
	struct generator g = {.seed = seed, .end = seed + size, .bytes = module, .room = room};
	static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
	g.count = 1 + pick(&g, FUNCTIONS);
	for (unsigned i = 0; i < g.count; i++)
		g.types[i] = pick(&g, OWN_SIGNATURES);
	put_all(&g, header, sizeof(header));
	put_types(&g);
	put_imports(&g);
	put_functions(&g);
	put_table_and_memory(&g);
	put_globals(&g);
	put_exports(&g);
	put_elements(&g);
	put_code(&g);
	return g.is_full ? 0 : g.size;
}
