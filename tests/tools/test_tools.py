# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of the small tools: symboliser, benchmark reader, test runner, KVM probe, disk image."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import bench
import kvm
import lint
import mkesp
import symbolise


class Symbolise(unittest.TestCase):
    NAMES = {symbolise.LINKED + 0x60: "here file.c:1"}

    def test_offset_and_address(self):
        text = "at kernel+0x60, kernel+60, 0xffffffff80000060 and 0x60"
        self.assertEqual(symbolise.annotate(text, self.NAMES, 0),
                         "at kernel+0x60 <here file.c:1>, kernel+60 <here file.c:1>, "
                         "0xffffffff80000060 <here file.c:1> and 0x60")

    def test_slide(self):
        self.assertEqual(symbolise.annotate("0xffffffff80005060", self.NAMES, 0x5000),
                         "0xffffffff80005060 <here file.c:1>")


class Bench(unittest.TestCase):
    def test_figures(self):
        text = "noise\r\nipc.round-trip 260 instructions\r\nnot a figure here\nx 1.5 ns/op\n"
        self.assertEqual(bench.figures(text), {("ipc.round-trip", "instructions"): 260.0,
                                               ("x", "ns/op"): 1.5})

    def test_summary(self):
        self.assertEqual(bench.summary([3.0, 1.0, 2.0]),
                         {"min": 1.0, "median": 2.0, "max": 3.0, "runs": 3})


class TestRunner(unittest.TestCase):
    def run_list(self, text, **environment):
        with tempfile.TemporaryDirectory() as folder:
            tests = Path(folder) / "list"
            tests.write_text(text, encoding="utf-8")
            return subprocess.run(
                [sys.executable, ROOT / "tools/testsuite.py", tests], capture_output=True, text=True,
                env={**os.environ, "BUILD": folder, **environment}, check=False)

    def test_counts(self):
        result = self.run_list("a/good\ttrue\n b/bad\techo why; false\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("| why", result.stdout)
        self.assertTrue(result.stdout.endswith("1 passed, 1 failed\n"))

    def test_too_long(self):
        result = self.run_list("slow\tsleep 60\n", TEST_TIMEOUT="0.2")
        self.assertIn("took too long", result.stdout)

    def test_no_tests_is_a_failure(self):
        self.assertEqual(self.run_list("").returncode, 1)


class Probe(unittest.TestCase):
    def test_guest_runs(self):
        self.assertTrue(kvm.runs("tcg", 60))

    def test_unknown_accelerator(self):
        self.assertFalse(kvm.runs("none-such"))


class Image(unittest.TestCase):
    def test_equal_files_make_equal_images(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "data").write_bytes(b"some data")
            for image in ("one", "two"):
                mkesp.make(folder / image, {"EFI/BOOT/BOOTX64.EFI": folder / "data"})
            self.assertEqual((folder / "one").read_bytes(), (folder / "two").read_bytes())


class Rules(unittest.TestCase):
    def test_long_function(self):
        text = "void f(void)\n{\n" + "\tx();\n" * 101 + "}\n"
        self.assertEqual(len(list(lint.long_functions("f.c", text))), 1)
        self.assertEqual(list(lint.long_functions("f.c", "void f(void)\n{\n}\n")), [])

    def test_licence(self):
        self.assertTrue(list(lint.rule_problems(Path("a.c"), "int x;\n")))


if __name__ == "__main__":
    unittest.main()
