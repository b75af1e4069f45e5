// SPDX-License-Identifier: MIT OR Apache-2.0
// Instructions of the text format, plain and folded. The opcode table gives names and immediates.
#include "decode/opcodes.h"
#include "tools/wat/assembler.h"
#include "tools/wat/number.h"

// Where the next immediate is.
struct cursor {
	struct node *at;
};

static struct node *take(struct cursor *c)
{
	struct node *node = c->at;
	if (node != nullptr)
		c->at = node->next;
	return node;
}

// --- finding instructions --------------------------------------------------------------------

static const char *const texts[OPCODE_LIMIT] = {
#define OP(number, name, text, immediate, signature, access) [number] = text,
#include "decode/opcodes.def"
#undef OP
};

// A hash table of them with open addressing, made at first use: the assembler is a tool of one
// thread.
constexpr uint32_t BUCKETS = 4096;

static uint32_t text_hash(const char *text, size_t size)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ (uint8_t)text[i]) * 16777619u;
	return hash % BUCKETS;
}

static void fill_buckets(uint16_t *buckets)
{
	for (uint32_t i = 0; i < BUCKETS; i++)
		buckets[i] = OPCODE_LIMIT;
	for (uint16_t i = 0; i < OPCODE_LIMIT; i++) {
		if (texts[i] == nullptr || i == OP_SELECT_T)
			continue;
		uint32_t at = text_hash(texts[i], strlen(texts[i]));
		while (buckets[at] != OPCODE_LIMIT)
			at = (at + 1) % BUCKETS;
		buckets[at] = i;
	}
}

static uint32_t opcode_find(const struct node *node)
{
	static uint16_t buckets[BUCKETS];
	static bool filled;
	if (!filled)
		fill_buckets(buckets);
	filled = true;
	if (node->kind != NODE_ATOM)
		return OPCODE_LIMIT;
	uint32_t at = text_hash(node->text, node->size);
	while (buckets[at] != OPCODE_LIMIT && !node_is(node, texts[buckets[at]]))
		at = (at + 1) % BUCKETS;
	return buckets[at];
}

static void unknown_instruction(struct assembler *a, const struct node *node)
{
	static const struct {
		const char *prefix;
		enum wasm_status status;
	} known[] = {{"struct.", WASM_UNSUPPORTED_GC}, {"array.", WASM_UNSUPPORTED_GC},
		{"i31.", WASM_UNSUPPORTED_GC}, {"ref.", WASM_UNSUPPORTED_GC},
		{"br_on_cast", WASM_UNSUPPORTED_GC}, {"any.", WASM_UNSUPPORTED_GC},
		{"extern.", WASM_UNSUPPORTED_GC}};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (node_starts(node, known[i].prefix))
			wat_fail(a, node, known[i].status);
	wat_malformed(a, node);
}

static void put_opcode(struct assembler *a, struct wat_bytes *to, uint32_t opcode)
{
	if (opcode >= OPCODE_FC) {
		static const uint32_t firsts[] = {OPCODE_FC, OPCODE_FD, OPCODE_FE, OPCODE_LIMIT};
		uint8_t prefix = 0;
		while (opcode >= firsts[prefix + 1])
			prefix++;
		put_byte(a, to, 0xfc + prefix);
		put_unsigned(a, to, opcode - firsts[prefix]);
	} else {
		put_byte(a, to, (uint8_t)opcode);
	}
}

// --- immediates ------------------------------------------------------------------------------

static uint32_t optional_index(struct assembler *a, struct cursor *c, enum wat_space space)
{
	return node_is_index(c->at) ? space_index(a, space, take(c)) : 0;
}

static void put_index(
	struct assembler *a, struct wat_bytes *to, enum wat_space space, struct cursor *c)
{
	put_unsigned(a, to, space_index(a, space, take(c)));
}

