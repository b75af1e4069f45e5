#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes every header, table and reference page of the interface from abi/*.toml.

usage: abigen.py --out build/gen [--docs build/docs/reference]
       abigen.py --check | --accept      compare with or renew abi/abi.golden
"""

import argparse
import difflib
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import canonical
import emit_docs
import emit_kernel
import emit_user
import emit_wasm
import model

SOURCE = Path(__file__).resolve().parent.parent


def outputs(abi):
    """Path below the output folder → text."""
    files = {
        "include/abi/abi.h": emit_kernel.abi_h(abi),
        "include/abi/asm.h": emit_kernel.asm_h(abi),
        "include/abi/dispatch.h": emit_kernel.dispatch_h(abi),
        "include/abi/names.h": emit_kernel.names_h(abi),
        "abi_names.c": emit_kernel.names_c(abi),
        "include/abi/syscall.h": emit_user.syscall_h(abi),
        "include/abi/protocol.h": emit_user.protocol_h(),
        "include/abi/wasm_imports.h": emit_wasm.host_h(abi),
        "wasm/include/craton_imports.h": emit_wasm.guest_h(abi),
    }
    for service in abi.services:
        files[f"include/abi/protocol/{service.name}.h"] = emit_user.service_h(service)
    return files


def write_if_changed(path, text):
    """Leaves an equal file's time stamp alone, so that nothing is rebuilt for it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def generate(abi, out, docs):
    for name, text in outputs(abi).items():
        write_if_changed(out / name, text)
    for name, page in emit_docs.PAGES.items():
        write_if_changed(docs / f"{name}.md", page(abi))


def check_golden(abi, path):
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    new = canonical.golden(abi)
    if old == new:
        return 0
    sys.stdout.writelines(difflib.unified_diff(
        old.splitlines(True), new.splitlines(True), "abi.golden", "abi/*.toml"))
    print("The interface changed. If that is intended: make abi-accept")
    return 1


def main(arguments):
    parser = argparse.ArgumentParser(description="Generator of the interface")
    parser.add_argument("--source", type=Path, default=SOURCE, help="folder with the description")
    parser.add_argument("--out", type=Path, help="folder for the generated sources")
    parser.add_argument("--docs", type=Path, help="folder for the reference pages")
    parser.add_argument("--check", action="store_true", help="compare with the golden file")
    parser.add_argument("--accept", action="store_true", help="renew the golden file")
    options = parser.parse_args(arguments)
    try:
        abi = model.load(options.source)
    except (model.AbiError, KeyError, OSError, ValueError) as error:
        print(f"abigen: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if options.out:
        generate(abi, options.out, options.docs or options.out.parent / "docs" / "reference")
    golden = options.source / "abi.golden"
    if options.accept:
        write_if_changed(golden, canonical.golden(abi))
    return check_golden(abi, golden) if options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
