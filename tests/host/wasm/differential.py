#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random valid modules (wasm-opt -ttf) on our engine and on V8: the same results, logs and traps.

usage: differential.py RUN_EXPORTS FOLDER [COUNT [SEED]]
"""
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FEATURES = ['--mvp-features', '--enable-bulk-memory', '--enable-sign-ext', '--enable-multivalue',
            '--enable-nontrapping-float-to-int', '--enable-mutable-globals', '--enable-simd', '--enable-threads']


def output(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else f'exit {done.returncode}: {done.stderr[-300:]}'


def compare(runner, module):
    """None if all agree, else a description."""
    theirs = output(['node', '--stack-size=900', os.path.join(HERE, 'run_exports.js'), module])
    if ' stack\n' in theirs:  # how deep a stack goes is each engine's own affair
        return None
    for option in ([], ['--native']):
        ours = output([runner, module] + option)
        if ' stack\n' not in ours and ours != theirs:
            return f'{module} {option}\n--- V8\n{theirs[:500]}\n--- ours\n{ours[:500]}'
    return None


def main():
    runner, folder = sys.argv[1], sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    source = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    os.makedirs(folder, exist_ok=True)
    made = failed = 0
    for i in range(count):
        data, module = os.path.join(folder, 'data'), os.path.join(folder, f'{i}.wasm')
        with open(data, 'wb') as f:
            f.write(source.randbytes(source.choice([200, 1000, 4000, 10000])))
        done = subprocess.run(['wasm-opt', '-ttf', data, '-o', module, '--denan'] + FEATURES,
                              capture_output=True)
        if done.returncode != 0:
            continue
        made += 1
        difference = compare(runner, module)
        if difference:
            failed += 1
            print(difference)
        else:
            os.remove(module)
    print(f'{made} random modules, {failed} differ')
    return 1 if failed or not made else 0


sys.exit(main())
