#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Lua, SQLite and zstd, built from Debian's sources for WASM, do in the system what the same versions do
natively on this machine. usage: ports_test.py NATIVE-LUA NATIVE-SPEEDTEST SPEEDTEST.wasm"""

import difflib
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
import bundle

BUILD = Path(os.environ.get("BUILD") or "build")
HERE = ROOT / "tests/system/ports"
LARGE = 10_000_000
SPEEDTEST = ["--size", "3", "--verify", "--testset", "main"]
MARK = "----\n"


def large_file():
    """Text with repetitions, the same each time."""
    source = random.Random(1)
    words = ["".join(source.choices("abcdefghijklmnopqrstuvwxyz", k=source.randint(2, 9))) for _ in range(3000)]
    out = bytearray()
    while len(out) < LARGE:
        out += " ".join(source.choices(words, k=2000)).encode() + b"\n"
    return bytes(out[:LARGE])


def native(command, folder, **more):
    done = subprocess.run([str(part) for part in command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, **more)
    return done.stdout.decode("utf-8", "replace")


def zstd(folder, data, level):
    (folder / "large").write_bytes(data)
    native(["zstd", "--single-thread", "-q", "-f", f"-{level}", "-k", "large", "-o", "large.zst"], folder)
    return (folder / "large.zst").read_bytes()


def hash_of(data):
    return hashlib.sha256(data).hexdigest()


def verified(output):
    """What a speed test computed, without its times."""
    return "\n".join(line for line in output.splitlines() if "Verification Hash" in line) + "\n"


def cases(lua, speedtest, data, folder):
    """Names, shell lines, and what they have to print."""
    P = "/share/p"
    compressed = {level: zstd(folder, data, level) for level in (1, 3)}
    (folder / "large.zst").write_bytes(compressed[3])
    query = (HERE / "query.sql").read_text(encoding="utf-8")
    yield from ((f"lua {name}", f"cd {P}; lua {name} 2>&1; cd /", native([lua, name], HERE))
                for name in ("errors.lua", "library.lua"))
    yield ("lua says where", f"lua {P}/wrong.lua; echo $?",
           f"lua: {P}/wrong.lua:2: attempt to call a nil value (global 'nothing')\nstack traceback:\n"
           f"\t{P}/wrong.lua:2: in main chunk\n\t[C]: in ?\n1\n")
    yield ("sqlite query", f"cd /tmp; sqlite3 q.db <{P}/query.sql 2>&1; sqlite3 q.db 'select count(*) from item'; cd /",
           native(["sqlite3", "q.db"], folder, input=query.encode()) +
           native(["sqlite3", "q.db", "select count(*) from item"], folder))
    yield ("sqlite speed test", f"{P}/speedtest.wasm {' '.join(SPEEDTEST)} /tmp/s.db | grep Verification",
           verified(native([speedtest, *SPEEDTEST, "s.db"], folder)))
    yield ("sqlite, four programs at once", "sqlite3 /tmp/l.db 'create table t(w)'; for w in 1 2 3 4; do "
           "{ i=0; while [ $i -lt 10 ]; do sqlite3 -cmd '.timeout 60000' /tmp/l.db \"insert into t values($w)\"; i=$((i + 1)); "
           "done; } & done 2>/dev/null; wait; sqlite3 /tmp/l.db 'select w, count(*) from t group by w; pragma integrity_check'",
           "1|10\n2|10\n3|10\n4|10\nok\n")
    yield ("sqlite, locked", "sqlite3 /tmp/l.db 'begin exclusive' '.system sqlite3 /tmp/l.db \"select count(*) from t\"' "
           "rollback 2>&1; sqlite3 /tmp/l.db 'select count(*) from t'",
           "Error: in prepare, database is locked (5)\nSystem command returns 1280\n40\n")
    yield ("sqlite, the vfs restarts meanwhile", "{ i=0; while [ $i -lt 5 ]; do svc restart vfs; i=$((i + 1)); done; } & "
           "sqlite3 /tmp/v.db 'create table t(x); with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000) "
           "insert into t select x from n; select count(*), sum(x) from t; pragma integrity_check' 2>&1; wait",
           "20000|200010000\nok\n")
    for level, expected in compressed.items():
        yield (f"zstd -{level}", f"zstd -q -{level} {P}/large -o /tmp/z; sha256sum </tmp/z; zstd -q -d -c /tmp/z | sha256sum; rm /tmp/z",
               f"{hash_of(expected)}  -\n{hash_of(data)}  -\n")
    yield ("zstd of others", f"zstd -q -d -c {P}/large.zst | sha256sum", f"{hash_of(data)}  -\n")
    yield ("zstd, cut", f"head -c 1000 {P}/large.zst >/tmp/c.zst; zstd -q -t /tmp/c.zst 2>&1; echo $?",
           "/tmp/c.zst : Read error (39) : premature end \n1\n")


def run(script, files, folder):
    specs = (BUILD / "bundle.list").read_text(encoding="utf-8").split("\n")
    contents = bundle.read_specs(filter(None, specs)) | {f"share/p/{name}": data for name, data in files.items()}
    contents["share/script"] = script.encode()
    path = folder / "bundle"
    path.write_bytes(bundle.build(contents))
    environment = dict(os.environ, CMD="sh /share/script 2>&1", DIRECT="1", TIMEOUT="1500", MEM="512")
    done = subprocess.run([sys.executable, ROOT / "tools/run.py", "--bundle", path], env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode("utf-8", "replace").split(MARK)


def main():
    lua, speedtest, speedtest_wasm = (Path(name).absolute() for name in sys.argv[1:])
    data = large_file()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        steps = list(cases(lua, speedtest, data, folder))
        files = {file.name: file.read_bytes() for file in HERE.iterdir()} | {
            "large": data, "large.zst": (folder / "large.zst").read_bytes(),
            "speedtest.wasm": speedtest_wasm.read_bytes(), "wrong.lua": b"local x = 1\nnothing()\n"}
        got = run("".join(f"{line}\necho {MARK}" for _, line, _ in steps), files, folder)
    for (name, _, wanted), printed in zip(steps, got):
        if wanted != printed:
            failed += 1
            print(f"{name}:", *difflib.unified_diff(wanted.splitlines(), printed.splitlines(), "native", "Craton",
                                                    lineterm="", n=1), sep="\n")
    print(f"{len(steps) - failed} of {len(steps)} are right, {len(got) - 1} ended")
    return int(failed > 0 or len(got) != len(steps) + 1)


if __name__ == "__main__":
    sys.exit(main())
