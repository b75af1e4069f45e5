# SPDX-License-Identifier: MIT OR Apache-2.0
"""Does KVM work here? Only a guest that has really run in it is an answer: the device may exist
and still hang, fail, or (where it is itself emulated) be far slower than TCG. The result is kept
until the machine is booted again."""

import os
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import machine

LOAD = 0x100000
TIMES_SLOWER = 2  # than TCG: the probe is short, and starting KVM costs a little
SPARE_SECONDS = 0.5
VALUE = 42
# mov $VALUE, %eax; mov $EXIT_PORT, %edx; out %eax, (%dx); 1: hlt; jmp 1b
CODE = (b"\xb8" + struct.pack("<I", VALUE) + b"\xba" + struct.pack("<I", machine.EXIT_PORT)
        + b"\xef\xf4\xeb\xfd")


def probe_image():
    """The smallest ELF-64 that QEMU starts by its PVH note."""
    note = struct.pack("<III4sQ", 4, 8, 18, b"Xen\0", LOAD)
    header_size, ph_size = 64, 56
    note_at = header_size + 2 * ph_size
    code_at = note_at + len(note)
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 2, 62, 1, LOAD,
                         header_size, 0, 0, header_size, ph_size, 2, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, code_at, LOAD, LOAD, len(CODE), len(CODE), 1)
    notes = struct.pack("<IIQQQQQQ", 4, 4, note_at, 0, 0, len(note), len(note), 4)
    return header + load + notes + note + CODE


def runs(accel, seconds=10):
    """True if the probe guest ran to its end."""
    with tempfile.NamedTemporaryFile(suffix=".elf") as image:
        image.write(probe_image())
        image.flush()
        command = [machine.QEMU, "-machine", "q35", "-accel", accel, "-m", "16", "-nodefaults",
                   "-no-reboot", "-display", "none", "-device",
                   f"isa-debug-exit,iobase={machine.EXIT_PORT:#x},iosize=4", "-kernel", image.name]
        try:
            result = subprocess.run(command, capture_output=True, timeout=seconds,
                                    stdin=subprocess.DEVNULL, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return False
    return result.returncode & 1 == 1 and machine.exit_status(result.returncode) == VALUE


def boot_id():
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


def probe():
    """Runs the probe with TCG for comparison, then with KVM in about the same time."""
    begin = time.monotonic()
    if not runs("tcg"):
        return False
    return runs("kvm", (time.monotonic() - begin) * TIMES_SLOWER + SPARE_SECONDS)


def works(build):
    """The kept answer, or a probe. Without access to /dev/kvm there is nothing to probe."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    cache = build / "kvm-probe"
    key = boot_id()
    if cache.exists() and cache.read_text(encoding="ascii").startswith(key):
        return cache.read_text(encoding="ascii").strip().endswith("yes")
    build.mkdir(parents=True, exist_ok=True)
    answer = probe()
    cache.write_text(f"{key} {'yes' if answer else 'no'}\n", encoding="ascii")
    return answer
