#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Modules that the build did not compile: the compile worker, the code cache, and modules that are
wrong, huge or hostile. Code that the system makes is compared with what this machine makes."""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
import bundle

BUILD = Path(os.environ.get("BUILD") or "build")
PLACE = "share/t"


def leb(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def section(kind, data):
    return bytes([kind]) + leb(len(data)) + data


def named(text):
    return leb(len(text)) + text.encode()


def vary(module, word):
    """The same module under another hash."""
    return module + section(0, named(word))


def module(functions, bodies, imports=b"", tail=b""):
    """A module whose functions have type () -> (); the first own one is `_start`."""
    first = 1 if imports else 0
    return (b"\0asm\1\0\0\0" + section(1, b"\1\x60\0\0") + (section(2, imports) if imports else b"") +
            section(3, leb(functions) + b"\0" * functions) +
            section(7, b"\1" + named("_start") + b"\0" + leb(first)) + tail +
            section(10, leb(functions) + bodies))


def body(code):
    return leb(len(code) + 2) + b"\0" + code + b"\x0b"


def modules(hello):
    """Modules by name."""
    empty = body(b"")
    add = b"\x41\1\x41\2\x6a\x1a"
    return {
        "hello": vary(hello, "a"), "other": vary(hello, "b"),
        "cut": hello[:1000],
        "flipped": hello[:60] + bytes([hello[60] ^ 0x55]) + hello[61:],
        "type": module(1, body(b"\x6a")),
        "import": module(1, empty, b"\1" + named("env") + named("nothing") + b"\0\0"),
        "gc": b"\0asm\1\0\0\0" + section(1, b"\1\x5f\0"),
        "many": module(50000, empty * 50000),
        "large": module(1, body(add * (1000000 // len(add)))),
        "huge": module(1, body(add * (12000000 // len(add)))),
        "deep": module(1, body(b"\x02\x40" * 500000 + b"\x0b" * 500000)),
        "counts": b"\0asm\1\0\0\0" + section(1, b"\xff\xff\xff\xff\x0f\x60\0\0"),
        "endless": module(1, body(b"\x03\x40\x0c\0\x0b")),
        "recursive": module(1, body(b"\x10\0")),
        "empty": b"\0asm\1\0\0\0",
    } | {f"v{i}": vary(hello, f"v{i}") for i in range(12)}


USED = "free -b | grep used | tr -dc 0-9"
COMPILED = "log -s process | grep -c compiled"
HELLO = r"Hello from a WASM program on Craton\.\n"
T = f"/{PLACE}"
# Names, shell lines, and patterns of what they print. Errors of the shell go where the rest goes.
STEPS = (
    ("a module of the bundle", f"{T}/hello | head -1; {COMPILED}", HELLO + r"1\n"),
    ("again: nothing is compiled", f"{T}/hello | head -1; {COMPILED}", HELLO + r"1\n"),
    ("a copy of it", f"cp {T}/hello /tmp/h; /tmp/h | head -1; {COMPILED}", HELLO + r"1\n"),
    ("other contents under the same name", f"cp {T}/other /tmp/h; /tmp/h | head -1; {COMPILED}", HELLO + r"2\n"),
    ("a module that the build compiled", f"cp {T}/shipped /tmp/h; /tmp/h | head -1; {COMPILED}", HELLO + r"2\n"),
    ("many at once", f"for i in 0 1 2 3 4 5 6 7 8 9 10 11; do {T}/v$i >/tmp/o$i & done 2>/dev/null; wait; "
     f"cat /tmp/o* | grep -c Hello; {COMPILED}", r"12\n14\n"),
    ("the same module many times at once", f"cp {T}/large /tmp/l; for i in 1 2 3 4 5; do /tmp/l & done 2>/dev/null; wait; "
     f"{COMPILED}", r"15\n"),
    ("the cache outlives its service", f"svc restart process; {T}/hello | head -1; {COMPILED}", HELLO + r"15\n"),
    ("cut", f"{T}/cut; echo $?", r".*cut: not a valid program: unexpected end at byte \d+\n126\n"),
    ("flipped", f"{T}/flipped; echo $?", r".*flipped: not a valid program: .*\n126\n"),
    ("a wrong type", f"{T}/type; echo $?", r".*type: not a valid program: type mismatch.* at byte \d+\n126\n"),
    ("an unknown import", f"{T}/import; echo $?", r".*import: not a valid program: unknown import\n126\n"),
    ("a feature that is not there", f"{T}/gc; echo $?", r".*gc: not a valid program: .*garbage collection.*\n126\n"),
    ("no function to start", f"{T}/empty; echo $?", r".*empty: not a valid program: no such export\n126\n"),
    ("counts that lie", f"{T}/counts; echo $?", r".*counts: not a valid program: .*\n126\n"),
    ("blocks in blocks", f"{T}/deep; echo $?", r".*deep: not a valid program: .*nested too deeply.*\n126\n"),
    ("50,000 functions", f"{T}/many; echo $?", r"0\n"),
    ("a function of 1 MB", f"{T}/large; echo $?", r"0\n"),
    ("a function of 12 MB", f"{T}/huge; echo $?", r".*huge: not a valid program: .*too large.*\n126\n"),
    ("recursion without end", f"{T}/recursive; echo $?", r".*recursive: call stack exhausted \(trap\)\n134\n"),
    ("a loop without end", f"{T}/endless & kill $!; wait $!; echo $?", r"(.*\n)*143\n"),
    ("killed while it is compiled", f"cp {T}/many /tmp/m; {T}/v0 >/tmp/o; cat {T}/pad >>/tmp/m; /tmp/m & kill $!; "
     "wait $!; echo $?; ps | grep -c compile", r"(.*\n)*143\n0\n"),
    ("the service restarts meanwhile", f"cp {T}/large /tmp/l; cat {T}/pad >>/tmp/l; /tmp/l & svc restart process; "
     "wait $!; echo $?", r"(.*\n)*0\n"),
    ("the tool makes the same bytes here", f"wasm compile {T}/sh -o /tmp/s && cmp /tmp/s /bin/sh && echo same", r"same\n"),
    ("code is made here only", f"cp {T}/image /tmp/i; /tmp/i; echo $?", r".*/tmp/i: .*\n126\n"),
)
FAILURES = "for i in 1 2 3 4 5 6 7 8 9 10; do for m in cut type deep counts; do {}/$m; done; done >/tmp/o 2>&1"
LEFT_OVER = 8 * 4096  # pages of the shell that it had not touched before


def write_script():
    lines = [f"{{ {line}\n}} 2>&1; echo ----" for _, line, _ in STEPS]
    failures = f"{FAILURES.format(T)}; {USED}; echo ----"
    return "\n".join([*lines, failures, failures, f"{T}/compare | head -1; log -s process | grep 'compiled'", ""])


def files_of_test():
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs))
    hello = (BUILD / "apps/demos/hello.wasm").read_bytes()
    test = modules(hello) | {"shipped": hello, "pad": section(0, named("padding")),
                             "image": files["share/demos/hello"], "sh": (BUILD / "apps/sh.wasm").read_bytes(),
                             "compare": vary((BUILD / "apps/cmds.wasm").read_bytes(), "compare")}
    return files | {f"{PLACE}/{name}": data for name, data in test.items()} | {
        "share/script": write_script().encode()}


def run(files, folder):
    path = folder / "bundle"
    path.write_bytes(bundle.build(files))
    environment = dict(os.environ, CMD="sh /share/script", DIRECT="1", TIMEOUT="1200", MEM="512")
    done = subprocess.run([sys.executable, ROOT / "tools/run.py", "--bundle", path], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("latin1").split("----\n")


def host_hash(data, features, folder):
    source, image = folder / "module", folder / "image"
    source.write_bytes(data)
    subprocess.run([BUILD / "bin/wasm", "compile", f"--cpu={features}", source, "-o", image], check=True)
    return hashlib.sha256(image.read_bytes()).hexdigest()[:32]


def compare(log, files, folder):
    """What the system compiled is byte for byte what this machine compiles; returns what differs."""
    lines = re.findall(r"/(share/t/\S+): compiled, \d+ bytes, CPU features (0x[0-9a-f]+), ([0-9a-f]{32})", log)
    wrong = [path for path, features, found in lines if host_hash(files[path], features, folder) != found]
    print(f"{len(lines)} images compared with this machine's, {len(wrong)} differ: {wrong}")
    return wrong if len(lines) >= 10 else ["too few were compiled"]


def main():
    files = files_of_test()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        *parts, before, after, log = run(files, folder)
        failed = [(name, got) for (name, _, wanted), got in zip(STEPS, parts) if not re.fullmatch(wanted, got)]
        for name, got in failed:
            print(f"{name}: {got!r}")
        print(f"bytes in use after 50 and after 100 modules that could not be compiled: {before} {after}")
        wrong = compare(log, files, folder)
    print(f"{len(STEPS) - len(failed)} of {len(STEPS)} steps are right")
    return int(bool(failed) or bool(wrong) or len(parts) != len(STEPS) or int(after) - int(before) > LEFT_OVER)


if __name__ == "__main__":
    sys.exit(main())
