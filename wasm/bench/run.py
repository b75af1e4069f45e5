#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of the engine: `name value unit` lines.

usage: run.py CWASM COMPILE_BENCH KERNELS_NATIVE KERNELS_WASM MODULE
Ratios are run time over native's; each side is the best of five runs, taken in turn.
"""
import math
import subprocess
import sys


def lines(command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines()]


def best(commands):
    """For each command its least seconds and its checksums, by name."""
    results = [({}, {}) for _ in commands]
    for _ in range(5):
        for command, (times, sums) in zip(commands, results):
            for name, seconds, checksum in lines(command):
                times[name] = min(times.get(name, math.inf), float(seconds))
                sums[name] = checksum
    return results


def main():
    cwasm, compile_bench, native, wasm, module = sys.argv[1:]
    for name, value, unit in lines([compile_bench, module]):
        print(f'wasm_{name} {value} {unit}')
    (native_times, native_sums), (wasm_times, wasm_sums) = best([[native], [cwasm, 'run', wasm]])
    if native_sums != wasm_sums:
        print('checksums differ', file=sys.stderr)
        return 1
    ratios = {name: wasm_times[name] / native_times[name] for name in native_times}
    for name, ratio in ratios.items():
        print(f'wasm_run_{name} {ratio:.2f} x_native')
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    print(f'wasm_run_geometric_mean {mean:.2f} x_native')
    return 0


sys.exit(main())
