#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Programs that clang compiled for wasm32-wasi, on our engine and on node's WASI: the same output and
exit status.

usage: programs.py CWASM FOLDER PROGRAM.wasm...
"""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TEXT = 'some input\nof three\nlines\n'


def run(command):
    done = subprocess.run(command, input=TEXT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(os.path.join(folder, 'file.txt'), 'w') as f:
        f.write(TEXT)
    return folder


def main():
    cwasm, folder, programs = sys.argv[1], sys.argv[2], sys.argv[3:]
    failed = 0
    for program in programs:
        image = os.path.join(folder, 'program.cwasm')
        theirs = run(['node', '--no-warnings', os.path.join(HERE, 'node_wasi.js'), program,
                      fresh(os.path.join(folder, 'd'))])
        ours = run([cwasm, 'run', '--dir', fresh(os.path.join(folder, 'd')) + '::/d', '--env',
                    'NAME=value', program, 'first', 'second'])
        subprocess.run([cwasm, 'compile', program, '-o', image], check=True)
        image_run = run([cwasm, 'run', '--dir', fresh(os.path.join(folder, 'd')) + '::/d',
                         '--env', 'NAME=value', image, 'first', 'second'])
        name = os.path.basename(program)
        if ours != theirs or image_run != (theirs[0], theirs[1]):
            failed += 1
            print(f'{name}: node {theirs}\nours {ours}\nimage {image_run}')
        else:
            print(f'{name}: same output, exit status {ours[0]}')
    return 1 if failed or not programs else 0


sys.exit(main())