// "offset=" or "align=" with its number.
static bool match_option(struct assembler *a, struct cursor *c, const char *name, uint64_t *value)
{
	size_t size = strlen(name);
	if (!node_starts(c->at, name))
		return false;
	struct node *node = take(c);
	if (!number_unsigned(node->text + size, node->size - size, UINT64_MAX, value))
		wat_malformed(a, node);
	return true;
}

static void put_memarg(struct assembler *a, struct wat_bytes *to, struct cursor *c, uint8_t access)
{
	uint64_t offset = 0, alignment = UINT64_C(1) << access;
	struct node *node = c->at;
	uint32_t memory = optional_index(a, c, WAT_MEMORIES);
	match_option(a, c, "offset=", &offset);
	match_option(a, c, "align=", &alignment);
	if (alignment == 0 || (alignment & (alignment - 1)) != 0)
		wat_malformed(a, node);
	uint32_t log = alignment == 0 ? 0 : (uint32_t)__builtin_ctzll(alignment);
	put_unsigned(a, to, log | (memory != 0 ? 0x40 : 0));
	if (memory != 0)
		put_unsigned(a, to, memory);
	put_unsigned(a, to, offset);
}

static void put_labels(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	uint32_t count = 0;
	for (struct node *n = c->at; node_is_index(n); n = n->next)
		count++;
	if (count == 0) {
		wat_malformed(a, c->at);
		return;
	}
	put_unsigned(a, to, count - 1);
	for (uint32_t i = 0; i < count; i++)
		put_index(a, to, WAT_LABELS, c);
}

static void put_indirect(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	struct wat_type signature;
	uint32_t table = optional_index(a, c, WAT_TABLES);
	uint32_t type = parse_type_use(a, &c->at, false, &signature);
	put_unsigned(a, to, type);
	put_unsigned(a, to, table);
}

static void put_integer(struct assembler *a, struct wat_bytes *to, struct cursor *c, uint32_t bits)
{
	uint64_t value = 0;
	struct node *node = take(c);
	if (!number_integer(node, bits, &value))
		wat_malformed(a, node);
	put_signed(a, to, bits == 32 ? (int32_t)value : (int64_t)value);
}

static void put_float(struct assembler *a, struct wat_bytes *to, struct cursor *c, uint32_t bits)
{
	uint64_t value = 0;
	struct node *node = take(c);
	if (!number_float(node, bits, &value))
		wat_malformed(a, node);
	put_raw(a, to, &value, bits / 8);
}

static void put_vector(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	uint8_t bytes[16];
	if (!number_vector(c->at, bytes))
		wat_malformed(a, c->at);
	put_raw(a, to, bytes, sizeof(bytes));
	c->at = vector_end(c->at);
}

static void put_lane(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	uint64_t lane = 0;
	struct node *node = take(c);
	if (node == nullptr || !number_unsigned(node->text, node->size, UINT8_MAX, &lane))
		wat_malformed(a, node);
	put_byte(a, to, (uint8_t)lane);
}

static void put_shuffle(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	for (uint32_t i = 0; i < 16; i++)
		put_lane(a, to, c);
}

// The memory is given if something other than operands follows the first index.
static void put_memarg_lane(
	struct assembler *a, struct wat_bytes *to, struct cursor *c, uint8_t access)
{
	struct node *second = node_is_index(c->at) ? c->at->next : nullptr;
	if (node_is_index(c->at) &&
		(second == nullptr || second->kind != NODE_ATOM ||
			!(node_is_index(second) || node_starts(second, "offset=") ||
				node_starts(second, "align=")))) {
		struct cursor none = {};
		put_memarg(a, to, &none, access);
	} else {
		put_memarg(a, to, c, access);
	}
	put_lane(a, to, c);
}

// "[outer] inner", both indices; the outer one may be left out. The inner is written first.
static void put_segment(struct assembler *a, struct wat_bytes *to, struct cursor *c,
	enum wat_space outer, enum wat_space segment)
{
	struct node *first = take(c);
	bool two = node_is_index(c->at);
	uint32_t outer_index = two ? space_index(a, outer, first) : 0;
	put_unsigned(a, to, space_index(a, segment, two ? take(c) : first));
	put_unsigned(a, to, outer_index);
}

