# SPDX-License-Identifier: MIT OR Apache-2.0
"""abi.h, asm.h, dispatch.h, names.h and abi_names.c: what the kernel needs, as C17."""

import canonical
import ctext

MESSAGE_INFO = """\
// A message's info word: bits 0-7 word count, 8-11 handle count, 12-15 flags, 32-63 label.
#define MESSAGE_INFO_RESERVED UINT64_C(0xffff0000)

static inline uint64_t message_info(uint64_t label, uint64_t words, uint64_t handles)
{
	return label << 32 | handles << 8 | words;
}

static inline uint64_t message_info_words(uint64_t info)
{
	return info & 0xff;
}

static inline uint64_t message_info_handles(uint64_t info)
{
	return info >> 8 & 0xf;
}

// MESSAGE_FLAG_* bits.
static inline uint64_t message_info_flags(uint64_t info)
{
	return info >> 12 & 0xf;
}

static inline uint64_t message_info_label(uint64_t info)
{
	return info >> 32;
}

// A handle: the slot's path in the low bits, its tag above.
static inline uint64_t handle_path(handle_t handle)
{
	return handle & ((UINT64_C(1) << ABI_HANDLE_PATH_BITS) - 1);
}

static inline uint64_t handle_tag(handle_t handle)
{
	return handle >> ABI_HANDLE_PATH_BITS;
}

static inline handle_t handle_make(uint64_t path, uint64_t tag)
{
	return tag << ABI_HANDLE_PATH_BITS | path;
}
"""

PROLOGUE = """\
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef int64_t status_t;
typedef uint64_t handle_t;

"""


def method_constant(method):
    return f"METHOD_{method.object.upper()}_{method.name.upper()}"


def rights_mask(method):
    return " | ".join(f"RIGHT_{r.upper()}" for r in method.rights) or "0"


def numbers(abi):
    upper = lambda prefix, rows, key: [(f"{prefix}_{r['name'].upper()}", r[key]) for r in rows]
    out = [ctext.c_enum("", [(e["name"], e["value"]) for e in abi.errors])]
    out.append("".join(ctext.constant(f"ABI_{n.upper()}", v) for n, v in abi.limits.items()))
    out.append(ctext.c_enum("object_type", upper("OBJECT", abi.objects, "value")))
    out.append(f"#define OBJECT_TYPE_COUNT {max(o['value'] for o in abi.objects) + 1}\n")
    out.append("".join(ctext.mask_constant(f"RIGHT_{r['name'].upper()}", 1 << r["bit"])
                       for r in abi.rights)
               + ctext.mask_constant("RIGHT_ALL", sum(1 << r["bit"] for r in abi.rights)))
    out.append(ctext.c_enum("syscall_number", [(f"SYSCALL_{s.name.upper()}", s.number)
                                               for s in abi.syscalls]))
    out.append(f"#define SYSCALL_COUNT {len(abi.syscalls)}\n")
    for name in [o["name"] for o in abi.objects]:
        rows = [(method_constant(m), m.number) for m in abi.methods if m.object == name]
        if rows:
            out.append(ctext.c_enum(f"{name}_method", rows))
    out.append(ctext.c_enum("fault_kind", upper("FAULT", abi.faults, "value")))
    out.append(ctext.c_enum("fault_reply", [(f"FAULT_REPLY_{n.upper()}", v)
                                            for n, v in abi.fault_replies.items()]))
    out.append("".join(ctext.comment(c.get("text", "")) + ctext.constant(c["name"], c["value"])
                       for c in abi.constants))
    return "\n".join(out)


def abi_h(abi):
    return (ctext.banner("abi/*.toml", "Numbers and structures of the kernel's interface (C17).")
            + PROLOGUE + f"#define ABI_HASH UINT64_C({canonical.hash64(abi):#018x})\n\n"
            + numbers(abi) + "\n" + ctext.types(abi.structs, abi.enums) + "\n" + MESSAGE_INFO)


def asm_h(abi):
    """Plain numbers for assembly sources, where C's suffixes and enums cannot go."""
    line = lambda name, value: f"#define {name} {value}\n"
    out = ctext.banner("abi/*.toml", "Numbers and offsets for assembly.") + "#pragma once\n\n"
    out += "".join(line(f"SYSCALL_{s.name.upper()}", s.number) for s in abi.syscalls)
    out += line("SYSCALL_COUNT", len(abi.syscalls))
    out += "".join(line(e["name"], e["value"]) for e in abi.errors)
    out += "".join(line(f"ABI_{n.upper()}", hex(v)) for n, v in abi.limits.items())
    out += "".join(line(c["name"], hex(c["value"])) for c in abi.constants)
    for struct in abi.structs:
        out += line(f"SIZEOF_{struct.name.upper()}", struct.size)
        out += "".join(line(f"{struct.name.upper()}_{f.name.upper()}", f.offset)
                       for f in struct.fields)
    return out


