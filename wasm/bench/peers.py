#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The engine beside V8's two compilers, in the same run and taken in turn.

usage: peers.py WASM COMPILE_BENCH KERNELS_NATIVE KERNELS_WASM KERNELS_SIMD MODULE INSTANCE_BENCH HELLO
Execution: times of eleven programs over native code's (clang -O2), the best of five runs each; lower is better. The
product of matrices is vectorised natively; -msimd128 lets WASM do so, which its last row shows.
Compilation: MB of MODULE per second, one thread, the best of five; higher is better.
Instances of HELLO: the time to make and to end one whose code and address space are warm (`warm run`: and to run it),
and the memory that one keeps, page tables aside, of so many at once.
"""

import math
import subprocess
import sys
from pathlib import Path

ROUNDS = 5
NODE = ["node", "--no-warnings"]
SCRIPT = str(Path(__file__).with_name("node.js"))
ONE_THREAD = ["--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=0"]
LIFTOFF = ["--liftoff", "--no-wasm-tier-up"]
TURBOFAN = ["--no-liftoff"]
GOAL_MEAN, GOAL_COMPILE, GOAL_INSTANCE_US, GOAL_INSTANCE_KIB = 2.5, 20, 5, 8


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def measure(commands):
    """By column: the least seconds and the checksum of each program."""
    times, sums = {c: {} for c in commands}, {c: {} for c in commands}
    for _ in range(ROUNDS):
        for column, command in commands.items():
            for name, seconds, checksum in map(str.split, output(command).splitlines()):
                times[column][name] = min(times[column].get(name, math.inf), float(seconds))
                sums[column][name] = checksum
    return times, sums


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def print_row(name, values):
    print(f"{name:<16}" + "".join(f"{value:>12.2f}" for value in values))


def main():
    tool, compile_bench, native, wasm, simd, module, instance_bench, hello = sys.argv[1:]
    peers = {"Craton": [tool, "run", wasm], "Liftoff": [*NODE, *LIFTOFF, SCRIPT, "run", wasm],
             "TurboFan": [*NODE, *TURBOFAN, SCRIPT, "run", wasm]}
    vector = {"Craton": [tool, "run", simd, "matrix"], "Liftoff": [*NODE, *LIFTOFF, SCRIPT, "run", simd, "matrix"],
              "TurboFan": [*NODE, *TURBOFAN, SCRIPT, "run", simd, "matrix"]}
    times, sums = measure({"native": [native]} | peers)
    vector_times, vector_sums = measure(vector)
    if any(s != sums["native"] for s in sums.values()) or \
            any(s["matrix"] != sums["native"]["matrix"] for s in vector_sums.values()):
        print("checksums differ", file=sys.stderr)
        return 1
    print(f"{'times native':<16}" + "".join(f"{peer:>12}" for peer in peers))
    ratios = {peer: {name: times[peer][name] / times["native"][name] for name in times["native"]} for peer in peers}
    for name in times["native"]:
        print_row(name, [ratios[peer][name] for peer in peers])
    print_row("matrix, SIMD", [vector_times[peer]["matrix"] / times["native"]["matrix"] for peer in peers])
    print_row("geometric mean", [mean(ratios[peer].values()) for peer in peers])
    print(f"goal: at most {GOAL_MEAN} (of the eleven programs, without the row of SIMD)\n")
    ours = {name: float(value) for name, value, _ in map(str.split, output([compile_bench, module]).splitlines())}
    v8 = [float(output([*NODE, *flags, *ONE_THREAD, SCRIPT, "compile", module])) for flags in (LIFTOFF, TURBOFAN)]
    print_row("compile MB/s", [ours["compile"], *v8])
    print_row("validate MB/s", [ours["validate"]])
    print(f"goal: compile at least {GOAL_COMPILE}\n")
    for name, value, unit in map(str.split, output([instance_bench, hello]).splitlines()):
        print(f"{name.replace('_', ' '):<28}{value:>8} {unit}")
    print(f"goal of an instance: at most {GOAL_INSTANCE_US} us, {GOAL_INSTANCE_KIB} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