static void put_copy(
	struct assembler *a, struct wat_bytes *to, struct cursor *c, enum wat_space space)
{
	bool given = node_is_index(c->at);
	for (uint32_t i = 0; i < 2; i++)
		put_unsigned(a, to, given ? space_index(a, space, take(c)) : 0);
}

static void put_immediates(
	struct assembler *a, struct wat_bytes *to, const struct opcode_info *info, struct cursor *c)
{
	switch (info->immediate) {
	case IMMEDIATE_LABEL:
		return put_index(a, to, WAT_LABELS, c);
	case IMMEDIATE_LABELS:
		return put_labels(a, to, c);
	case IMMEDIATE_FUNCTION:
		return put_index(a, to, WAT_FUNCTIONS, c);
	case IMMEDIATE_TYPE:
		return put_index(a, to, WAT_TYPES, c);
	case IMMEDIATE_INDIRECT:
		return put_indirect(a, to, c);
	case IMMEDIATE_TAG:
		return put_index(a, to, WAT_TAGS, c);
	case IMMEDIATE_LOCAL:
		return put_index(a, to, WAT_LOCALS, c);
	case IMMEDIATE_GLOBAL:
		return put_index(a, to, WAT_GLOBALS, c);
	case IMMEDIATE_TABLE:
		return put_unsigned(a, to, optional_index(a, c, WAT_TABLES));
	case IMMEDIATE_MEMORY:
		return put_unsigned(a, to, optional_index(a, c, WAT_MEMORIES));
	case IMMEDIATE_MEMARG:
	case IMMEDIATE_MEMARG_ATOMIC:
		return put_memarg(a, to, c, info->access);
	case IMMEDIATE_I32:
		return put_integer(a, to, c, 32);
	case IMMEDIATE_I64:
		return put_integer(a, to, c, 64);
	case IMMEDIATE_F32:
		return put_float(a, to, c, 32);
	case IMMEDIATE_F64:
		return put_float(a, to, c, 64);
	case IMMEDIATE_HEAPTYPE:
		return put_heap_type(a, to, parse_heap_type(a, take(c)));
	case IMMEDIATE_DATA:
		a->uses_data_index = true;
		return put_index(a, to, WAT_DATA, c);
	case IMMEDIATE_ELEMENT:
		return put_index(a, to, WAT_ELEMENTS, c);
	case IMMEDIATE_MEMORY_INIT:
		a->uses_data_index = true;
		return put_segment(a, to, c, WAT_MEMORIES, WAT_DATA);
	case IMMEDIATE_TABLE_INIT:
		return put_segment(a, to, c, WAT_TABLES, WAT_ELEMENTS);
	case IMMEDIATE_MEMORY_COPY:
		return put_copy(a, to, c, WAT_MEMORIES);
	case IMMEDIATE_TABLE_COPY:
		return put_copy(a, to, c, WAT_TABLES);
	case IMMEDIATE_V128:
		return put_vector(a, to, c);
	case IMMEDIATE_LANE:
		return put_lane(a, to, c);
	case IMMEDIATE_SHUFFLE:
		return put_shuffle(a, to, c);
	case IMMEDIATE_ZERO:
		return put_byte(a, to, 0);
	case IMMEDIATE_MEMARG_LANE:
		return put_memarg_lane(a, to, c, info->access);
	default:
		return;
	}
}

// select with result types is another opcode.
static void put_select(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	if (!node_is_list(c->at, "result")) {
		put_opcode(a, to, OP_SELECT);
		return;
	}
	struct wat_type type = parse_signature(a, &c->at, false);
	put_opcode(a, to, OP_SELECT_T);
	put_type_list(a, to, type.results, type.result_count);
}

