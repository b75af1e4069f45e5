#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Panics: what the kernel says, whatever it was doing, and that it is still known after a warm reboot.

`kaslr` compares where the kernel was at several boots.

usage: crash_test.py reboot|nmi|machine-check|stack|kaslr [--smp N] [--kpti on|off]"""

import argparse
import os
import re
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
LINKED = 0xFFFFFFFF80000000
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


def kaslr(guest):
    """Random places by default: four boots do not all agree. Without, the linked one."""
    bases = [kernel_base(guest)]
    for options in 3 * [""] + 2 * ["kaslr=off"]:
        with tempfile.TemporaryDirectory() as folder:
            with guest_for(Path(folder), f"fault=stack {options}".strip()) as other:
                bases.append(kernel_base(other))
    print("the kernel was at", *map(hex, bases))
    assert len(set(bases[:4])) > 1
    assert bases[4:] == 2 * [LINKED]


def kernel_base(guest):
    text = panic_text(guest)
    address = int(re.search(r"^rip 0x([0-9a-f]+)", text, re.MULTILINE)[1], 16)
    return address - int(re.search(r"kernel\+0x([0-9a-f]+)", text)[1], 16)


KINDS = {"reboot": reboot, "nmi": nmi, "machine-check": machine_check, "stack": stack,
         "kaslr": kaslr}


def guest_for(folder, options, smp=1):
    settings = machine.Settings(build=BUILD, cmd=BUSY, smp=smp, options=options, accel="tcg",
                                log=folder / "kernel.log")
    return Guest(settings, folder, reboots=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--kpti", default="off")
    options = parser.parse_args()
    fault = " fault=stack" if options.kind in ("stack", "kaslr") else ""
    with tempfile.TemporaryDirectory() as folder:
        with guest_for(Path(folder), f"kpti={options.kpti}{fault}", options.smp) as guest:
            KINDS[options.kind](guest)
    print(f"{options.kind}: as it should be")


if __name__ == "__main__":
    main()
