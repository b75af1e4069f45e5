# SPDX-License-Identifier: MIT OR Apache-2.0
"""QEMU command lines: from settings to arguments. Nothing here starts a process."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

OVMF = (("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"))
EXIT_PORT = 0xF4
DEBUG_PORT = 0xE9
QEMU = "qemu-system-x86_64"
CONFINED = ",iommu_platform=on,disable-legacy=on"  # a virtio device that goes through the IOMMU
IOMMU = ["-device", "intel-iommu"]
DISK_DEVICES = {
    "virtio": "virtio-blk-pci,drive={id}{confined}",
    "nvme": "nvme,drive={id},serial={id}",
    "sata": "ide-hd,drive={id},bus=ide.{number}",
}


class MachineError(Exception):
    """A setting or a missing file; the text says what to do."""


@dataclass
class Settings:
    build: Path
    cmd: str = ""
    options: str = ""
    smp: int = 1
    memory: int = 256
    headless: bool = True
    direct: bool = True
    accel: str = "auto"
    icount: bool = False
    debug: bool = False
    interactive: bool = False
    bundle: Path | None = None
    image: Path | None = None
    variables: Path | None = None
    log: Path | None = None
    disks: list = field(default_factory=list)
    bus: str = "virtio"
    ports: int = 0
    iommu: bool = False
    extra: list = field(default_factory=list)

    @property
    def log_file(self):
        return self.log or self.build / "log" / "kernel.log"

    @property
    def bundle_file(self):
        return self.bundle or self.build / "craton.bundle"


def number(value, name, low, high):
    try:
        result = int(value)
    except ValueError:
        result = low - 1
    if not low <= result <= high:
        raise MachineError(f"{name}={value}: a number from {low} to {high} is needed.")
    return result


def truth(value):
    return value not in ("", "0", "no", "off", None)


def disks_of(value):
    """`DISK=`: files, each with `:ro` behind it if it must not be changed."""
    disks = []
    for text in filter(None, value.split(",")):
        path = Path(text.removesuffix(":ro"))
        if not path.is_file():
            raise MachineError(f"DISK={text}: there is no such file. A disk of 64 MiB is made by "
                               f"`truncate -s 64M {path} && mkfs.ext4 {path}`.")
        disks.append((path, text.endswith(":ro")))
    return disks


def from_environment(environment):
    """The settings of `make run`. A command or program runs without display and firmware."""
    get = environment.get
    command = get("CMD") or ""
    alone = bool(command or get("APP"))
    accel = get("ACCEL") or "auto"
    if accel not in ("auto", "kvm", "tcg"):
        raise MachineError(f"ACCEL={accel}: auto, kvm or tcg is needed.")
    bus = get("BUS") or "virtio"
    if bus not in DISK_DEVICES:
        raise MachineError(f"BUS={bus}: {', '.join(DISK_DEVICES)} is needed.")
    disks = disks_of(get("DISK") or "")
    if bus == "sata" and any(read_only for _, read_only in disks):
        raise MachineError("BUS=sata: the emulator's SATA disks can always be written: leave out `:ro`.")
    icount = truth(get("ICOUNT"))
    smp = number(get("SMP") or "1", "SMP", 1, 64)
    if icount and smp > 1:
        raise MachineError("ICOUNT=1 counts on one CPU only: leave SMP at 1.")
    has_screen = bool(get("DISPLAY") or get("WAYLAND_DISPLAY"))
    return Settings(
        build=Path(get("BUILD") or "build"),
        cmd=command,
        options=get("OPTIONS") or "",
        smp=smp,
        memory=number(get("MEM") or "256", "MEM", 16, 1 << 20),
        headless=alone or truth(get("HEADLESS")) or not has_screen,
        direct=truth(get("DIRECT")) if get("DIRECT") else alone or icount,
        accel="tcg" if icount else accel,
        disks=disks,
        bus=bus,
        ports=number(get("PORTS") or "0", "PORTS", 0, 16),
        iommu=truth(get("IOMMU")),
        icount=icount)


def command_line(settings):
    """The boot options: fixed ones first, the user's, and `cmd=` last."""
    words = [f"exit={EXIT_PORT:#x}"]
    if settings.icount:
        words.append("entropy=fixed")
    if settings.debug:
        words.append("kaslr=off")
    words += settings.options.split()
    if settings.cmd:
        words.append(f"cmd={settings.cmd}")
    return " ".join(words)