// --- blocks ----------------------------------------------------------------------------------

static void put_block_type(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	struct wat_type signature;
	bool has_use = node_is_list(c->at, "type");
	struct node *start = c->at;
	if (has_use) {
		put_signed(a, to, parse_type_use(a, &c->at, false, &signature));
		return;
	}
	signature = parse_signature(a, &c->at, false);
	if (!wat_ok(a))
		return;
	if (signature.parameter_count == 0 && signature.result_count <= 1) {
		if (signature.result_count == 0)
			put_byte(a, to, 0x40);
		else
			put_type(a, to, signature.results[0]);
		return;
	}
	c->at = start;
	put_signed(a, to, parse_type_use(a, &c->at, false, &signature));
}

// (catch tag label), (catch_all_ref label) ...: as many as there are.
static void put_clauses(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	static const char *const kinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
	struct wat_bytes clauses = {};
	uint32_t count = 0;
	for (; c->at != nullptr && wat_ok(a); count++, take(c)) {
		uint8_t kind = 0;
		while (kind < 4 && !node_is_list(c->at, kinds[kind]))
			kind++;
		if (kind == 4)
			break;
		struct cursor clause = {c->at->first->next};
		put_byte(a, &clauses, kind);
		if (kind < 2)
			put_index(a, &clauses, WAT_TAGS, &clause);
		put_index(a, &clauses, WAT_LABELS, &clause);
		if (clause.at != nullptr)
			wat_malformed(a, clause.at);
	}
	put_unsigned(a, to, count);
	put_raw(a, to, clauses.bytes.items, clauses.bytes.count);
	free_bytes(a, &clauses);
}

static void open_block(struct assembler *a, struct wat_bytes *to, uint32_t opcode, struct cursor *c,
	struct node *label)
{
	put_opcode(a, to, opcode);
	put_block_type(a, to, c);
	if (opcode == OP_TRY_TABLE)
		put_clauses(a, to, c);
	space_add(a, WAT_LABELS, label); // clauses and the type do not know it
}

static void close_block(struct assembler *a, struct wat_bytes *to)
{
	put_opcode(a, to, OP_END);
	a->spaces[WAT_LABELS].count--;
}

static struct node *take_label(struct cursor *c)
{
	return node_is_id(c->at) ? take(c) : nullptr;
}

// (if label? type? folded* (then ...) (else ...)?)
static void assemble_folded_if(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	struct node *label = take_label(c);
	struct wat_bytes type = {};
	put_block_type(a, &type, c);
	while (c->at != nullptr && !node_is_list(c->at, "then"))
		assemble_folded(a, to, take(c));
	if (!node_is_list(c->at, "then")) {
		wat_malformed(a, c->at);
		free_bytes(a, &type);
		return;
	}
	put_opcode(a, to, OP_IF);
	put_raw(a, to, type.bytes.items, type.bytes.count);
	free_bytes(a, &type);
	space_add(a, WAT_LABELS, label);
	assemble_instructions(a, to, take(c)->first->next);
	if (node_is_list(c->at, "else")) {
		put_opcode(a, to, OP_ELSE);
		assemble_instructions(a, to, take(c)->first->next);
	}
	if (c->at != nullptr)
		wat_malformed(a, c->at);
	close_block(a, to);
}

// (delegate label), where the try's own label is not known.
static void assemble_folded_delegate(struct assembler *a, struct wat_bytes *to, struct node *node)
{
	struct cursor c = {node->first->next};
	a->spaces[WAT_LABELS].count--;
	put_opcode(a, to, OP_DELEGATE);
	put_index(a, to, WAT_LABELS, &c);
	if (c.at != nullptr || node->next != nullptr)
		wat_malformed(a, node);
}

