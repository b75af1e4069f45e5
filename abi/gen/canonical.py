# SPDX-License-Identifier: MIT OR Apache-2.0
"""The canonical dump: everything that two sides must agree on, one line each, without prose.
Its SHA-256 is the interface's hash, and the golden file is a copy of it."""

import hashlib


def params(items):
    return ", ".join(f"{p.kind} {p.name}" for p in items)


def call_line(prefix, call):
    marks = [m for m, on in (("blocking", call.blocking), ("words", call.words)) if on]
    if call.object:
        marks.append("rights=" + "+".join(call.rights))
    if call.restart:
        marks.append(call.restart)
    return (f"{prefix}{call.name} = {call.number} ({params(call.args)}) -> "
            f"({params(call.results)}) {' '.join(marks)}").rstrip()


def struct_lines(struct):
    yield f"struct {struct.name} size {struct.size} align {struct.align}"
    for item in struct.fields:
        count = f"[{item.count}]" if item.count else ""
        yield f"  {item.offset} {item.type} {item.name}{count}"


def enum_lines(enum):
    for name, value in enum.values:
        yield f"enum {enum.name}.{name} = {value}"


def kernel_lines(abi):
    yield from (f"error {e['name']} = {e['value']}" for e in abi.errors)
    yield from (f"limit {name} = {value}" for name, value in abi.limits.items())
    yield from (f"object {o['name']} = {o['value']}" for o in abi.objects)
    yield from (f"right {r['name']} = bit {r['bit']}" for r in abi.rights)
    yield from (call_line("syscall ", s) for s in abi.syscalls)
    yield from (call_line(f"method {m.object}.", m) for m in abi.methods)
    yield from (f"fault {f['name']} = {f['value']}" for f in abi.faults)
    yield from (f"fault_reply {name} = {value}" for name, value in abi.fault_replies.items())
    yield from (f"constant {c['name']} = {c['value']}" for c in abi.constants)


def type_lines(structs, enums):
    for struct in structs:
        yield from struct_lines(struct)
    for enum in enums:
        yield from enum_lines(enum)


def service_lines(abi):
    for service in abi.services:
        yield f"protocol {service.name} = {service.id}"
        yield from (call_line(f"{service.name}.", m) for m in service.methods)
        yield from type_lines(service.structs, service.enums)


def wasm_lines(abi):
    yield f"wasm module {abi.wasm_module}"
    yield from (f"import {f.name}({params(f.params)})" for f in abi.wasm_imports)
    yield from type_lines(abi.wasm_structs, abi.wasm_enums)


def dump(abi):
    lines = [*kernel_lines(abi), *type_lines(abi.structs, abi.enums), *service_lines(abi),
             *wasm_lines(abi)]
    return "\n".join(lines) + "\n"


def hash64(abi):
    """The first eight bytes of the dump's SHA-256, little-endian; never 0."""
    digest = hashlib.sha256(dump(abi).encode()).digest()
    return int.from_bytes(digest[:8], "little") or 1


def golden(abi):
    return f"# Made by `make abi-accept`. One line per fact of the interface.\n" \
           f"hash {hash64(abi):016x}\n{dump(abi)}"
