# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of the runner's decisions. Run: python3 -m unittest discover -s tests/tools"""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import machine
import run


def settings(**environment):
    return machine.from_environment(environment)


def line(kvm=False, **environment):
    return " ".join(machine.arguments(settings(DIRECT="1", **environment), kvm))


class Environment(unittest.TestCase):
    def test_command_needs_no_screen_and_no_firmware(self):
        chosen = settings(CMD="ls", DISPLAY=":0")
        self.assertTrue(chosen.headless and chosen.direct)

    def test_screen(self):
        self.assertFalse(settings(DISPLAY=":0").headless)
        self.assertTrue(settings(DISPLAY=":0", HEADLESS="1").headless)
        self.assertTrue(settings().headless)

    def test_firmware_can_be_asked_for(self):
        self.assertFalse(settings(CMD="ls", DIRECT="0").direct)
        self.assertTrue(settings(DIRECT="1").direct)

    def test_refused(self):
        for bad in ({"SMP": "0"}, {"SMP": "many"}, {"MEM": "-1"}, {"ACCEL": "fast"}):
            with self.assertRaises(machine.MachineError):
                settings(**bad)


class Accelerator(unittest.TestCase):
    def test_auto(self):
        self.assertIn("-accel kvm", line(kvm=True))
        self.assertIn("-accel tcg -cpu max", line(kvm=False))

    def test_kvm_is_not_replaced_silently(self):
        with self.assertRaises(machine.MachineError):
            line(kvm=False, ACCEL="kvm")

    def test_tcg_is_kept(self):
        self.assertIn("-accel tcg", line(kvm=True, ACCEL="tcg"))
        self.assertIn("thread=multi", line(ACCEL="tcg", SMP="4"))

    def test_counting(self):
        counted = line(kvm=True, ICOUNT="1")
        self.assertIn("-icount shift=0,sleep=off -cpu max,erms=off,fsrm=off", counted)
        self.assertIn("entropy=fixed", counted)
        with self.assertRaises(machine.MachineError):
            line(ICOUNT="1", SMP="2")


class BootOptions(unittest.TestCase):
    def test_command_is_last(self):
        words = machine.command_line(settings(CMD="a | b", OPTIONS="log=debug"))
        self.assertTrue(words.endswith(" log=debug cmd=a | b"))


class Status(unittest.TestCase):
    def test_decoding(self):
        self.assertEqual(machine.exit_status(1), 0)
        self.assertEqual(machine.exit_status(255), 127)
        self.assertEqual(machine.exit_status(0), 0)
        self.assertEqual(machine.exit_status(-15), 143)


class Quoting(unittest.TestCase):
    def test_words(self):
        self.assertEqual(run.quote("/app/x.wasm"), "/app/x.wasm")
        self.assertEqual(run.quote("it's"), "'it'\\''s'")
        self.assertEqual(run.quote(""), "''")


if __name__ == "__main__":
    unittest.main()
