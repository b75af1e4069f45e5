#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Boots Craton in QEMU. Settings come from the environment (see `make help`).

usage: run.py [--debug]             what `make run` and `make debug` do
       run.py --expect STATUS ...   for tests: 0 if the guest ended with this status
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import bundle
import kvm
import machine
import mkesp
import symbolise

INCOMPLETE = 125
TIMED_OUT = 124


def quote(word):
    """For the shell in the guest."""
    return word if word and all(c.isalnum() or c in "/._-+,=:@%" for c in word) \
        else "'" + word.replace("'", "'\\''") + "'"


def bundle_with_app(settings, app, arguments, folder):
    """The system's bundle and one more program; the command line becomes the one that runs it."""
    if not app.is_file():
        raise machine.MachineError(f"APP={app}: there is no such file.")
    specs = (settings.build / "bundle.list").read_text(encoding="utf-8").split("\n")
    files = bundle.read_specs(filter(None, specs))
    files[f"app/{app.stem}"] = app.read_bytes()
    settings.bundle = folder / "bundle"
    settings.bundle.write_bytes(bundle.build(files))
    settings.cmd = f"{quote(f'/app/{app.stem}')} {arguments}".strip()


def image_with_options(settings, folder):
    """The EFI partition for this run: the firmware's path reads its options from a file."""
    text = Path("boot/boot.txt").read_text(encoding="utf-8")
    options = folder / "boot.txt"
    options.write_text(f"{text}{machine.command_line(settings)}\n", encoding="utf-8")
    settings.image = folder / "esp.img"
    mkesp.make(settings.image, {"EFI/BOOT/BOOTX64.EFI": settings.build / "boot/BOOTX64.EFI",
                                "craton/bundle": settings.bundle_file, "craton/boot.txt": options})


def show_panic(settings):
    """What the kernel said when it stopped, with names."""
    try:
        text = settings.log_file.read_text(encoding="utf-8", errors="replace")
        place = text.lower().find("panic")
        if place >= 0:
            print(symbolise.symbolised(text[text.rfind("\n", 0, place) + 1:],
                                       settings.build / "kernel.elf"), file=sys.stderr)
    except (OSError, subprocess.CalledProcessError):
        return


def whole_status(settings, status):
    """The exit port has room for seven bits; the supervisor's last word has them all."""
    try:
        text = settings.log_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return status
    found = re.findall(r"^supervisor: end with status (\d+)$", text, re.MULTILINE)
    return int(found[-1]) if found and int(found[-1]) & 0x7F == status else status


def show_failure(settings):
    """Why the services could not be started."""
    try:
        text = settings.log_file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for line in text.split("\n"):
        if line.startswith("supervisor: ") and "end with status" not in line:
            print(line, file=sys.stderr)


def wait(process, seconds):
    try:
        return machine.exit_status(process.wait(timeout=seconds or None))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        print(f"run: stopped after {seconds} seconds (TIMEOUT)", file=sys.stderr)
        return TIMED_OUT


class Terminal:
    """While the guest runs, each key goes to it at once, Ctrl-C too."""

    def __enter__(self):
        self.saved = None
        if sys.stdin.isatty():
            import termios
            self.saved = termios.tcgetattr(sys.stdin)

    def __exit__(self, *_):
        if self.saved is not None:
            import termios
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self.saved)


def start(settings, seconds, output=None):
    """Runs the guest to its end and returns its status."""
    (settings.build / "log").mkdir(parents=True, exist_ok=True)
    command = machine.arguments(settings, kvm.works(settings.build))
    if machine.truth(os.environ.get("V")):
        print(" ".join(map(quote, command)), file=sys.stderr)
    with Terminal():
        process = subprocess.Popen(command, stdout=output)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return whole_status(settings, wait(process, seconds))


def traced(settings, out, seconds):
    """Runs the command with the trace on; the JSON comes after a record separator (apps/commands/trace.c)
    and goes to a file."""
    if not settings.cmd:
        raise machine.MachineError("TRACE: a command is needed (CMD='...').")
    settings.cmd = f"trace run -o - sh -c {quote(settings.cmd)}"
    with tempfile.TemporaryFile() as output:
        status = start(settings, seconds, output)
        output.seek(0)
        said, mark, trace = output.read().rpartition(b"\x1e")
    sys.stdout.buffer.write(said if mark else trace)
    sys.stdout.flush()
    if not mark:
        print("run: the system gave no trace", file=sys.stderr)
        return status or 1
    out.write_bytes(trace)
    print(f"{out}: {len(trace)} bytes; open it in https://ui.perfetto.dev", file=sys.stderr)
    return status


def run(options, environment):
    settings = machine.from_environment(environment)
    settings.log = options.log
    settings.bundle = options.bundle
    if options.debug:
        settings.debug = settings.direct = True
        print("Waiting for gdb. In another terminal: gdb -x tools/gdb.script", file=sys.stderr)
    seconds = machine.number(environment.get("TIMEOUT") or "0", "TIMEOUT", 0, 1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        app = environment.get("APP")
        if app:
            bundle_with_app(settings, Path(app), environment.get("ARGS") or "", Path(folder))
        if not settings.direct:
            image_with_options(settings, Path(folder))
        settings.interactive = sys.stdin.isatty() and not settings.cmd
        if settings.interactive:
            print("Craton in QEMU: `poweroff` ends it, Ctrl-A X at once.", file=sys.stderr)
        trace = environment.get("TRACE")
        status = traced(settings, Path(trace), seconds) if trace else start(settings, seconds)
    show_panic(settings)
    if status == INCOMPLETE:
        show_failure(settings)
    return status


def main():
    parser = argparse.ArgumentParser(description="Boots Craton in QEMU.")
    parser.add_argument("--debug", action="store_true", help="wait for gdb")
    parser.add_argument("--log", type=Path, help="file for the kernel's own messages")
    parser.add_argument("--bundle", type=Path, help="another bundle than the built one")
    parser.add_argument("--expect", type=int, help="succeed only if the guest ends with this status")
    options = parser.parse_args()
    try:
        status = run(options, os.environ)
    except (machine.MachineError, bundle.BundleError, OSError) as error:
        print(f"run: {error}", file=sys.stderr)
        return 2
    if options.expect is None:
        return status
    if status != options.expect:
        print(f"run: the guest ended with {status}, not {options.expect}", file=sys.stderr)
    return int(status != options.expect)


if __name__ == "__main__":
    sys.exit(main())
