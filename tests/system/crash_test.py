#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Panics: what the kernel says, whatever it was doing, and that it is still known after a warm reboot.

usage: crash_test.py reboot|nmi|machine-check|stack [--smp N] [--kpti on|off]"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine
from monitor import Guest

BUILD = Path(os.environ.get("BUILD") or "build")
END = "Please report this text"
BUSY = "log; echo log-ends; (while :; do :; done) & while :; do :; done"
# Bank 0: valid, not corrected, context corrupt; the processor could not go on.
MACHINE_CHECK = "mce 0 0 0xb200000000000000 4 0 0"


def panic_text(guest):
    """The report of the panic, as soon as it is complete."""
    log = guest.until_said(END) and guest.log()
    return log[log.index("kernel panic"):]


def expect(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in:\n{text}")


def reboot(guest):
    """The record is on the kernel's console and in the log of the next boot, and of no later one."""
    guest.until(lambda: "log-ends" in guest.terminal(), "the first boot")
    expect(guest.log(), "Craton kernel")
    assert "panicked" not in guest.log() + guest.terminal()
    guest.ask("nmi")
    text = panic_text(guest)
    reason = text.splitlines()[0]
    guest.ask("system_reset")
    guest.until(lambda: guest.terminal().count("log-ends") == 2, "the second boot")
    expect(guest.log(), "The kernel panicked before this boot and said:",
           "End of what it said before this boot.")
    assert guest.log().count(reason) == 2
    expect(guest.terminal(), "kernel[0]: the kernel panicked before this boot", reason, "rip 0x")
    guest.ask("system_reset")
    guest.until(lambda: guest.terminal().count("log-ends") == 3, "the third boot")
    assert guest.log().count(reason) == 2
    assert guest.terminal().count(reason) == 1


def nmi(guest):
    guest.until(lambda: "log-ends" in guest.terminal(), "the boot")
    guest.ask("nmi")
    expect(panic_text(guest), "non-maskable interrupt", "vector 2 ", "last events")


def machine_check(guest):
    guest.until(lambda: "log-ends" in guest.terminal(), "the boot")
    guest.ask(MACHINE_CHECK)
    expect(panic_text(guest), "machine check", "vector 18 ")


def stack(guest):
    expect(panic_text(guest), "kernel stack overflow", "vector 8 ", "kernel+0x", "last events")


KINDS = {"reboot": reboot, "nmi": nmi, "machine-check": machine_check, "stack": stack}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--kpti", default="off")
    options = parser.parse_args()
    words = f"kpti={options.kpti}" + (" fault=stack" if options.kind == "stack" else "")
    with tempfile.TemporaryDirectory() as folder:
        settings = machine.Settings(build=BUILD, cmd=BUSY, smp=options.smp, options=words,
                                    accel="tcg", log=Path(folder) / "kernel.log")
        with Guest(settings, Path(folder), reboots=True) as guest:
            KINDS[options.kind](guest)
    print(f"{options.kind}: as it should be")


if __name__ == "__main__":
    main()
