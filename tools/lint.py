#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Static analysis. usage: lint.py [--rules | PART ...]

--rules: only the tree's own rules, which are quick: a licence line in every source, no path of a
developer's machine, no long function without a reason. PART: only clang-tidy's checks of what is
below these folders at the top (kernel, lib ...), as the tests run them: the analyser follows
a fifth of the paths that it follows by itself. Without either: everything, and all of its paths."""

import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

SOURCES = (".c", ".h", ".S", ".py", ".sh", ".mk", ".lds", ".toml")
LICENCE = "SPDX-License-Identifier: MIT OR Apache-2.0"
# Assembled here so that this file does not contain them.
FORBIDDEN = ("/wo" + "rk/", "/ro" + "ot/")
# Scripts whose output is compared with other shells': data, not sources.
DATA = ("tests/host/apps/cases/",)
FUNCTION_LINES_MAX = 100
# States of a function that the analyser looks at; by itself 225,000, which takes five times as long.
NODES = 50000
# Left out: matters of taste (similar parameters, alike branches of a table in a switch), enumerations
# that hold a byte until it is checked, and what the compiler's own warnings cover.
CHECKS = ("-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,"
          "-bugprone-branch-clone,-clang-analyzer-optin.core.EnumCastOutOfRange,"
          "-bugprone-multi-level-implicit-pointer-conversion,"
          "-bugprone-reserved-identifier,-bugprone-narrowing-conversions,"
          "-bugprone-implicit-widening-of-multiplication-result,-bugprone-assignment-in-if-condition,"
          "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling")
BARE = ["-target", "x86_64-unknown-none-elf", "-ffreestanding", "-nostdlibinc",
        "-Ibuild/gen/include"]
USER = [*BARE, "-std=c23", "-Ilib/include", "-Ilib", "-Iboot/include", "-Iwasm/include", "-Iservices"]
LOADER = [*BARE, "-std=c23", "-Iboot/include", "-Iboot/include/freestanding", "-Ilib"]
# Folder → flags of its sources.
ANALYSED = {
    "boot/common": LOADER,
    "boot/pvh": LOADER,
    "kernel": [*BARE, "-std=c17", "-Ikernel/include", "-Ikernel/arch/x86_64/include"],
    "drivers": USER,
    "lib/block": USER,
    "lib/builder": USER,
    "lib/calendar": USER,
    "lib/driver": USER,
    "lib/estate": USER,
    "lib/hash": USER,
    "lib/print": USER,
    "lib/runtime": USER,
    "lib/service": USER,
    "lib/text": USER,
    "lib/virtio": USER,
    "services": [*USER, "-Iwasm", "-Ibuild/gen/wasm/include", "--embed-dir=build/keys"],
    "wasm/base": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib"],
    "wasm/decode": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib"],
    "wasm/validate": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib"],
    "wasm/compile": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib"],
    "wasm/image": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib", "-DWASM_ENGINE_HASH=0"],
    "wasm/runtime": ["-std=c23", "-Iwasm/include", "-Iwasm", "-Ilib"],
}


def tracked():
    out = subprocess.run(["git", "ls-files"], check=True,
                         capture_output=True, text=True).stdout
    return [Path(line) for line in out.split("\n") if line and Path(line).is_file()]


def long_functions(path, text):
    """A function's body ends at a closing brace in the first column."""
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start > FUNCTION_LINES_MAX:
                yield f"{path}:{start}: a function of {number - start} lines"
            start = None


def rule_problems(path, text):
    if path.suffix in SOURCES and LICENCE not in text[:400]:
        yield f"{path}:1: the licence line is missing"
    for number, line in enumerate(text.split("\n"), 1):
        if any(word in line for word in FORBIDDEN):
            yield f"{path}:{number}: a path of a developer's machine"
    if path.suffix == ".c":
        yield from long_functions(path, text)


def check_rules():
    problems = []
    for path in tracked():
        if str(path).startswith(DATA):
            continue
        try:
            problems += rule_problems(path, path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue
    print("\n".join(problems) or "The tree keeps its rules.")
    return 1 if problems else 0


def check_file(job):
    path, flags = job
    result = subprocess.run(["clang-tidy-19", "--quiet", f"--checks={CHECKS}",
                             "--warnings-as-errors=*", path, "--", *flags], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if result.returncode != 0:
        print(result.stdout, end="", flush=True)
    return result.returncode


def check_tidy(parts):
    quick = ["-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={NODES}"] if parts else []
    jobs = [(str(path), [*quick, *flags]) for folder, flags in ANALYSED.items() for path in tracked()
            if path.suffix == ".c" and str(path).startswith(f"{folder}/")
            and (not parts or path.parts[0] in parts)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failed = sum(status != 0 for status in pool.map(check_file, jobs))
    print(f"clang-tidy: {len(jobs)} files, {failed} with findings")
    return 1 if failed else 0


def main():
    parts = sys.argv[1:]
    if parts == ["--rules"]:
        return check_rules()
    if parts:
        return check_tidy(parts)
    return check_rules() | check_tidy(parts)


if __name__ == "__main__":
    sys.exit(main())
