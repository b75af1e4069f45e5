// SPDX-License-Identifier: MIT OR Apache-2.0
// One decoded instruction with its immediates (core spec 5.4).
#ifndef WASM_DECODE_INSTRUCTION_H
#define WASM_DECODE_INSTRUCTION_H

#include "decode/opcodes.h"
#include "decode/reader.h"
#include "wasm/types.h"

struct instruction {
	enum opcode opcode;
	enum wasm_type type; // ref.null, select t; references have the module's type indices
	bool type_is_index;  // blocks: `index` is a type index, else `type` (0: no result)
	uint8_t alignment;   // log2
	uint32_t index;      // label, function, local, global, table, memory, segment, type, tag
	uint32_t index2;     // table of call_indirect and table.init; source of copies; memory
	uint64_t offset;     // memory instructions
	uint64_t bits;       // constants; lane number
	union {
		// br_table: `index` targets and the default follow here, each a LEB that is known
		// to be good. try_table: `index2` clauses, for catch_read.
		const uint8_t *labels;
		const uint8_t *bytes; // v128.const, i8x16.shuffle: 16 bytes
	};
	const uint8_t *labels_end;
};

// A clause of try_table.
struct catch_clause {
	bool has_tag;
	bool has_reference;
	uint32_t tag;
	uint32_t label;
};

// Reads the next clause; cannot fail within instruction->labels.
struct catch_clause catch_read(struct reader *reader);

static inline struct reader instruction_labels(const struct instruction *instruction)
{
	return (struct reader){instruction->labels, instruction->labels_end, WASM_OK};
}

// Reads one instruction. False, with reader->status set, when it is malformed or unsupported.
bool instruction_read(struct reader *reader, struct instruction *instruction);

// Reads a value type, a reference type, or a heap type, which gives the nullable reference to it.
// References have type indices as they are in the module, not checked. Fails on other types
// (UNSUPPORTED_* for those that this engine does not have).
enum wasm_type reader_value_type(struct reader *reader);
enum wasm_type reader_reference_type(struct reader *reader);
enum wasm_type reader_heap_type(struct reader *reader);

constexpr uint32_t BR_TABLE_LIMIT = 65520;

#endif
