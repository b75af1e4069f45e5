// SPDX-License-Identifier: MIT OR Apache-2.0
// Each kind of immediate has one function; the opcode table says which.
#include "decode/instruction.h"

#include "decode/limits.h"

constexpr uint8_t TYPE_REF = 0x64;      // (ref ht)
constexpr uint8_t TYPE_REF_NULL = 0x63; // (ref null ht)

static enum wasm_type abstract_type(struct reader *reader, uint8_t byte)
{
	switch (byte) {
	case WASM_TYPE_FUNCREF:
	case WASM_TYPE_EXTERNREF:
	case WASM_TYPE_EXNREF:
	case WASM_TYPE_NULLFUNCREF:
	case WASM_TYPE_NULLEXTERNREF:
	case WASM_TYPE_NULLEXNREF:
		break;
	default: // 0x6a to 0x71: any, eq, i31, struct, array, none
		reader_fail(reader,
			byte >= 0x6a && byte <= 0x71 ? WASM_UNSUPPORTED_GC : WASM_MALFORMED_TYPE);
	}
	return (enum wasm_type)byte;
}

enum wasm_type reader_heap_type(struct reader *reader)
{
	uint8_t byte = reader_left(reader) > 0 ? *reader->position : (uint8_t)WASM_TYPE_FUNCREF;
	if ((byte & 0xc0) == 0x40)
		return abstract_type(reader, reader_u8(reader));
	int64_t index = reader_leb_signed(reader, 33);
	if (index < 0)
		reader_fail(reader, WASM_MALFORMED_TYPE);
	else if (index >= MODULE_TYPE_LIMIT)
		reader_fail(reader, WASM_INVALID_TYPE_INDEX);
	return wasm_type_defined((uint32_t)index & 0xffffff);
}

enum wasm_type reader_reference_type(struct reader *reader)
{
	uint8_t byte = reader_u8(reader);
	if (byte == TYPE_REF_NULL)
		return reader_heap_type(reader);
	if (byte == TYPE_REF)
		return (enum wasm_type)(reader_heap_type(reader) | WASM_TYPE_NOT_NULL);
	return abstract_type(reader, byte);
}

enum wasm_type reader_value_type(struct reader *reader)
{
	uint8_t byte = reader_left(reader) > 0 ? *reader->position : 0;
	if (byte < WASM_TYPE_V128 || byte > WASM_TYPE_I32)
		return reader_reference_type(reader);
	reader->position++;
	return (enum wasm_type)byte;
}

static void read_none(struct reader *, struct instruction *)
{
}

// A block type: 0x40, a value type, or a type index as a positive 33-bit integer.
static void read_block(struct reader *reader, struct instruction *instruction)
{
	uint8_t byte = reader_left(reader) > 0 ? *reader->position : 0x40;
	if ((byte & 0xc0) == 0x40) {
		instruction->type = byte == 0x40 ? (enum wasm_type)0 : reader_value_type(reader);
		if (byte == 0x40)
			reader_u8(reader);
		return;
	}
	int64_t index = reader_leb_signed(reader, 33);
	if (index < 0)
		reader_fail(reader, WASM_MALFORMED_TYPE);
	instruction->type_is_index = true;
	instruction->index = (uint32_t)index;
}

struct catch_clause catch_read(struct reader *reader)
{
	uint8_t kind = reader_u8(reader);
	struct catch_clause clause = {.has_tag = kind < 2, .has_reference = (kind & 1) != 0};
	if (kind > 3)
		reader_fail(reader, WASM_MALFORMED_CATCH);
	if (clause.has_tag)
		clause.tag = reader_u32(reader);
	clause.label = reader_u32(reader);
	return clause;
}

static void read_try_table(struct reader *reader, struct instruction *instruction)
{
	read_block(reader, instruction);
	instruction->index2 = reader_count(reader, UINT32_MAX);
	instruction->labels = reader->position;
	for (uint32_t i = 0; i < instruction->index2 && reader->status == WASM_OK; i++)
		(void)catch_read(reader);
	instruction->labels_end = reader->position;
}

static void read_index(struct reader *reader, struct instruction *instruction)
{
	instruction->index = reader_u32(reader);
}

static void read_two_indices(struct reader *reader, struct instruction *instruction)
{
	instruction->index = reader_u32(reader);
	instruction->index2 = reader_u32(reader);
}

static void read_labels(struct reader *reader, struct instruction *instruction)
{
	instruction->index = reader_count(reader, UINT32_MAX);
	if (instruction->index > BR_TABLE_LIMIT)
		reader_fail(reader, WASM_LIMIT_BR_TABLE);
	instruction->labels = reader->position;
	for (uint32_t i = 0; i <= instruction->index && reader->status == WASM_OK; i++)
		reader_u32(reader);
	instruction->labels_end = reader->position;
}

static void read_types(struct reader *reader, struct instruction *instruction)
{
	uint32_t count = reader_count(reader, UINT32_MAX);
	for (uint32_t i = 0; i < count && reader->status == WASM_OK; i++)
		instruction->type = reader_value_type(reader);
	instruction->index = count;
}

