# SPDX-License-Identifier: MIT OR Apache-2.0
"""A guest under QEMU's monitor, for tests that look at the machine from outside."""

import socket
import subprocess
import time

import machine

PROMPT = b"(qemu) "


class Guest:
    """Runs while it is used as a context. `log()` is what the kernel said so far,
    `terminal()` what the system said on its serial line."""

    def __init__(self, settings, folder, arguments=(), reboots=False):
        self.settings = settings
        self.path = folder / "monitor"
        self.terminal_path = folder / "terminal"
        self.command = [*machine.arguments(settings, False), *arguments,
                        "-monitor", f"unix:{self.path},server=on,wait=off"]
        if reboots:  # as a real machine: a panic stands still, a reset starts again
            self.command.remove("-no-reboot")
            at = next(i for i, word in enumerate(self.command) if word.startswith("isa-debug-exit"))
            del self.command[at - 1:at + 1]

    def __enter__(self):
        with self.terminal_path.open("wb") as terminal:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL,
                                            stdout=terminal, stderr=subprocess.STDOUT)
        self.socket = socket.socket(socket.AF_UNIX)
        self.until(self.connect, "the monitor to answer", 60)
        self.read()
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def connect(self):
        try:
            self.socket.connect(str(self.path))
            return True
        except OSError:
            return False

    def read(self):
        data = b""
        while not data.endswith(PROMPT):
            piece = self.socket.recv(65536)
            if not piece:
                raise AssertionError("the emulator has ended")
            data += piece
        return data.decode(errors="replace")

    def ask(self, command):
        self.socket.sendall(command.encode() + b"\n")
        return self.read()

    def log(self):
        try:
            return self.settings.log_file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def terminal(self):
        return self.terminal_path.read_text(encoding="utf-8", errors="replace")

    def until(self, condition, what, seconds=300):
        """Waits until `condition()` gives something true, and returns that."""
        end = time.monotonic() + seconds
        while True:
            result = condition()
            if result:
                return result
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f"waited in vain for {what}\n{self.log()}")
            time.sleep(0.05)

    def until_said(self, text):
        return self.until(lambda: text in self.log(), f"{text!r}")