// (catch tag instr*) or (catch_all instr*)
static void assemble_handler(struct assembler *a, struct wat_bytes *to, struct node *node)
{
	struct cursor c = {node->first->next};
	bool all = node_is_list(node, "catch_all");
	if (!all && !node_is_list(node, "catch")) {
		wat_malformed(a, node);
		return;
	}
	put_opcode(a, to, all ? OP_CATCH_ALL : OP_CATCH);
	if (!all)
		put_index(a, to, WAT_TAGS, &c);
	assemble_instructions(a, to, c.at);
}

// (try label? type? (do instr*) handler*) or (try label? type? (do instr*) (delegate label))
static void assemble_folded_try(struct assembler *a, struct wat_bytes *to, struct cursor *c)
{
	struct node *label = take_label(c);
	open_block(a, to, OP_TRY, c, label);
	if (!node_is_list(c->at, "do")) {
		wat_malformed(a, c->at);
		return;
	}
	assemble_instructions(a, to, take(c)->first->next);
	if (node_is_list(c->at, "delegate")) {
		assemble_folded_delegate(a, to, c->at);
		return;
	}
	while (c->at != nullptr && wat_ok(a))
		assemble_handler(a, to, take(c));
	close_block(a, to);
}

static void assemble_folded_block(
	struct assembler *a, struct wat_bytes *to, uint32_t opcode, struct cursor *c)
{
	struct node *label = take_label(c);
	open_block(a, to, opcode, c, label);
	assemble_instructions(a, to, c->at);
	close_block(a, to);
}

// (op immediates folded*): operands come first in the binary.
static void assemble_folded_plain(
	struct assembler *a, struct wat_bytes *to, uint32_t opcode, struct cursor *c)
{
	struct wat_bytes own = {};
	if (opcode == OP_SELECT) {
		put_select(a, &own, c);
	} else {
		put_opcode(a, &own, opcode);
		put_immediates(a, &own, &opcode_infos[opcode], c);
	}
	while (c->at != nullptr && wat_ok(a))
		assemble_folded(a, to, take(c));
	put_raw(a, to, own.bytes.items, own.bytes.count);
	free_bytes(a, &own);
}

static bool is_handler(uint32_t opcode)
{
	return opcode == OP_CATCH || opcode == OP_CATCH_ALL;
}

void assemble_folded(struct assembler *a, struct wat_bytes *to, struct node *node)
{
	if (!wat_ok(a))
		return;
	if (node->kind != NODE_LIST || node->first == nullptr) {
		wat_malformed(a, node);
		return;
	}
	uint32_t opcode = opcode_find(node->first);
	struct cursor c = {node->first->next};
	if (opcode == OPCODE_LIMIT)
		unknown_instruction(a, node->first);
	else if (opcode == OP_IF)
		assemble_folded_if(a, to, &c);
	else if (opcode == OP_TRY)
		assemble_folded_try(a, to, &c);
	else if (opcode == OP_ELSE || opcode == OP_END || is_handler(opcode) ||
		 opcode == OP_DELEGATE)
		wat_malformed(a, node);
	else if (opcode_is_block((enum opcode)opcode))
		assemble_folded_block(a, to, opcode, &c);
	else
		assemble_folded_plain(a, to, opcode, &c);
}

// --- plain sequences -------------------------------------------------------------------------

// The identifier after else and end must repeat the block's.
static void check_label(struct assembler *a, struct cursor *c)
{
	if (!node_is_id(c->at))
		return;
	struct node *node = take(c);
	if (space_index(a, WAT_LABELS, node) != 0)
		wat_malformed(a, node);
}

// What may still follow in each of the blocks that this sequence has opened.
enum open_block : uint8_t {
	OPEN_END,   // only the end
	OPEN_ELSE,  // an if without else so far
	OPEN_TRY,   // a try without handlers so far
	OPEN_CATCH, // in a handler
};
struct open_blocks {
	struct array blocks; // enum open_block
};

static enum open_block *innermost(struct open_blocks *open)
{
	enum open_block *blocks = open->blocks.items;
	return open->blocks.count == 0 ? nullptr : &blocks[open->blocks.count - 1];
}