static void read_memarg(struct reader *reader, struct instruction *instruction)
{
	uint32_t flags = reader_u32(reader);
	if (flags >= 0x80)
		reader_fail(reader, WASM_MALFORMED_ALIGNMENT);
	instruction->alignment = flags & 0x3f;
	if ((flags & 0x40) != 0)
		instruction->index2 = reader_u32(reader);
	instruction->offset = reader_u64(reader);
}

static void read_i32(struct reader *reader, struct instruction *instruction)
{
	instruction->bits = (uint32_t)reader_leb_signed(reader, 32);
}

static void read_i64(struct reader *reader, struct instruction *instruction)
{
	instruction->bits = (uint64_t)reader_leb_signed(reader, 64);
}

static void read_f32(struct reader *reader, struct instruction *instruction)
{
	instruction->bits = reader_u32_fixed(reader);
}

static void read_f64(struct reader *reader, struct instruction *instruction)
{
	instruction->bits = reader_u64_fixed(reader);
}

static void read_bytes16(struct reader *reader, struct instruction *instruction)
{
	instruction->bytes = reader_bytes(reader, 16);
}

static void read_lane(struct reader *reader, struct instruction *instruction)
{
	instruction->bits = reader_u8(reader);
}

static void read_zero(struct reader *reader, struct instruction *)
{
	if (reader_u8(reader) != 0)
		reader_fail(reader, WASM_MALFORMED_ZERO_BYTE);
}

static void read_memarg_lane(struct reader *reader, struct instruction *instruction)
{
	read_memarg(reader, instruction);
	read_lane(reader, instruction);
}

static void read_heap_type(struct reader *reader, struct instruction *instruction)
{
	instruction->type = reader_heap_type(reader);
}

typedef void (*immediate_reader)(struct reader *, struct instruction *);

static const immediate_reader immediate_readers[IMMEDIATE_LIMIT] = {
	[IMMEDIATE_NONE] = read_none,
	[IMMEDIATE_BLOCK] = read_block,
	[IMMEDIATE_TRY_TABLE] = read_try_table,
	[IMMEDIATE_TAG] = read_index,
	[IMMEDIATE_LABEL] = read_index,
	[IMMEDIATE_LABELS] = read_labels,
	[IMMEDIATE_FUNCTION] = read_index,
	[IMMEDIATE_INDIRECT] = read_two_indices,
	[IMMEDIATE_TYPE] = read_index,
	[IMMEDIATE_LOCAL] = read_index,
	[IMMEDIATE_GLOBAL] = read_index,
	[IMMEDIATE_TABLE] = read_index,
	[IMMEDIATE_TYPES] = read_types,
	[IMMEDIATE_MEMORY] = read_index,
	[IMMEDIATE_MEMARG] = read_memarg,
	[IMMEDIATE_I32] = read_i32,
	[IMMEDIATE_I64] = read_i64,
	[IMMEDIATE_F32] = read_f32,
	[IMMEDIATE_F64] = read_f64,
	[IMMEDIATE_HEAPTYPE] = read_heap_type,
	[IMMEDIATE_DATA] = read_index,
	[IMMEDIATE_ELEMENT] = read_index,
	[IMMEDIATE_MEMORY_INIT] = read_two_indices,
	[IMMEDIATE_MEMORY_COPY] = read_two_indices,
	[IMMEDIATE_TABLE_INIT] = read_two_indices,
	[IMMEDIATE_TABLE_COPY] = read_two_indices,
	[IMMEDIATE_V128] = read_bytes16,
	[IMMEDIATE_LANE] = read_lane,
	[IMMEDIATE_SHUFFLE] = read_bytes16,
	[IMMEDIATE_MEMARG_LANE] = read_memarg_lane,
	[IMMEDIATE_MEMARG_ATOMIC] = read_memarg,
	[IMMEDIATE_ZERO] = read_zero,
};

// What an opcode byte that this engine does not know belongs to.
static enum wasm_status unknown_opcode_status(uint8_t byte)
{
	if (byte == 0xd3 || byte == 0xfb)
		return WASM_UNSUPPORTED_GC;
	return WASM_MALFORMED_OPCODE;
}

static uint32_t read_opcode(struct reader *reader)
{
	static const uint32_t firsts[] = {OPCODE_FC, OPCODE_FD, OPCODE_FE, OPCODE_LIMIT};
	uint8_t byte = reader_u8(reader);
	if (byte < 0xfc || byte > 0xfe)
		return byte;
	uint32_t number = reader_u32(reader);
	const uint32_t *first = &firsts[byte - 0xfc];
	return number < first[1] - first[0] ? first[0] + number : OPCODE_LIMIT;
}

bool instruction_read(struct reader *reader, struct instruction *instruction)
{
	uint32_t opcode = read_opcode(reader);
	enum immediate kind =
		opcode < OPCODE_LIMIT ? opcode_infos[opcode].immediate : IMMEDIATE_ILLEGAL;
	if (kind == IMMEDIATE_ILLEGAL) {
		reader_fail(reader, opcode < 0x100 ? unknown_opcode_status((uint8_t)opcode)
						   : WASM_MALFORMED_OPCODE);
		return false;
	}
	*instruction = (struct instruction){.opcode = (enum opcode)opcode};
	immediate_readers[kind](reader, instruction);
	return reader->status == WASM_OK;
}
