#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Plays a person at the terminal of the booted system: keys in, expected texts out.

usage: terminal.py
"""

import os
import select
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import kvm
import machine

SECONDS = 30
PROMPT = b"$ "
# Keys, what must be seen after them, and how long to wait before the next step.
STEPS = (
    ("", PROMPT, 0),
    ("echo a b\r", b"\na b\r\n", 0),
    ("ech\ttab\r", b"\ntab\r\n", 0),
    ("/share/demos/loop\r", b"loop", 1),
    ("\x03", b"interrupted", 0),
    ("echo st=$?\r", b"\nst=130", 0),
    ("sleep 60\r", b"60", 1),
    ("\x03", b"interrupted", 0),
    ("cat\r", b"cat", 0.5),
    ("hello\r", b"hello\r\nhello\r\n", 0),
    ("\x04", PROMPT, 0),
    ("abc\x03", PROMPT, 0),
    ("sleep 60 &\r", b"[1]", 0),
    ("kill %1; wait; echo gone\r", b"\ngone", 0),
    ("echo kept >/tmp/file\r", PROMPT, 0),
    ("svc restart console; echo console=$?\r", b"console=0", 0),
    ("log -s supervisor\r", b"console started again", 0),
    ("svc restart vfs; cat /tmp/file\r", b"\nkept", 0),
    ("svc restart memory; echo memory=$?\r", b"memory=0", 0),
    ("svc restart process; echo process=$?\r", b"process=0", 0),
    ("cat /tmp/file | wc -c\r", b"\n5\r\n", 0),
    ("man grep | head -n 2\r", b"grep - print lines that match a pattern", 0),
    ("man -k capabilities\r", b"caps - show what a process may touch", 0),
    ("man grep\r", b"lines 1-23 of 38", 0),
    (" ", b"-38 of 38", 0),
    ("q", PROMPT, 0),
    ("man nothing; echo man=$?\r", b"man=1", 0),
    ("exec false\r", PROMPT, 0),
    ("poweroff\r", None, 0),
)


class Terminal:
    def __init__(self):
        settings = machine.from_environment(dict(os.environ, DIRECT="1", HEADLESS="1"))
        command = machine.arguments(settings, kvm.works(settings.build))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seen = b""

    def read(self, seconds):
        out = self.process.stdout.fileno()
        if not select.select([out], [], [], seconds)[0]:
            return True
        data = os.read(out, 4096)
        self.seen += data
        return bool(data)

    def send(self, keys):
        self.seen = b""
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()

    def expect(self, text):
        end = time.monotonic() + SECONDS
        while text not in self.seen and time.monotonic() < end and self.read(0.1):
            pass
        return text in self.seen


def play(terminal):
    for keys, text, pause in STEPS:
        terminal.send(keys)
        if text is not None and not terminal.expect(text):
            print(f"after {keys!r} there was no {text!r} but:\n{terminal.seen.decode('latin1')}")
            return 1
        time.sleep(pause)
    return int(terminal.process.wait(SECONDS) is None)


def main():
    terminal = Terminal()
    try:
        return play(terminal)
    finally:
        terminal.process.kill()


if __name__ == "__main__":
    sys.exit(main())
