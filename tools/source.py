#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Fetches the source of a Debian package and unpacks it.

usage: source.py NAME FOLDER ARCHIVES     NAME: a line of mk/sources.txt; ARCHIVES: where archives are kept

Only the upstream archive is taken, and only with the SHA-256 that mk/sources.txt pins. apt runs with a
configuration of its own, made of this machine's, so that nothing has to be set up by hand.
"""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "mk/sources.txt"
SUITE = "bookworm"


class SourceError(Exception):
    """Something that the user has to know."""


def pinned():
    """Sources by name: Debian's name, the archive's file name, its SHA-256."""
    lines = (line.split("#")[0].split() for line in LIST.read_text(encoding="utf-8").splitlines())
    return {line[0]: line[1:4] for line in lines if line}


def debian_archives():
    """Where this machine takes Debian's packages from, one per kind of archive."""
    found = []
    for file in [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        found += re.findall(r"^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+/debian/?)(?:\s|$)", text, re.MULTILINE)
    return list(dict.fromkeys(found))


class Apt:
    """apt-get with lists and settings in a folder."""

    def __init__(self, folder):
        self.folder = folder
        archives = debian_archives()
        if not archives:
            raise SourceError("no Debian archive is set up in /etc/apt")
        for name in ("lists/partial", "cache/archives/partial", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        key = "/usr/share/keyrings/debian-archive-keyring.gpg"
        (folder / "sources.list").write_text(
            "".join(f"deb-src [signed-by={key}] {uri} {SUITE} main\n" for uri in archives), encoding="utf-8")

    def run(self, *arguments, cwd=None):
        settings = (f"Dir::Etc::sourcelist={self.folder}/sources.list", "Dir::Etc::sourceparts=-",
                    f"Dir::State::lists={self.folder}/lists", f"Dir::Cache={self.folder}/cache",
                    "APT::Sandbox::User=root")
        command = ["apt-get", "-q", *(part for s in settings for part in ("-o", s)), *arguments]
        return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def fetch(self, package, folder):
        command = ("source", "--download-only", "--only-source", package)
        done = self.run(*command, cwd=folder)
        if done.returncode != 0:  # no lists yet, or old ones
            self.run("update")
            done = self.run(*command, cwd=folder)
        if done.returncode == 0:
            return
        raise SourceError(f"apt-get could not fetch the source of {package}:\n{done.stdout.decode()}")


def archive_of(name, store):
    """The archive of a source, fetched unless it is there; its hash is right."""
    if name not in pinned():
        raise SourceError(f"{name} is not in {LIST}")
    package, file, digest = pinned()[name]
    path = store / file
    if not path.is_file():
        store.mkdir(parents=True, exist_ok=True)
        print(f"source: fetching {package}", file=sys.stderr)
        with (store / "lock").open("w", encoding="utf-8") as lock:  # apt-get's lists are one program's at a time
            fcntl.flock(lock, fcntl.LOCK_EX)
            Apt(store / "apt").fetch(package, store)
    if not path.is_file():
        raise SourceError(f"the source of {package} has no {file}; mk/sources.txt is out of date")
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        path.unlink()
        raise SourceError(f"{file} has another SHA-256 than mk/sources.txt pins")
    return path


def unpack(archive, folder):
    """Without the one folder that all is in."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        with tarfile.open(archive) as tar:
            # Old versions have no filters; what is unpacked has the pinned hash.
            tar.extractall(name, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        inside = list(Path(name).iterdir())
        if folder.exists():
            shutil.rmtree(folder)
        shutil.move(inside[0] if len(inside) == 1 else name, folder)


def main():
    try:
        if len(sys.argv) != 4:
            print(__doc__, file=sys.stderr)
            return 2
        folder = Path(sys.argv[2])
        folder.parent.mkdir(parents=True, exist_ok=True)
        unpack(archive_of(sys.argv[1], Path(sys.argv[3]).absolute()), folder)
    except (SourceError, OSError, tarfile.TarError) as error:
        print(f"source: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
