#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Static analysis. usage: lint.py [--rules]

--rules: only the tree's own rules, which are quick: a licence line in every source, no path of a
developer's machine, no long function without a reason. Otherwise clang-tidy's checks too."""

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
CHECKS = ("-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,"
          "-bugprone-reserved-identifier,-bugprone-narrowing-conversions,"
          "-bugprone-implicit-widening-of-multiplication-result,-bugprone-assignment-in-if-condition,"
          "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling")
BARE = ["-target", "x86_64-unknown-none-elf", "-ffreestanding", "-Ibuild/gen/include"]
# Folder → flags of its sources.
ANALYSED = {
    "boot/common": [*BARE, "-std=c23", "-Iboot/include", "-Iboot/include/freestanding"],
    "boot/pvh": [*BARE, "-std=c23", "-Iboot/include", "-Iboot/include/freestanding"],
    "kernel": [*BARE, "-std=c17", "-Ikernel/include"],
    "services": [*BARE, "-std=c23", "-Ilib/include"],
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


def check_folder(folder, flags):
    files = [str(p) for p in tracked() if p.suffix == ".c" and str(p).startswith(f"{folder}/")]
    if not files:
        return 0
    return subprocess.run(["clang-tidy-19", "--quiet", f"--checks={CHECKS}",
                           "--warnings-as-errors=*", *files, "--", *flags], check=False).returncode


def check_tidy():
    return max(check_folder(folder, flags) for folder, flags in ANALYSED.items())


def main():
    status = check_rules()
    if "--rules" in sys.argv[1:]:
        return status
    return check_tidy() or status


if __name__ == "__main__":
    sys.exit(main())
