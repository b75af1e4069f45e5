#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs the benchmarks and prints their figures, one `name value unit` per line.

usage: bench.py list [part of a name]

The list has a line `name<TAB>command` per benchmark; such a command prints lines `name value unit`
and whatever else, which is ignored. Each runs RUNS times (default 3). The figures are written to
build/bench.json with minimum, median and maximum. Nothing fails because a machine was slow."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import testsuite

FIGURE = re.compile(r"([a-z][\w./-]*) (-?\d+(?:\.\d+)?) ([A-Za-z%][\w/%-]*)\s*\Z")


def figures(text):
    """(name, unit) → value."""
    found = {}
    for line in text.replace("\r", "").split("\n"):
        match = FIGURE.match(line.strip())
        if match:
            found[match.group(1), match.group(3)] = float(match.group(2))
    return found


def run(command):
    result = subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, errors="replace", check=False)
    if result.returncode != 0:
        print(f"bench: `{command}` ended with {result.returncode}\n{result.stdout[-2000:]}"
              f"{result.stderr[-2000:]}", file=sys.stderr)
    return figures(result.stdout), result.returncode == 0


def summary(values):
    return {"min": min(values), "median": statistics.median(values), "max": max(values),
            "runs": len(values)}


def measure(command, runs):
    """Figures of all runs, and whether all of them succeeded."""
    collected, good = {}, True
    for _ in range(runs):
        found, success = run(command)
        good = good and success
        for key, value in found.items():
            collected.setdefault(key, []).append(value)
    return collected, good


def show(name, unit, values):
    print(f"{name} {statistics.median(values):.10g} {unit}", flush=True)


def main():
    part = sys.argv[2] if len(sys.argv) > 2 else ""
    runs = int(os.environ.get("RUNS") or "3")
    result, good = {}, True
    for _, command in testsuite.read_list(Path(sys.argv[1]), part):
        collected, success = measure(command, runs)
        good = good and success
        for (name, unit), values in collected.items():
            show(name, unit, values)
            result[name] = {"unit": unit, **summary(values)}
    out = Path(os.environ.get("BUILD") or "build") / "bench.json"
    out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
