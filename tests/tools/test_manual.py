# SPDX-License-Identifier: MIT OR Apache-2.0
"""The manual: each command and builtin has a page that explains every option of its usage."""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "apps/manual"))
sys.dont_write_bytecode = True

import manual

COMMANDS = (ROOT / "apps/commands/commands.h").read_text(encoding="utf-8")
BUILTINS = (ROOT / "apps/shell/builtin.c").read_text(encoding="utf-8")
PAGES = "\n".join((ROOT / f"apps/manual/{name}.txt").read_text(encoding="utf-8")
                  for name in ("commands", "shell", "programs"))


def make(usage, page):
    return manual.make({"x": (usage, "do x")}, {}, manual.read_pages(page))


class Tree(unittest.TestCase):
    def test_tables_are_read_whole(self):
        entries = [line for line in COMMANDS.split("\n") if line.startswith("COMMAND(")]
        self.assertEqual(len(manual.table(manual.COMMAND, COMMANDS)), len(entries))
        body = BUILTINS.split("builtin_table[] = {")[1].split("\n};")[0]
        self.assertEqual(len(manual.table(manual.BUILTIN, BUILTINS)), body.count("\n\t{"))

    def test_every_command_and_builtin_has_a_page(self):
        commands = manual.table(manual.COMMAND, COMMANDS)
        builtins = manual.table(manual.BUILTIN, BUILTINS)
        text = manual.make(commands, builtins, manual.read_pages(PAGES))
        for name in {*commands, *builtins}:
            self.assertIn(f".page {name}\nNAME\n    {name} - ", text)

    def test_lines_fit_a_terminal(self):
        text = manual.make(manual.table(manual.COMMAND, COMMANDS),
                           manual.table(manual.BUILTIN, BUILTINS), manual.read_pages(PAGES))
        for line in text.split("\n"):
            if not line.startswith(("    trace ", "    find ")):  # their usage
                self.assertLessEqual(len(line), 100, line)


class Checks(unittest.TestCase):
    def test_page(self):
        text = make("x [-ab] [FILE...]", ".page x\nDoes x.\n.options\n-a  one\n-b  two\n")
        self.assertEqual(text.split("\n")[:2], [".page x", "NAME"])
        self.assertIn("SYNOPSIS\n    x [-ab] [FILE...]\n\nDESCRIPTION\n    Does x.\n", text)

    def test_refused(self):
        for usage, page, why in (
                ("x [-ab]", ".page x\nDoes x.\n.options\n-a  one\n", "x: -b is not explained"),
                ("x [-a]", ".page x\nDoes x.\n", "x: -a is not explained"),
                ("x", ".page x\n.options\n", "no description"),
                ("x", ".page y\nDoes y.\n", "no page: .'x'.; no command: .'y'."),
                ("x", ".page x\nDoes.\n.page x\nAgain.\n", "two pages")):
            with self.assertRaisesRegex(manual.ManualError, why):
                make(usage, page)

    def test_options_of_a_usage(self):
        self.assertEqual(list(manual.options("x", "x [-ab] [-c FILE] [--] [-REASON] A-Z")),
                         ["-a", "-b", "-c", "--", "-REASON"])
        self.assertEqual(list(manual.options("find", "find [-name PATTERN]")), ["-name"])


if __name__ == "__main__":
    unittest.main()
