# SPDX-License-Identifier: MIT OR Apache-2.0
"""The `craton` import module: for the engine that offers it, and for programs that use it."""

import ctext

SIGNATURE = {"i32": "i", "ptr": "i", "i64": "I"}
GUEST_TYPES = {"i32": "int32_t", "i64": "int64_t"}


def signature(function):
    return "".join(SIGNATURE[p.kind] for p in function.params) + ":i"


def host_h(abi):
    out = ctext.banner("abi/wasm.toml", "The imports that the engine offers to WASM programs.")
    out += "#pragma once\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
    out += f'#define ABI_WASM_MODULE "{abi.wasm_module}"\n\n'
    out += '// By name. X(name, signature): i = i32 (also pointers), I = i64, after the colon the result.\n'
    out += ctext.list_macro("ABI_WASM_IMPORT_LIST",
                            [f'{f.name}, "{signature(f)}"' for f in sorted(abi.wasm_imports, key=lambda f: f.name)])
    return out + "\n" + ctext.types(abi.wasm_structs, abi.wasm_enums)


def guest_parameter(parameter):
    if parameter.kind != "ptr":
        return f"{GUEST_TYPES[parameter.kind]} {parameter.name}"
    written = parameter.name.startswith("out_") or parameter.name == "buffer"
    return f"{'' if written else 'const '}void *{parameter.name}"


def guest_declaration(abi, function):
    parameters = ", ".join(guest_parameter(p) for p in function.params)
    return (f"{ctext.comment(function.text)}"
            f'__attribute__((import_module("{abi.wasm_module}"), import_name("{function.name}")))\n'
            f"int __{abi.wasm_module}_{function.name}({parameters});\n")


def guest_h(abi):
    out = ctext.banner("abi/wasm.toml", "Import module `craton` for wasm32 programs.")
    out += "#pragma once\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
    out += "\n".join(guest_declaration(abi, f) for f in abi.wasm_imports)
    return out + "\n" + ctext.types(abi.wasm_structs, abi.wasm_enums)
