#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Figures of the engine: `name value unit` lines.

usage: run.py WASM COMPILE_BENCH KERNELS_NATIVE KERNELS_WASM KERNELS_SIMD MODULE INSTANCE_BENCH HELLO
Ratios are run time over native's; each side is the best of five runs, taken in turn. The product of matrices, of
which native has made vector instructions, is compiled without them and with them (KERNELS_SIMD), and stands beside
the mean.
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
    tool, compile_bench, native, wasm, simd, module, instance_bench, hello = sys.argv[1:]
    for name, value, unit in lines([compile_bench, module]) + lines([instance_bench, hello]):
        print(f'wasm_{name} {value} {unit}')
    (native_times, native_sums), (wasm_times, wasm_sums), (simd_times, simd_sums) = best(
        [[native], [tool, 'run', wasm], [tool, 'run', simd, 'matrix']])
    if native_sums != wasm_sums or simd_sums['matrix'] != native_sums['matrix']:
        print('checksums differ', file=sys.stderr)
        return 1
    ratios = {name: wasm_times[name] / native_times[name] for name in native_times}
    for name, ratio in ratios.items():
        print(f'wasm_run_{name} {ratio:.2f} x_native')
    print(f'wasm_run_matrix_simd {simd_times["matrix"] / native_times["matrix"]:.2f} x_native')
    del ratios['matrix']
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    print(f'wasm_run_geometric_mean {mean:.2f} x_native')
    return 0


sys.exit(main())
