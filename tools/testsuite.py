#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs tests and says which failed. usage: testsuite.py list [part of a name]

The list has a line `name<TAB>command` per test. A test succeeds when its command's status is 0.
What it prints goes to build/log/tests/<name>.log; of a failed one the end is shown.
Settings: TEST_JOBS (at once, default: the number of CPUs, at most 4), TEST_TIMEOUT (seconds)."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TAIL_LINES = 25
BUILD = Path(os.environ.get("BUILD") or "build")
LOGS = BUILD / "log" / "tests"


def read_list(path, part):
    tests = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        name, tab, command = line.strip().partition("\t")
        if tab and part in name:
            tests.append((name.strip(), command.strip()))
    return tests


def wait(process, seconds):
    """The status, or None after the time is over; then nothing of the test is left."""
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def run(test):
    name, command = test
    log = LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True,
                                   env={**os.environ, "LLVM_PROFILE_FILE": f"{log}.%p.profraw"})
        status = wait(process, float(os.environ.get("TEST_TIMEOUT") or "1800"))
    seconds = time.monotonic() - begin
    report(name, status, seconds, log)
    return status == 0


def report(name, status, seconds, log):
    if status == 0:
        print(f"  ok    {name}  {seconds:.1f} s", flush=True)
        return
    reason = "took too long" if status is None else f"status {status}"
    text = log.read_text(encoding="utf-8", errors="replace").rstrip().split("\n")[-TAIL_LINES:]
    lines = "\n".join(f"        | {line}" for line in text)
    print(f"  FAIL  {name}  {reason}; all of it: {log}\n{lines}", flush=True)


def main():
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    tests = read_list(Path(sys.argv[1]), part)
    jobs = int(os.environ.get("TEST_JOBS") or min(os.cpu_count() or 1, 4))
    with ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(run, tests))
    passed = sum(results)
    print(f"{passed} passed, {len(results) - passed} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
