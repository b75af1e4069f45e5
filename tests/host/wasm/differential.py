#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Random valid modules on our engine, on V8 and on our interpreter: the same results, logs and traps.

usage: differential.py RUN_EXPORTS GENERATE FOLDER [COUNT [SEED]]

The modules are made by our generator (generate.c) and by binaryen's (wasm-opt -ttf), in turn.

Each module is one of some set of features, and is run with the code for this CPU and for the oldest. Traps are compared
by kind, memory by a hash that the module computes. What differs stays in FOLDER.
"""
import os
import random
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MORE_FEATURES = [[], ['--enable-tail-call'], ['--enable-exception-handling'],
                 ['--enable-extended-const', '--enable-tail-call', '--enable-exception-handling']]
FEATURES = ['--mvp-features', '--enable-bulk-memory', '--enable-sign-ext', '--enable-multivalue',
            '--enable-nontrapping-float-to-int', '--enable-mutable-globals', '--enable-simd', '--enable-threads']


def output(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else f'exit {done.returncode}: {done.stderr[-300:]}'


def compare(runner, module):
    """None if all agree, else a description; how many results there were; if the interpreter had all of it."""
    theirs = output(['node', '--stack-size=900', os.path.join(HERE, 'run_exports.js'), module])
    if ' trap stack\n' in theirs:  # how deep a stack goes is each engine's own affair
        return None, 0, False
    reference = output([runner, module, '--reference'])
    is_within = 'beyond the interpreter' not in reference and ' trap stack\n' not in reference
    if is_within and reference != theirs:
        return f'{module}\n--- V8\n{theirs[:500]}\n--- interpreter\n{reference[:500]}', 0, True
    for option in ([], ['--native']):
        ours = output([runner, module] + option)
        if ' trap stack\n' not in ours and ours != theirs:
            return f'{module} {option}\n--- V8\n{theirs[:500]}\n--- ours\n{ours[:500]}', 0, is_within
    return None, 2 * theirs.count('\n'), is_within


def make(generator, source, number, data, module):
    """True: the module is there."""
    with open(data, 'wb') as f:
        f.write(source.randbytes(source.choice([200, 1000, 4000, 10000])))
    if number % 2 == 0:
        command = [generator, data, module]
    else:
        command = ['wasm-opt', '-ttf', data, '-o', module, '--denan'] + FEATURES + source.choice(MORE_FEATURES)
    return subprocess.run(command, capture_output=True).returncode == 0


def main():
    runner, generator, folder = sys.argv[1:4]
    count = int(sys.argv[4]) if len(sys.argv) > 4 else 20
    source = random.Random(int(sys.argv[5]) if len(sys.argv) > 5 else 1)
    os.makedirs(folder, exist_ok=True)
    made = failed = calls = interpreted = 0
    for i in range(count):
        data, module = os.path.join(folder, 'data'), os.path.join(folder, f'{i}.wasm')
        if not make(generator, source, i, data, module):
            continue
        made += 1
        difference, results, is_within = compare(runner, module)
        calls += results
        interpreted += is_within
        if difference:
            failed += 1
            if failed <= 3:
                print(difference)
        else:
            os.remove(module)
        if count >= 1000 and i % 500 == 499:
            print(f'{made} modules, {calls} results and logs, {failed} differ', flush=True)
    print(f'{made} random modules, {calls} results and logs compared, {failed} differ; {interpreted} also interpreted')
    return 1 if failed or calls < 2 * made or interpreted < made / 3 else 0  # most modules can be instantiated


sys.exit(main())
