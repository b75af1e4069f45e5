#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""`make trace` writes what Perfetto reads: events of the trace-event format with names, slices that
nest on each track, arrows with both ends, calls named after what they ask of whom.
usage: trace_test.py [--smp N]"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = ("cat /share/text/LICENSE-MIT | wc -l; sleep 0.05; /share/demos/crash divide 2>/dev/null; "
        "svc restart trace; wc -c </share/text/LICENSE-MIT; exit 3")
SAID = ["21", "1078"]
PHASES = {"X": {"ts", "dur"}, "i": {"ts", "s"}, "s": {"ts", "id", "cat"}, "f": {"ts", "id", "cat"},
          "M": {"args"}}
CALLS = ("call vfs.read", "call process.spawn", "reply_recv", "untyped.retype", "call memory.map")
PROCESSES = ("init", "supervisor", "memory", "vfs", "process", "sh", "cat", "wc", "sleep", "crash", "CPUs")
CPUS = 1000000


def run(smp, out):
    environment = dict(os.environ, CMD=LINE, TRACE=str(out), DIRECT="1", TIMEOUT="300", SMP=str(smp))
    done = subprocess.run([sys.executable, ROOT / "tools/run.py"], env=environment, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert done.returncode == 3, f"status {done.returncode}"
    assert done.stdout.decode().split() == SAID, done.stdout


def check_fields(events):
    for event in events:
        wanted = PHASES[event["ph"]] | {"pid", "tid", "name"}
        assert wanted <= set(event), event
        assert event["ph"] == "M" or event["ts"] >= 0, event
        assert event["name"] not in ("", "unknown") or event["pid"] >= CPUS, event


def check_nesting(events):
    """On one track a slice lies in the one that began before it, or behind it."""
    tracks = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            tracks[event["tid"]].append((event["ts"], -event["dur"], event["name"]))
    for track in tracks.values():
        ends = []
        for begin, minus, name in sorted(track):
            while ends and ends[-1] <= begin + 0.0005:
                ends.pop()
            assert not ends or begin - minus <= ends[-1] + 0.0005, (name, begin, -minus, ends)
            ends.append(begin - minus)
    return len(tracks)


def check_arrows(events):
    ends = collections.Counter(e["id"] for e in events if e["ph"] in "sf")
    assert ends and set(ends.values()) == {2}, "arrows with one end"


def check_names(events, smp):
    processes = {e["args"]["name"] for e in events if e["name"] == "process_name"}
    tracks = {e["args"]["name"] for e in events if e["name"] == "thread_name"}
    calls = {e["name"] for e in events if e["ph"] == "X"}
    assert not (missing := set(PROCESSES) - processes), missing
    assert "CPU 0" in tracks and (smp == 1 or len({t for t in tracks if t.startswith("CPU ")}) > 0)
    assert not (missing := set(CALLS) - calls), missing
    assert any(e["ph"] == "i" and e["name"] == "page fault" for e in events)
    # What runs on a CPU has the name of a process.
    running = {e["name"] for e in events if e["ph"] == "X" and e["tid"] == CPUS}
    assert {"wc", "memory", "process"} <= running, running


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smp", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "trace.json"
        run(options.smp, out)
        events = json.loads(out.read_text(encoding="ascii"))["traceEvents"]
    check_fields(events)
    tracks = check_nesting(events)
    check_arrows(events)
    check_names(events, options.smp)
    print(f"{len(events)} events on {tracks} tracks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