def dispatch_h(abi):
    out = ctext.banner("abi/kernel.toml", "Lists for the kernel's dispatch switches.")
    out += '#pragma once\n\n#include "abi/abi.h"\n\n// X(name, number)\n'
    out += ctext.list_macro("ABI_SYSCALL_LIST", [f"{s.name}, {s.number}" for s in abi.syscalls])
    out += "\n// X(object, name, number, required rights, argument count)\n"
    row = lambda m: f"{m.name}, {m.number}, {rights_mask(m)}, {len(m.args)}"
    out += ctext.list_macro("ABI_METHOD_LIST", [f"{m.object}, {row(m)}" for m in abi.methods])
    out += "\n// The same per object type: X(name, number, required rights, argument count)\n"
    for item in abi.objects:
        rows = [row(m) for m in abi.methods if m.object == item["name"]]
        out += ctext.list_macro(f"ABI_{item['name'].upper()}_METHOD_LIST", rows)
    return out


# --- names ----------------------------------------------------------------------------------


def name_tables(abi):
    """(function, parameter, doc, [(value, text)]) for each table that is looked up by one number."""
    table = lambda rows, key: [(r[key], r["name"]) for r in rows]
    yield "error", "status_t", [(-e["value"], e["name"]) for e in abi.errors]
    yield "error_text", "status_t", [(-e["value"], e["text"]) for e in abi.errors]
    yield "syscall", "uint64_t", [(s.number, s.name) for s in abi.syscalls]
    yield "object", "uint64_t", table(abi.objects, "value")
    yield "fault", "uint64_t", table(abi.faults, "value")
    for enum in abi.enums:
        if not enum.is_flags:
            yield enum.name, "uint64_t", [(value, name) for name, value in enum.values]


def function_name(table):
    return f"abi_{table}" if table.endswith("_text") else f"abi_{table}_name"


def names_h(abi):
    out = ctext.banner("abi/*.toml", "Names for people: of errors, calls, objects, events.")
    out += '#pragma once\n\n#include "abi/abi.h"\n\n'
    out += "// Each returns a constant string, \"?\" for a number that has no name.\n"
    for table, kind, _ in name_tables(abi):
        out += f"const char *{function_name(table)}({kind} value);\n"
    return out + "const char *abi_method_name(uint64_t object, uint64_t method);\n"


def string_table(name, rows):
    body = "".join(f'\t[{value}] = "{text}",\n' for value, text in rows)
    return f"static const char *const {name}[] = {{\n{body}}};\n"


def lookup_function(table, kind):
    index = "-value" if kind == "status_t" else "value"
    return (f"const char *{function_name(table)}({kind} value)\n{{\n"
            f"\treturn lookup({table}_table, COUNT({table}_table), "
            f"{'(uint64_t)' if kind == 'status_t' else ''}{index});\n}}\n")


def method_lookup(abi):
    out, cases = "", ""
    for item in abi.objects:
        rows = [(m.number, m.name) for m in abi.methods if m.object == item["name"]]
        if rows:
            name = f"{item['name']}_methods"
            out += string_table(name, rows) + "\n"
            cases += (f"\tcase OBJECT_{item['name'].upper()}:\n"
                      f"\t\treturn lookup({name}, COUNT({name}), method);\n")
    return (out + "const char *abi_method_name(uint64_t object, uint64_t method)\n{\n"
            f'\tswitch (object) {{\n{cases}\tdefault:\n\t\treturn "?";\n\t}}\n}}\n')


def names_c(abi):
    out = ctext.banner("abi/*.toml", "Tables behind abi/names.h.")
    out += '#include "abi/names.h"\n\n#define COUNT(table) (sizeof(table) / sizeof((table)[0]))\n\n'
    out += ("static const char *lookup(const char *const *table, uint64_t count, uint64_t index)\n"
            '{\n\treturn index < count && table[index] ? table[index] : "?";\n}\n\n')
    for table, kind, rows in name_tables(abi):
        out += string_table(f"{table}_table", rows) + "\n" + lookup_function(table, kind) + "\n"
    return out + method_lookup(abi)
