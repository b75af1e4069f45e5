# SPDX-License-Identifier: MIT OR Apache-2.0
"""Reads abi/*.toml into a checked model. Every later stage may trust what it finds here."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

SCALARS = {f"{sign}{bits}": bits // 8 for sign in "ui" for bits in (8, 16, 32, 64)}
RESTART_CLASSES = ("pure", "replay", "once")
MESSAGE_REGISTER_WORDS = 6
IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")


class AbiError(Exception):
    """The description is wrong; the text says where and why."""


@dataclass
class Parameter:
    kind: str  # "handle", a scalar such as "u64", or (WASM only) "ptr"
    name: str


@dataclass
class Field:
    type: str
    name: str
    count: int  # 0: not an array
    offset: int
    size: int
    comment: str


@dataclass
class Struct:
    name: str
    text: str
    fields: list
    size: int
    align: int


@dataclass
class Enum:
    name: str
    text: str
    values: list  # (name, value)

    @property
    def is_flags(self):
        """Enums named *_flag hold bit masks: they become 64-bit constants."""
        return self.name.endswith("_flag")


@dataclass
class Call:
    name: str
    number: int
    text: str
    args: list
    results: list
    blocking: bool = False
    words: bool = False
    object: str = ""
    rights: list = field(default_factory=list)
    restart: str = ""


@dataclass
class Service:
    name: str
    id: int
    text: str
    methods: list
    structs: list = field(default_factory=list)
    enums: list = field(default_factory=list)


@dataclass
class Import:
    name: str
    text: str
    params: list


@dataclass
class Abi:
    errors: list
    limits: dict
    objects: list
    rights: list
    syscalls: list
    methods: list
    faults: list
    fault_replies: dict
    structs: list
    enums: list
    constants: list
    services: list
    wasm_module: str
    wasm_imports: list
    wasm_structs: list
    wasm_enums: list


def check_identifier(name, where):
    if not IDENTIFIER.match(name):
        raise AbiError(f"{where}: `{name}` is not a lower-case identifier")


def check_unique(items, what):
    seen = set()
    for item in items:
        if item in seen:
            raise AbiError(f"{what}: `{item}` appears twice")
        seen.add(item)


def parse_parameter(text, kinds, where):
    parts = text.split()
    if len(parts) != 2 or parts[0] not in kinds:
        raise AbiError(f"{where}: `{text}` is not `type name` with a type of {', '.join(kinds)}")
    check_identifier(parts[1], where)
    return Parameter(*parts)


def parse_field(text, types, offset, where):
    """`u64 words[64]  # comment` at `offset`; refuses what a compiler would pad."""
    code, _, comment = text.partition("#")
    match = re.fullmatch(r"(\w+)\s+(\w+)(?:\[(\d+)\])?", code.strip())
    if not match:
        raise AbiError(f"{where}: cannot read the field `{text}`")
    type_name, name, count = match.group(1), match.group(2), int(match.group(3) or 0)
    if type_name not in types:
        raise AbiError(f"{where}.{name}: unknown type `{type_name}`")
    size, align = types[type_name]
    if offset % align:
        raise AbiError(f"{where}.{name}: offset {offset} would need padding to {align}")
    return Field(type_name, name, count, offset, size * max(count, 1), comment.strip()), align


def parse_struct(raw, types):
    name, offset, align, fields = raw["name"], 0, 1, []
    check_identifier(name, "struct")
    for text in raw["fields"]:
        parsed, field_align = parse_field(text, types, offset, name)
        fields.append(parsed)
        offset, align = offset + parsed.size, max(align, field_align)
    if offset % align:
        raise AbiError(f"{name}: size {offset} would be padded to a multiple of {align}")
    check_unique([f.name for f in fields], f"struct {name}")
    types[name] = (offset, align)
    return Struct(name, raw.get("text", ""), fields, offset, align)


def parse_structs(raw_list):
    types = {name: (size, size) for name, size in SCALARS.items()}
    return [parse_struct(raw, types) for raw in raw_list]


def parse_enum(raw):
    values = []
    for text in raw["values"]:
        name, _, value = text.partition("=")
        check_identifier(name.strip(), f"enum {raw['name']}")
        values.append((name.strip(), int(value.partition("#")[0], 0)))
    check_unique([v for _, v in values], f"values of enum {raw['name']}")
    check_unique([n for n, _ in values], f"names of enum {raw['name']}")
    return Enum(raw["name"], raw.get("text", ""), values)


def parse_call(raw, where):
    check_identifier(raw["name"], where)
    kinds = ["handle", *SCALARS]
    args = [parse_parameter(a, kinds, where) for a in raw.get("args", [])]
    results = [parse_parameter(r, kinds, where) for r in raw.get("results", [])]
    check_unique([p.name for p in args + results], where)
    return Call(
        raw["name"], raw["number"], raw["text"], args, results,
        raw.get("blocking", False), raw.get("words", False),
        raw.get("object", ""), raw.get("rights", []), raw.get("class", ""))


def parse_method(raw, objects, rights):
    where = f"{raw['object']}.{raw['name']}"
    if raw["object"] not in objects:
        raise AbiError(f"{where}: unknown object")
    for right in raw["rights"]:
        if right not in rights:
            raise AbiError(f"{where}: unknown right `{right}`")
    method = parse_call(raw, where)
    if len(method.args) > MESSAGE_REGISTER_WORDS or len(method.results) > MESSAGE_REGISTER_WORDS:
        raise AbiError(f"{where}: too many arguments or results for the registers")
    if method.object in [p.name for p in method.args + method.results]:
        raise AbiError(f"{where}: an argument is named like the object")
    return method


def parse_service(raw):
    check_identifier(raw["protocol"], "protocol")
    methods = [parse_call(m, f"{raw['protocol']}.{m['name']}") for m in raw.get("method", [])]
    for method in methods:
        if method.restart not in RESTART_CLASSES:
            raise AbiError(f"{raw['protocol']}.{method.name}: class must be one of {RESTART_CLASSES}")
    check_unique([m.number for m in methods], f"method numbers of {raw['protocol']}")
    check_unique([m.name for m in methods], f"methods of {raw['protocol']}")
    return Service(raw["protocol"], raw["id"], raw.get("text", ""), methods,
                   parse_structs(raw.get("struct", [])),
                   [parse_enum(e) for e in raw.get("enum", [])])


def parse_import(raw):
    kinds = ("i32", "i64", "ptr")
    params = [parse_parameter(p, kinds, raw["name"]) for p in raw["params"]]
    return Import(raw["name"], raw["text"], params)


def check_errors(errors):
    check_unique([e["name"] for e in errors], "errors")
    check_unique([e["value"] for e in errors], "error values")
    for place, error in enumerate(errors):
        if error["value"] != -place:
            raise AbiError(f"{error['name']}: value must be {-place} (the list is append-only)")


def check_method_numbers(methods):
    for name in {m.object for m in methods}:
        numbers = [m.number for m in methods if m.object == name]
        if numbers != list(range(len(numbers))):
            raise AbiError(f"methods of {name}: numbers must run from 0 without a gap")


def check(abi):
    check_errors(abi.errors)
    check_method_numbers(abi.methods)
    check_unique([o["value"] for o in abi.objects], "object values")
    check_unique([r["bit"] for r in abi.rights], "right bits")
    if [s.number for s in abi.syscalls] != list(range(len(abi.syscalls))):
        raise AbiError("system calls: numbers must run from 0 without a gap")
    service_structs = [s.name for service in abi.services for s in service.structs]
    check_unique([s.name for s in abi.structs + abi.wasm_structs] + service_structs, "structs")
    check_unique([s.name for s in abi.services], "protocols")
    check_unique([s.id for s in abi.services], "protocol numbers")
    check_unique([f"{m.object}_{m.name}" for m in abi.methods], "methods")


def read_toml(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise AbiError(f"{path}: {error}") from error


def load(folder):
    """Reads and checks the description in `folder`. Raises AbiError."""
    folder = Path(folder)
    kernel, structs = read_toml(folder / "kernel.toml"), read_toml(folder / "structs.toml")
    process = read_toml(folder / "process.toml") if (folder / "process.toml").exists() else {}
    for kind, entries in process.items():
        structs.setdefault(kind, []).extend(entries)
    wasm = read_toml(folder / "wasm.toml")
    objects = {o["name"] for o in kernel["object"]}
    rights = {r["name"] for r in kernel["right"]}
    abi = Abi(
        errors=read_toml(folder / "errors.toml")["error"],
        limits=kernel["limits"],
        objects=kernel["object"],
        rights=kernel["right"],
        syscalls=[parse_call(s, f"syscall {s['name']}") for s in kernel["syscall"]],
        methods=[parse_method(m, objects, rights) for m in kernel["method"]],
        faults=kernel["fault"],
        fault_replies=kernel["fault_reply"],
        structs=parse_structs(structs.get("struct", [])),
        enums=[parse_enum(e) for e in structs.get("enum", [])],
        constants=structs.get("constant", []),
        services=[parse_service(read_toml(p)) for p in sorted((folder / "services").glob("*.toml"))],
        wasm_module=wasm["module"],
        wasm_imports=[parse_import(f) for f in wasm["function"]],
        wasm_structs=parse_structs(wasm.get("struct", [])),
        wasm_enums=[parse_enum(e) for e in wasm.get("enum", [])])
    check(abi)
    return abi
