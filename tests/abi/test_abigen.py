# SPDX-License-Identifier: MIT OR Apache-2.0
"""Tests of the interface generator. Run: python3 -m unittest discover -s tests/abi"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "abi" / "gen"))
sys.dont_write_bytecode = True

import abigen
import canonical
import ctext
import emit_user
import emit_wasm
import model

KERNEL_C = '#include "abi/dispatch.h"\n#include "abi/names.h"\n#include "abi/wasm_imports.h"\n'
DISPATCH_C = KERNEL_C + """
uint64_t rights_of(uint64_t method);
uint64_t rights_of(uint64_t method)
{
	switch (method) {
#define X(name, number, rights, args) case number: return rights;
		ABI_CNODE_METHOD_LIST(X)
#undef X
	default: return ~RIGHT_READ;
	}
}
"""
FLAGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wconversion", "-Wmissing-prototypes",
         "-ffreestanding", "-O1", "-c", "-o", "/dev/null", "-x", "c", "-"]


def parse(*fields):
    return model.parse_structs([{"name": "s", "fields": list(fields)}])[0]


def compiles(target, standard, include, source):
    command = ["clang-19", "-target", target, f"-std={standard}", f"-I{include}", *FLAGS]
    return subprocess.run(command, input=source, text=True, capture_output=True)


class Layout(unittest.TestCase):
    def test_offsets_and_comment(self):
        struct = parse("u32 a", "u32 b[3]  # why", "u64 c")
        self.assertEqual([(f.offset, f.size) for f in struct.fields], [(0, 4), (4, 12), (16, 8)])
        self.assertEqual(struct.fields[1].comment, "why")
        self.assertEqual(struct.size, 24)

    def test_refuses_padding(self):
        for fields in (("u32 a", "u64 b"), ("u64 a", "u32 b"), ("u8 a", "u16 b")):
            with self.assertRaises(model.AbiError):
                parse(*fields)

    def test_refuses_unknown_type_and_double_name(self):
        for fields in (("word a",), ("u64 a", "u64 a"), ("u64",)):
            with self.assertRaises(model.AbiError):
                parse(*fields)

    def test_nested(self):
        raw = [{"name": "a", "fields": ["u32 x", "u32 y"]}, {"name": "b", "fields": ["a items[2]"]}]
        self.assertEqual(model.parse_structs(raw)[1].size, 16)


class Checks(unittest.TestCase):
    def test_error_values_are_dense(self):
        with self.assertRaises(model.AbiError):
            model.check_errors([{"name": "OK", "value": 0}, {"name": "ERR_A", "value": -2}])

    def test_unknown_right(self):
        raw = {"object": "frame", "name": "x", "number": 0, "rights": ["fly"], "text": ""}
        with self.assertRaises(model.AbiError):
            model.parse_method(raw, {"frame"}, {"read"})

    def test_too_many_arguments(self):
        raw = {"object": "frame", "name": "x", "number": 0, "rights": [], "text": "",
               "args": [f"u64 a{i}" for i in range(7)]}
        with self.assertRaises(model.AbiError):
            model.parse_method(raw, {"frame"}, set())

    def test_restart_class(self):
        raw = {"protocol": "p", "id": 1, "method": [
            {"name": "m", "number": 1, "class": "maybe", "text": ""}]}
        with self.assertRaises(model.AbiError):
            model.parse_service(raw)


class Stubs(unittest.TestCase):
    def test_message_argument_order(self):
        call = model.parse_call({"name": "recv", "number": 2, "words": True, "text": "", "args": [
            "handle reply", "u64 flags", "u64 deadline", "handle endpoint"]}, "recv")
        self.assertIn("sys_recv(handle_t reply, handle_t endpoint, struct message *m, "
                      "uint64_t flags, uint64_t deadline)", emit_user.message_stub(call))

    def test_signature(self):
        function = model.parse_import({"name": "f", "text": "", "params": [
            "i64 a", "i32 b", "ptr out_c"]})
        self.assertEqual(emit_wasm.signature(function), "Iii:i")

    def test_large_constant(self):
        self.assertIn("UINT64_C(0x80000000)", ctext.constant("A", 0x80000000))


class Tree(unittest.TestCase):
    """The real description."""

    @classmethod
    def setUpClass(cls):
        cls.abi = model.load(ROOT / "abi")
        cls.folder = tempfile.TemporaryDirectory()
        abigen.generate(cls.abi, Path(cls.folder.name), Path(cls.folder.name) / "docs")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, target, standard, include, source):
        result = compiles(target, standard, f"{self.folder.name}/{include}", source)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_kernel_headers_are_c17(self):
        self.check("x86_64-unknown-none-elf", "c17", "include", DISPATCH_C)

    def test_names_table_compiles(self):
        source = (Path(self.folder.name) / "abi_names.c").read_text()
        self.check("x86_64-unknown-none-elf", "c17", "include", source)

    def test_user_stubs_are_c23(self):
        self.check("x86_64-unknown-none-elf", "c23", "include", '#include "abi/syscall.h"\n')

    def test_protocols_compile(self):
        for service in self.abi.services:
            self.check("x86_64-unknown-none-elf", "c23", "include",
                       f'#include "abi/protocol/{service.name}.h"\n')

    def test_all_headers_go_together(self):
        names = [f"protocol/{service.name}" for service in self.abi.services]
        self.check("x86_64-unknown-none-elf", "c23", "include", "".join(
            f'#include "abi/{name}.h"\n' for name in [*names, "syscall", "wasm_imports", "names"]))

    def test_protocol_tables(self):
        text = emit_user.service_h(model.parse_service({"protocol": "p", "id": 1, "method": [
            {"name": "m", "number": 7, "class": "once", "text": "", "args": ["u64 a"]}]}))
        self.assertIn('case 7:\n\t\treturn "m";', text)
        self.assertIn("case 7:\n\t\treturn RESTART_ONCE;", text)
        self.assertIn("struct p_m_args {\n\tuint64_t a;\n};", text)
        self.assertNotIn("p_m_results", text)

    def test_wasm_header_compiles(self):
        self.check("wasm32", "c17", "wasm/include", '#include "craton_imports.h"\n')

    def test_generation_is_stable(self):
        self.assertEqual(abigen.outputs(self.abi), abigen.outputs(model.load(ROOT / "abi")))

    def test_hash_follows_meaning_not_prose(self):
        other = model.load(ROOT / "abi")
        other.syscalls[0].text = "Other words."
        self.assertEqual(canonical.hash64(self.abi), canonical.hash64(other))
        other.syscalls[0].number = 99
        self.assertNotEqual(canonical.hash64(self.abi), canonical.hash64(other))


if __name__ == "__main__":
    unittest.main()