static void plain_else(
	struct assembler *a, struct wat_bytes *to, struct open_blocks *open, struct cursor *c)
{
	enum open_block *block = innermost(open);
	if (block == nullptr || *block != OPEN_ELSE) {
		wat_malformed(a, c->at);
		return;
	}
	*block = OPEN_END;
	check_label(a, c);
	put_opcode(a, to, OP_ELSE);
}

static void plain_handler(struct assembler *a, struct wat_bytes *to, uint32_t opcode,
	struct open_blocks *open, struct cursor *c)
{
	enum open_block *block = innermost(open);
	if (block == nullptr || (*block != OPEN_TRY && *block != OPEN_CATCH)) {
		wat_malformed(a, c->at);
		return;
	}
	*block = opcode == OP_CATCH ? OPEN_CATCH : OPEN_END;
	put_opcode(a, to, opcode);
	if (opcode == OP_CATCH)
		put_index(a, to, WAT_TAGS, c);
}

static void plain_delegate(
	struct assembler *a, struct wat_bytes *to, struct open_blocks *open, struct cursor *c)
{
	enum open_block *block = innermost(open);
	if (block == nullptr || *block != OPEN_TRY) {
		wat_malformed(a, c->at);
		return;
	}
	open->blocks.count--;
	a->spaces[WAT_LABELS].count--;
	put_opcode(a, to, OP_DELEGATE);
	put_index(a, to, WAT_LABELS, c);
}

static void plain_end(
	struct assembler *a, struct wat_bytes *to, struct open_blocks *open, struct cursor *c)
{
	if (open->blocks.count == 0) {
		wat_malformed(a, c->at);
		return;
	}
	open->blocks.count--;
	check_label(a, c);
	close_block(a, to);
}

static void plain_block(struct assembler *a, struct wat_bytes *to, uint32_t opcode,
	struct open_blocks *open, struct cursor *c)
{
	enum open_block block = opcode == OP_IF    ? OPEN_ELSE
				: opcode == OP_TRY ? OPEN_TRY
						   : OPEN_END;
	struct node *label = take_label(c);
	open_block(a, to, opcode, c, label);
	if (array_push(&open->blocks, a->allocator, sizeof(block), &block) != WASM_OK)
		wat_fail(a, c->at, WASM_NO_MEMORY);
}

static void plain_instruction(
	struct assembler *a, struct wat_bytes *to, struct open_blocks *open, struct cursor *c)
{
	struct node *node = take(c);
	uint32_t opcode = opcode_find(node);
	if (opcode == OPCODE_LIMIT)
		unknown_instruction(a, node);
	else if (opcode == OP_ELSE)
		plain_else(a, to, open, c);
	else if (opcode == OP_END)
		plain_end(a, to, open, c);
	else if (is_handler(opcode))
		plain_handler(a, to, opcode, open, c);
	else if (opcode == OP_DELEGATE)
		plain_delegate(a, to, open, c);
	else if (opcode_is_block((enum opcode)opcode))
		plain_block(a, to, opcode, open, c);
	else if (opcode == OP_SELECT)
		put_select(a, to, c);
	else {
		put_opcode(a, to, opcode);
		put_immediates(a, to, &opcode_infos[opcode], c);
	}
}

void assemble_instructions(struct assembler *a, struct wat_bytes *to, struct node *at)
{
	struct cursor c = {at};
	struct open_blocks open = {};
	while (c.at != nullptr && wat_ok(a)) {
		if (c.at->kind == NODE_LIST)
			assemble_folded(a, to, take(&c));
		else if (c.at->kind == NODE_ATOM)
			plain_instruction(a, to, &open, &c);
		else
			wat_malformed(a, c.at);
	}
	if (open.blocks.count != 0)
		wat_malformed(a, at);
	array_free(&open.blocks, a->allocator, sizeof(enum open_block));
}
