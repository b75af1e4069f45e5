#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the table of struct service_manifest (abi/process.toml) from services/*/manifest.toml."""

import argparse
import struct
import sys
import tomllib
from pathlib import Path

UNTYPED_ALL = 255
MATCHES = 4
KEYS = {"name", "binary", "uses", "grants", "priority", "slots", "memory", "estate", "untyped",
        "ports", "signals", "matches", "class", "restarts_per_minute", "heartbeat", "start", "instances",
        "wasm_binary", "placement"}
STARTS = ("boot", "demand")
PLACEMENTS = {"native": "binary", "wasm": "wasm_binary"}  # which program it is


class ManifestError(Exception):
    """What is wrong in which manifest."""


def enum(abi, name):
    """Names and numbers of an enum of abi/process.toml."""
    for entry in tomllib.loads((abi / "process.toml").read_text())["enum"]:
        if entry["name"] == name:
            pairs = (value.split("#")[0].split("=") for value in entry["values"])
            return {key.strip(): int(number) for key, number in pairs}
    raise ManifestError(f"abi/process.toml has no enum {name}")


def order(size, what):
    """log2 of a size such as "64K" or "2M", which must be a power of two."""
    if size == 0:
        return 0
    scale = {"K": 10, "M": 20, "G": 30}
    value = int(str(size).rstrip("KMG")) << scale.get(str(size)[-1], 0)
    if value & (value - 1):
        raise ManifestError(f"{what}: {size} is no power of two")
    return value.bit_length() - 1


def matches(data):
    """PCI devices of a driver, "vendor:device" in hexadecimal, as configuration space has them."""
    texts = data.get("matches", [])
    if len(texts) > MATCHES:
        raise ManifestError(f"{data['name']}: at most {MATCHES} devices can match")
    pairs = (text.split(":") for text in texts)
    ids = [int(device, 16) << 16 | int(vendor, 16) for vendor, device in pairs]
    return ids + [0] * (MATCHES - len(ids))


def read(path):
    """What a manifest says, once for each of its instances."""
    data = tomllib.loads(path.read_text())
    if unknown := set(data) - KEYS:
        raise ManifestError(f"{path}: unknown key {', '.join(sorted(unknown))}")
    if "instances" not in data:
        return [data]
    return [data | {"name": f"{data['name']}{index}"} for index in range(data["instances"])]


def encode(data, services, grants):
    """One service as (number, bytes)."""
    number = services[data["name"].replace("-", "_")]
    ports = data.get("ports", [0, 0])
    signals = sum(1 << services[peer.replace("-", "_")] for peer in data.get("signals", []))
    untyped = data.get("untyped", 0)
    record = struct.pack(
        "<24s40s19I40s", data["name"].encode(), data[PLACEMENTS[data.get("placement", "native")]].encode(), number,
        sum(1 << services[use.replace("-", "_")] for use in data.get("uses", [])),
        sum(grants[grant] for grant in data.get("grants", [])),
        data["priority"],
        order(data.get("slots", 256), "slots"),
        order(data["memory"], "memory"),
        order(data.get("estate", 0), "estate"),
        UNTYPED_ALL if untyped == "all" else order(untyped, "untyped"),
        ports[0], ports[1], signals, data.get("restarts_per_minute", 60),
        int(data.get("heartbeat", True)), *matches(data), int(data.get("class", "0"), 16),
        STARTS.index(data.get("start", "boot")), data.get("wasm_binary", "").encode())
    return number, record


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--abi", type=Path, default=Path("abi"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("manifests", type=Path, nargs="+")
    options = parser.parse_args()
    try:
        services, grants = enum(options.abi, "service_number"), enum(options.abi, "service_grant")
        records = sorted(encode(data, services, grants)
                         for path in options.manifests for data in read(path))
    except (ManifestError, KeyError, ValueError) as error:
        print(f"manifest: {error}", file=sys.stderr)
        return 1
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(b"".join(record for _, record in records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
