#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Makes the manual: one page for each command, each builtin of the shell, and each other program.

usage: manual.py commands.h builtin.c commands.txt shell.txt programs.txt >manual

Name, synopsis and the line of help come from the tables that `help` and `--help` print; the rest
from the texts, where a page begins with `.page NAME` and its parts with `.options`, `.status` and
`.examples`. Pages of other programs have `.synopsis` and `.summary`, too. A missing page, one too many, and an option of the usage that no page explains are
errors. In the result each page begins with a line `.page NAME`: apps/commands/man.c reads it."""

import re
import sys
import textwrap
from pathlib import Path

STRING = r'"((?:[^"\\]|\\.)*)"'
COMMAND = re.compile(rf"^COMMAND\({STRING}, \w+, {STRING}, {STRING}\)", re.MULTILINE)
BUILTIN = re.compile(rf"\{{{STRING},\s*{STRING},\s*{STRING},\s*builtin_\w+")
OPTION = re.compile(r"(?<![\w-])-(-|[a-zA-Z0-9]+)")
LONG = {"find"}  # its options are words
PARTS = ("summary", "synopsis", "options", "status", "examples")
STATUS = "0; another one if something failed."


class ManualError(Exception):
    """The message says what is wrong with which page."""


def table(pattern, text):
    """name → (usage, summary)"""
    return {name: (usage.replace("\\\\", "\\"), summary)
            for name, usage, summary in pattern.findall(text)}


def read_pages(text):
    """name → {part: lines}; the part before the first mark is `description`."""
    pages, lines = {}, None
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        if word == ".page":
            if rest in pages:
                raise ManualError(f"{rest}: two pages")
            page = pages[rest] = {}
            lines = page.setdefault("description", [])
        elif line.startswith(".") and word[1:] in PARTS:
            lines = page.setdefault(word[1:], [])
        elif lines is not None and lines is page.get("synopsis") and lines:
            lines = page["description"]
            lines.append(line)
        elif line and lines is not None:
            lines.append(line)
    return pages


def options(name, usage):
    """The options that a usage line names."""
    for letters in OPTION.findall(usage):
        if letters == "-" or letters.isupper() and len(letters) > 1:  # `--`; -REASON
            yield "-" + letters
        elif name in LONG:
            yield "-" + letters
        else:
            yield from ("-" + letter for letter in letters)


def check(name, usage, page):
    explained = "\n".join(page.get("options", []))
    for option in options(name, usage):
        if not re.search(rf"(?<![\w-]){re.escape(option)}(?!\w)", explained):
            raise ManualError(f"{name}: {option} is not explained")
    if not page["description"]:
        raise ManualError(f"{name}: no description")


def section(title, lines):
    return [title, *(f"    {line}" if line else "" for line in lines), ""]


def make_page(name, entries, page):
    """`entries`: (usage, summary, is a builtin) of the command, of the builtin, or of both."""
    for usage, _, _ in entries:
        check(name, usage, page)
    usages = list(dict.fromkeys(usage for usage, _, _ in entries))
    lines = [f".page {name}"]
    lines += section("NAME", [f"{name} - {entries[0][1]}"])
    lines += section("SYNOPSIS", usages)
    lines += section("DESCRIPTION", textwrap.wrap(" ".join(page["description"]), 72))
    if "options" in page:
        lines += section("OPTIONS", page["options"])
    lines += section("EXIT STATUS", page.get("status", [STATUS]))
    if "examples" in page:
        lines += section("EXAMPLES", page["examples"])
    where = ["Part of the shell." if is_builtin else f"A program: /bin/{name}."
             for _, _, is_builtin in entries]
    lines += section("NOTES", [*where, "`man -k WORD' searches all pages."])
    return "\n".join(lines)


def make(commands, builtins, pages):
    """The whole manual, sorted by name."""
    both = {**{name: [] for name in commands}, **{name: [] for name in builtins}}
    for name in both:
        if name in commands:
            both[name].append((*commands[name], False))
        if name in builtins:
            both[name].append((*builtins[name], True))
        if "synopsis" in pages.get(name, {}):
            raise ManualError(f"{name}: its synopsis is in the tables")
    for name, page in pages.items():
        if "synopsis" in page:
            both[name] = [(page["synopsis"][0], page["summary"][0], False)]
    if both.keys() != pages.keys():
        missing, strange = both.keys() - pages.keys(), pages.keys() - both.keys()
        raise ManualError(f"no page: {sorted(missing)}; no command: {sorted(strange)}")
    return "\n".join(make_page(name, both[name], pages[name]) for name in sorted(both))


def main():
    commands, builtins, *texts = (Path(name).read_text(encoding="utf-8") for name in sys.argv[1:])
    try:
        pages = read_pages("\n".join(texts))
        sys.stdout.write(make(table(COMMAND, commands), table(BUILTIN, builtins), pages))
    except ManualError as error:
        sys.exit(f"manual: {error}")


if __name__ == "__main__":
    main()