def disk_device(bus, drive, number=0, iommu=False):
    """QEMU's device for a disk that is the `number`th of its kind."""
    return ["-device", DISK_DEVICES[bus].format(id=drive, number=number, confined=CONFINED if iommu else "")]


def disk_arguments(disks, bus, iommu=False):
    """In the order in which the system numbers them: before the firmware's."""
    result = []
    for number, (path, read_only) in enumerate(disks):
        result += ["-drive", f"if=none,id=disk{number},format=raw,cache=writeback,"
                             f"readonly={'on' if read_only else 'off'},file={path}",
                   *disk_device(bus, f"disk{number}", number, iommu)]
    return result


def port_arguments(count):
    """PCI Express ports `port0`, `port1` ... for the monitor's `device_add` and `device_del`: as real ones, while the
    emulator would tell guests by ACPI otherwise."""
    result = ["-global", "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"] if count else []
    for port in range(count):
        result += ["-device", f"pcie-root-port,id=port{port},chassis={port + 1},slot={port + 1}"]
    return result


def accelerator(settings, kvm_works):
    if settings.icount:
        return ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", "max,erms=off,fsrm=off"]
    if settings.accel != "tcg" and kvm_works:
        return ["-accel", "kvm", "-cpu", "host"]
    if settings.accel == "kvm":
        raise MachineError("ACCEL=kvm: a probe guest did not run with KVM on this machine.")
    thread = ",thread=multi" if settings.smp > 1 else ""
    return ["-accel", f"tcg{thread}", "-cpu", "max"]


def direct_boot(settings):
    loader = settings.build / "boot" / "craton.elf"
    return ["-kernel", str(loader), "-initrd", str(settings.bundle_file),
            "-append", command_line(settings)]


def firmware_boot(settings):
    """The variables are a copy per build folder, so that the system's file stays as it is."""
    for code, variables in OVMF:
        if Path(code).exists():
            break
    else:
        raise MachineError("UEFI firmware is missing. Run `make deps`, or use DIRECT=1.")
    own = settings.variables or settings.build / "ovmf-variables.fd"
    if not own.exists():
        shutil.copyfile(variables, own)
    image = settings.image or settings.build / "craton.img"
    return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
            "-drive", f"if=pflash,format=raw,file={own}",
            "-drive", f"if=none,id=esp,format=raw,readonly=on,file={image}",
            "-device", f"virtio-blk-pci,drive=esp,bootindex=0{CONFINED if settings.iommu else ''}"]


def consoles(settings):
    """COM1 is the terminal; COM2 and the debug port take what the kernel itself says. A person gets
    QEMU's escape key (Ctrl-A X ends it at once); a program's input and output stay as they are."""
    mux = ",mux=on" if settings.interactive else ""
    return ["-chardev", f"stdio,id=terminal,signal=off{mux}", "-serial", "chardev:terminal",
            "-chardev", f"file,id=log,path={settings.log_file},mux=on", "-serial", "chardev:log",
            "-device", f"isa-debugcon,iobase={DEBUG_PORT:#x},chardev=log"]


def display(settings):
    if settings.headless:
        return ["-display", "none", "-vga", "none" if settings.direct else "std"]
    return ["-vga", "std"]


def arguments(settings, kvm_works):
    """The whole command line for QEMU."""
    result = [QEMU, "-machine", "q35", *accelerator(settings, kvm_works),
              "-m", str(settings.memory), "-smp", str(settings.smp),
              "-nodefaults", "-no-user-config", "-no-reboot", *display(settings),
              *consoles(settings), "-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=4"]
    result += IOMMU if settings.iommu else []  # before the devices that it confines
    result += disk_arguments(settings.disks, settings.bus, settings.iommu)
    result += port_arguments(settings.ports)
    if settings.ports and settings.interactive:
        result += ["-mon", "chardev=terminal,mode=readline"]
    result += direct_boot(settings) if settings.direct else firmware_boot(settings)
    if settings.debug:
        result += ["-S", "-gdb", f"tcp:127.0.0.1:{os.environ.get('GDB_PORT', '1234')}"]
    return result + settings.extra


def exit_status(code):
    """isa-debug-exit ends QEMU with (value << 1) | 1. An even status is QEMU's own; 0: the guest
    was switched off without a value. A negative one means that a signal ended QEMU."""
    if code < 0:
        return 128 - code
    return code >> 1 if code & 1 else code
