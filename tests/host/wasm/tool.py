#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""What a person sees of the tool `wasm`: statuses, results, messages. usage: tool.py WASM"""

import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXT = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const 7)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "pair") (result i64 f64) (i64.const -1) (f64.const 0.5))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func $deep (export "deep") (call $deep))
  (func (export "loop") (loop (br 0)))
  (func (export "divide") (param i64) (result i64) (i64.div_s (i64.const 1) (local.get 0))))"""
# Arguments ({m}: the module), exit status, what standard output and standard error match.
CASES = (
    ("", 2, "", "usage: wasm COMMAND"),
    ("help", 0, "usage: wasm COMMAND", "$"),
    ("help run", 0, "usage: wasm run", "$"),
    ("compile --help", 0, "usage: wasm compile", "$"),
    ("nonsense", 2, "", "wasm: there is no command `nonsense'"),
    ("run", 2, "", "usage: wasm run"),
    ("run /nowhere", 126, "", "/nowhere: No such file"),
    ("run {m}", 7, "", "$"),
    ("run --nonsense {m}", 2, "", "wasm: run: `--nonsense' is no option"),
    ("run --dir /nowhere {m}", 126, "", r"wasm: --dir: /nowhere: No such file"),
    ("run --listen nowhere {m}", 126, "", r"wasm: --listen: nowhere: Invalid argument"),
    ("run --memory x {m}", 2, "", "wasm: run: `x' is no option, or has no good value"),
    ("run --invoke add {m} 2 -5", 0, "-3\n", "$"),
    ("run --invoke=add {m} 0x10 1", 0, "17\n", "$"),
    ("run --invoke add {m} 1", 2, "", "wasm: --invoke: `add' takes 2 arguments, not 1"),
    ("run --invoke add {m} 1 4294967296", 2, "", "wasm: --invoke: argument 2, `4294967296', is no i32"),
    ("run --invoke nothing {m}", 126, "", "wasm: --invoke: the module exports no function `nothing'"),
    ("run --invoke pair {m}", 0, "-1\n0.5\n", "$"),
    ("run --invoke grow --memory 1 {m} 15", 0, "1\n", "$"),
    ("run --invoke grow --memory 1 {m} 16", 0, "-1\n", "$"),
    ("run --invoke deep --stack 64 {m}", 134, "", ".*call stack exhausted"),
    ("run --invoke loop --time 1 {m}", 137, "", r".*interrupted[^$]*its time of 1 s was over"),
    ("run --invoke divide {m} 0", 134, "", ".*integer divide by zero"),
    ("validate {m}", 0, "$", "$"),
    ("validate {cut}", 1, "$", ".*unexpected end .*at offset 0x"),
    ("wat {broken} -o /dev/null", 1, "$", ".*:1: syntax error"),
    ("wat {m}", 2, "", "usage: wasm wat"),
    ("compile {m} --cpu nonsense -o /dev/null", 2, "", "usage: wasm compile"),
    ("compile {m} -o /nowhere/x", 1, "$", "/nowhere/x: No such file"),
    ("objdump {m}", 0, r"\nfunction 1 [^$]*local.get 0[^$]*i32.add\n[^$]*add eax", "$"),
    ("objdump --function 99 {m}", 0, "$", ".*there is no function 99"),
    ("objdump {image}", 0, r"engine [0-9a-f]{16}, cpu features 0[^$]*import function wasi", "$"),
    ("run {image}", 7, "$", "$"),
    ("run {missing}", 126, "$", ".*unknown import: env.nothing"),
    ("run {library}", 126, "$", ".*it is no program"),
    ("spec {script}", 1, ".*:1: wrong result", "$"),
    ("spec /nowhere", 1, "", "/nowhere: No such file"),
)


def files_in(folder, tool):
    files = {name: str(folder / name) for name in ("m", "cut", "broken", "image", "missing", "library", "script")}
    texts = {"m": TEXT, "broken": "(module (func", "missing": '(module (import "env" "nothing" (func)))',
             "library": "(module)",
             "script": '(module (func (export "f") (result i32) i32.const 1)) (assert_return (invoke "f") (i32.const 2))'}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    subprocess.run([tool, "wat", files["m"], "-o", files["cut"]], check=True)
    (folder / "cut").write_bytes((folder / "cut").read_bytes()[:-5])
    subprocess.run([tool, "compile", files["m"], "-o", files["image"]], check=True)
    return files


SERVER = """(module
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $receive (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\\00\\04\\00\\00\\40\\00\\00\\00")
  (func $check (param i32) (if (local.get 0) (then (call $exit (local.get 0)))))
  (func $connect (result i32)
    (call $check (call $accept (i32.const 3) (i32.const 0) (i32.const 0)))
    (i32.load (i32.const 0)))
  (func $echo (local $connection i32)
    (local.set $connection (call $connect))
    (loop $more
      (call $check (call $receive (local.get $connection) (i32.const 16) (i32.const 1) (i32.const 0)
        (i32.const 20) (i32.const 4)))
      (call $check (call $send (local.get $connection) (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 8)))
      (br_if $more (i32.load (i32.const 20)))
      (call $check (call $shutdown (local.get $connection) (i32.const 3)))))
  (func $pour (local $connection i32)
    (local.set $connection (call $connect))
    (loop $more
      (call $check (call $write (local.get $connection) (i32.const 16) (i32.const 1) (i32.const 8)))
      (br $more)))
  (func (export "_start") (call $WHAT)))"""
WASI_PIPE, WASI_CONNRESET = 64, 15


def talk(place, data):
    """What comes back for it; None: nobody listens yet."""
    try:
        with socket.create_connection(place) as client:
            if data is None:
                return b""
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(100), b""))
    except ConnectionRefusedError:
        time.sleep(0.05)
        return None


def serve(tool, folder, what, data):
    """What a program that was given a socket sends to a client, and how it ends."""
    (folder / what).write_text(SERVER.replace("WHAT", what), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = free.getsockname()
    with subprocess.Popen([tool, "run", "--listen", f"{place[0]}:{place[1]}", str(folder / what)]) as program:
        back = None
        while back is None and program.poll() is None:
            back = talk(place, data)
        return back, program.wait()


def serves(tool, folder):
    """How many of two servers do as they should: one sends all back, one writes to a client that has gone."""
    answer = serve(tool, folder, "echo", b"hello, socket")
    _, status = serve(tool, folder, "pour", None)
    print("" if answer == (b"hello, socket", 0) else f"echo: {answer}\n", end="")
    print("" if status in (WASI_PIPE, WASI_CONNRESET) else f"pour: {status}\n", end="")
    return (answer == (b"hello, socket", 0)) + (status in (WASI_PIPE, WASI_CONNRESET))


def main():
    tool = sys.argv[1]
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        files = files_in(Path(name), tool)
        for line, status, out, error in CASES:
            done = subprocess.run([tool, *(word.format(**files) for word in line.split())], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False)
            if done.returncode != status or not re.match(out, done.stdout) or not re.match(error, done.stderr):
                failed += 1
                print(f"wasm {line}: status {done.returncode}, not {status}\n{done.stdout[:300]}{done.stderr[:300]}")
        failed += 2 - serves(tool, Path(name))
    print(f"{len(CASES) + 2 - failed} of {len(CASES) + 2} are right")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
