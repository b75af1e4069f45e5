#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Native programs at the prompt: what they are given, how they end, and ELF files that lie, which
are refused by name. usage: native_test.py"""

import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
import bundle

BUILD = Path(os.environ.get("BUILD") or "build")
GOOD = (BUILD / "user/native.stripped")
HEADER, SEGMENT = 64, 56
FLAGS, OFFSET, VADDR, FILESZ, MEMSZ = 4, 8, 16, 32, 40  # in a program header
LOAD = 1

# Shell lines and what they print.
CASES = (
    ("NATIVE=yes $N a 'b c'; echo $?", "Hello from a native program, 3 arguments.\n/share/demos/native\na\n"
     "b c\nNATIVE=yes\ndirectory: /\n0\n"),
    ("cd /share; demos/native | tail -n 1; cd /", "directory: /share\n"),
    ("echo abc | $N copy | tr a-c A-C; $N copy </share/text/LICENSE-MIT | wc -l", "ABC\n21\n"),
    ("$N exit 7; echo $?", "7\n"),
    ("$N fault; echo $?", "139\n"),
    ("$N illegal; echo $?", "139\n"),
    ("$N write-code; echo $?", "139\n"),
    ("$N run-data; echo $?", "139\n"),
    ("$N eat; echo $?", "137\n"),
    ("$N loop & sleep 0.3; kill %1; wait; echo ended", "ended\n"),
    ("cp $N /tmp/n; /tmp/n exit 9; echo $?", "9\n"),
    ("head -c 3000 $N >/tmp/cut; /tmp/cut; echo $?", "126\n"),
    ("dd=/tmp/large; cat $N >$dd; i=0; while [ $i -lt 26 ]; do cat $N >>$dd; i=$((i + 1)); done; $dd; echo $?",
     "126\n"),
)


def segments(data):
    """Offsets of the program headers that are loaded."""
    start, count = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
    heads = [start + i * SEGMENT for i in range(count)]
    return [at for at in heads if struct.unpack_from("<I", data, at)[0] == LOAD]


def patched(data, at, layout, value):
    copy = bytearray(data)
    struct.pack_into(layout, copy, at, value)
    return bytes(copy)


def liars(data):
    """Name → a broken copy, and what the log says about it."""
    first, second = segments(data)[:2]
    address = struct.unpack_from("<Q", data, first + VADDR)[0]
    yield "machine", patched(data, 18, "<H", 40), "for another kind of processor"
    yield "type", patched(data, 16, "<H", 1), "is no program"
    yield "fixed", patched(data, 16, "<H", 2), "not position-independent"
    yield "headers", patched(data, 32, "<Q", 1 << 40), "headers lie outside"
    yield "entry", patched(data, 24, "<Q", 0x7fffffff0000), "entry point"
    yield "outside", patched(data, first + FILESZ, "<Q", 1 << 50), "lies outside the file"
    yield "wraps", patched(data, first + MEMSZ, "<Q", 2**64 - 1), "wraps around"
    yield "overlap", patched(data, second + VADDR, "<Q", address), "overlap"
    yield "wx", patched(data, second + FLAGS, "<I", 7), "writable and executable"
    yield "cut", data[:HEADER - 1], "cut short"


def build(folder, broken, script):
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs))
    files |= {f"share/liars/{name}": data for name, data, _ in broken}
    files["share/script"] = script.encode()
    path = folder / "bundle"
    path.write_bytes(bundle.build(files))
    return path


def run(path, line):
    environment = dict(os.environ, CMD=line, DIRECT="1", TIMEOUT="300")
    done = subprocess.run([sys.executable, ROOT / "tools/run.py", "--bundle", path], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("latin1")


def may_touch(text):
    """Types, purposes and rights of `caps`, without handles and the process's own number."""
    return [[word for word in line.split()[1:] if not word.isdigit()] for line in text.split("\n")[2:]]


def write_script(broken):
    lines = ["N=/share/demos/native", *(f"{line}; echo ----" for line, _ in CASES),
             "$N loop & caps $!; echo ----; kill %1; wait", "sleep 9 & caps $!; echo ----; kill %2; wait"]
    lines += [f"/share/liars/{name}; echo $?; echo ----" for name, _, _ in broken]
    return "\n".join([*lines, "log", ""])


def wrong(parts, broken):
    """What is not as it should be."""
    for (line, wanted), got in zip(CASES, parts):
        if got != wanted:
            yield f"{line}\n  wanted {wanted!r}\n  got    {got!r}"
    native, wasm = parts[len(CASES):len(CASES) + 2]
    if may_touch(native) != may_touch(wasm) or "vfs service" not in native:
        yield f"a native program may touch\n{native}and one that runs WASM\n{wasm}"
    for (name, _, reason), got in zip(broken, parts[len(CASES) + 2:]):
        if got != "126\n" or not any(name in said and reason in said for said in parts[-1].split("\n")):
            yield f"{name}: status {got!r}, or the log does not say `{reason}'\n{parts[-1]}"


def main():
    broken = list(liars(GOOD.read_bytes()))
    with tempfile.TemporaryDirectory() as folder:
        path = build(Path(folder), broken, write_script(broken))
        parts = run(path, "sh /share/script 2>/dev/null").split("----\n")
    if len(parts) != len(CASES) + 2 + len(broken) + 1:
        print("\n----\n".join(parts))
        return 1
    faults = list(wrong(parts, broken))
    print("\n".join([*faults, f"{len(parts) - 1} steps, {len(faults)} wrong"]))
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
