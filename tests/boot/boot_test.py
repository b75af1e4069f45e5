#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""The loaders under QEMU, with a kernel that checks what it is handed. usage: boot_test.py case"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import bundle
import machine
import mkesp

PASSED, LOADER_FAILED = 7, 125
SECONDS = 120
WAITING = "Press a key to go back to the firmware."
BUILD = Path(os.environ.get("BUILD") or "build")


def good_files():
    files = {"kernel": (BUILD / "tests/boot/kernel").read_bytes(),
             "init": (BUILD / "tests/boot/init").read_bytes(),
             "share/text": b"some text\n"}
    return files


def good_bundle():
    return bundle.build(good_files())


def without(name):
    return bundle.build({n: d for n, d in good_files().items() if n != name})


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1:]


def cut_kernel():
    files = good_files()
    files["kernel"] = files["kernel"][:4000]
    return bundle.build(files)


def boot(data, folder, direct=True, options="", memory=128, smp=1, text=None):
    """Runs the guest; returns its status and what it printed."""
    (folder / "bundle").write_bytes(data)
    (folder / "boot.txt").write_text(options if text is None else text, encoding="utf-8")
    settings = machine.Settings(build=BUILD, options=options, memory=memory, smp=smp, direct=direct,
                                accel="tcg", bundle=folder / "bundle", log=folder / "kernel.log")
    if not direct:
        settings.image = folder / "esp.img"
        settings.variables = folder / "variables.fd"
        mkesp.make(settings.image, {"EFI/BOOT/BOOTX64.EFI": BUILD / "boot/BOOTX64.EFI",
                                    "craton/bundle": folder / "bundle",
                                    "craton/boot.txt": folder / "boot.txt"})
    return run(machine.arguments(settings, False), folder)


def read(path):
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def run(command, folder):
    """A UEFI loader that refuses waits for a key; then the guest is ended here."""
    output, end = folder / "output", time.monotonic() + SECONDS
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file,
                                   stderr=subprocess.STDOUT)
    while process.poll() is None and WAITING not in read(output) and time.monotonic() < end:
        time.sleep(0.05)
    waiting = WAITING in read(output)
    process.kill()
    status = machine.exit_status(process.wait())
    return LOADER_FAILED if waiting else status, read(output) + read(folder / "kernel.log")


def starts(**settings):
    return lambda folder: (boot(good_bundle(), folder, **settings), PASSED, "all promises kept")


def refuses(make_data, message, **settings):
    return lambda folder: (boot(make_data(), folder, **settings), LOADER_FAILED, message)


CASES = {
    "pvh": starts(),
    "pvh-6-gib": starts(memory=6144),
    "pvh-4-cpus": starts(smp=4),
    "pvh-fixed": starts(options="kaslr=off entropy=fixed verify=all"),
    "pvh-command": starts(options="log=quiet cmd=ls 'a b' | wc nonsense=1"),
    "uefi": starts(direct=False),
    "uefi-6-gib": starts(direct=False, memory=6144),
    "uefi-options": starts(direct=False, text="# a comment\nkaslr=off\nentropy=fixed\n"),
    "uefi-unknown-option": refuses(good_bundle, "colour=blue: This boot option is unknown.",
                                   direct=False, text="log=quiet\ncolour=blue\n"),
    "uefi-flipped-kernel": refuses(lambda: flipped(good_bundle(), 2 * 4096 + 5000),
                                   "This file of the bundle is damaged.", direct=False),
    "uefi-no-bundle": refuses(lambda: b"", "The bundle is cut short.", direct=False),
    "unknown-option": refuses(good_bundle, "colour=blue: This boot option is unknown.",
                              options="log=quiet colour=blue"),
    "help": refuses(good_bundle, "kaslr=on|off", options="help"),
    "no-kernel": refuses(lambda: without("kernel"), "kernel: The bundle lacks this file."),
    "no-init": refuses(lambda: without("init"), "init: The bundle lacks this file."),
    "cut-kernel": refuses(cut_kernel, "kernel: "),
    "no-bundle": refuses(lambda: b"nothing", "The bundle is cut short."),
    "not-a-bundle": refuses(lambda: bytes(8192), "This is not a Craton bundle."),
    "cut-bundle": refuses(lambda: good_bundle()[:-4096], "The bundle is cut short."),
    "flipped-header": refuses(lambda: flipped(good_bundle(), 12), "The bundle's table is damaged."),
    "flipped-hash": refuses(lambda: flipped(good_bundle(), 24), "built for another loader"),
    "flipped-table": refuses(lambda: flipped(good_bundle(), 70), "The bundle's table is damaged."),
    "flipped-kernel": refuses(lambda: flipped(good_bundle(), 2 * 4096 + 5000),
                              "This file of the bundle is damaged."),
    "flipped-text": refuses(lambda: flipped(good_bundle(), len(good_bundle()) - 4096),
                            "share/text: This file of the bundle is damaged.", options="verify=all"),
}


def main():
    case = CASES[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        (status, output), expected, message = case(Path(folder))
    print(output)
    if status != expected or message not in output.replace("\r", ""):
        print(f"expected status {expected} and `{message}`, got status {status}")
        return 1
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(CASES))
        sys.exit(0)
    sys.exit(main())
