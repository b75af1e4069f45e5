#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""All services, the supervisor too, are killed again and again while the shell works on files and
pipes and compares what it gets. usage: chaos_test.py [--smp N] [--rounds N]"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine

BUILD = Path(os.environ.get("BUILD") or "build")
SERVICES = "vfs memory process log clock console supervisor"
SCRIPT = (
    "want=$(cat /share/text/LICENSE-APACHE | sort | sha256sum); "
    "file=$(sha256sum </share/text/LICENSE-APACHE); double=$(cat /share/text/LICENSE-APACHE "
    "/share/text/LICENSE-APACHE | sha256sum); "
    "(r=0; while [ $r -lt {rounds} ]; do for s in {services}; do svc restart $s; sleep 0.02; done; "
    "r=$((r + 1)); done) & "
    "i=0; bad=0; while [ $i -lt {work} ]; do "
    "got=$(cat /share/text/LICENSE-APACHE | sort | sha256sum); "
    '[ "$got" = "$want" ] || {{ bad=$((bad + 1)); echo "wrong: $got"; }}; '
    "cp /share/text/LICENSE-APACHE /tmp/copy; cp /tmp/copy /tmp/twice; cat /tmp/copy >>/tmp/twice; "
    '[ "$(sha256sum </tmp/copy)" = "$file" ] || {{ bad=$((bad + 1)); echo "wrong copy"; }}; '
    '[ "$(cat /tmp/twice | sha256sum)" = "$double" ] || {{ bad=$((bad + 1)); echo "wrong double"; }}; '
    "rm /tmp/copy /tmp/twice; "
    "echo $i >/tmp/number; i=$((i + 1)); done; "
    "wait; echo bad=$bad last=$(cat /tmp/number)")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    work = options.rounds * 6
    line = SCRIPT.format(rounds=options.rounds, services=SERVICES, work=work)
    with tempfile.TemporaryDirectory() as folder:
        settings = machine.Settings(build=BUILD, cmd=line, smp=options.smp, direct=True,
                                    accel="tcg", log=Path(folder) / "kernel.log")
        result = subprocess.run(machine.arguments(settings, False), timeout=600, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        text = result.stdout.decode(errors="replace").strip()
        print(text)
        print(settings.log.read_text(encoding="utf-8", errors="replace"), end="")
    return 0 if text == f"bad=0 last={work - 1}" else 1


if __name__ == "__main__":
    sys.exit(main())
