# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of the bundle builder. The loader's own tests read what it makes."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True

import bundle


class Bundle(unittest.TestCase):
    def test_layout(self):
        data = bundle.build({"b": b"x" * 5000, "a": b"\0asm..."})
        self.assertEqual(len(data), 4 * bundle.PAGE)
        magic, version, count, size, _, _ = bundle.HEADER.unpack_from(data)
        self.assertEqual((version, count, size), (2, 2, len(data)))
        name, offset, length, flags, _ = bundle.ENTRY.unpack_from(data, bundle.HEADER.size)
        self.assertEqual((name.rstrip(b"\0"), offset, length, flags), (b"a", 4096, 7, 1))

    def test_order_of_the_list_does_not_matter(self):
        one = bundle.build({"a": b"1", "b": b"2"})
        self.assertEqual(one, bundle.build({"b": b"2", "a": b"1"}))

    def test_sizes_are_those_of_the_interface(self):
        structs = {s.name: s for s in bundle.model.load(ROOT / "abi").structs}
        self.assertEqual(structs["bundle_header"].size, bundle.HEADER.size)
        self.assertEqual(structs["bundle_entry"].size, bundle.ENTRY.size)

    def test_bad_names(self):
        for name in ("", "/a", "a//b", "a/../b", "x" * 88):
            with self.assertRaises(bundle.BundleError):
                bundle.build({name: b""})

    def test_double_name(self):
        with self.assertRaises(bundle.BundleError):
            bundle.read_specs([f"a={ROOT}/LICENSE-MIT", f"a={ROOT}/LICENSE-MIT"])


if __name__ == "__main__":
    unittest.main()
