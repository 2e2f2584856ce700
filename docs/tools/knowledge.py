"""Compiles ``data/stdlib/*.toml`` and ``data/thirdparty/*.toml`` into ``data/entries.jsonl``.

Run ``python docs/tools/knowledge.py`` after editing a data file; ``--check`` only compares, as a test does.
The TOML is what people edit and review, the compiled form what finlint reads (see ``libraries``).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from finlint.knowledge.entries import Entry, KnowledgeError
from finlint.knowledge.libraries import COMPILED, DATA
from finlint.knowledge.parse import Library, load_toml, parse_library

GROUPS = ("stdlib", "thirdparty")


def library_files() -> list[Path]:
    """All TOML files of ours, in order."""
    return [path for group in GROUPS for path in sorted((Path(DATA) / group).glob("*.toml"))]


def read_library(path: Path) -> Library:
    """One TOML file, validated."""
    return parse_library(load_toml(path.read_text(encoding="utf-8"), path.name), path.name)


def encode(entry: Entry) -> dict[str, Any]:
    """The fields of an entry that differ from their defaults; what ``libraries.decode`` reverses."""
    default = Entry(entry.name)
    return {
        field: value
        for field, value, neutral in zip(Entry._fields, entry, default, strict=True)
        if value != neutral and field != "name"
    }


def compile_all() -> str:
    """The compiled form as text: one line for each top-level name, sorted."""
    lines: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}
    for path in library_files():
        library = read_library(path)
        for name, entry in library.entries.items():
            rows = lines.setdefault(name.partition(".")[0], ({}, {}))[0]
            if name in rows:
                raise KnowledgeError(f'{path.name}: "{name}" is described in another file, too')
            rows[name] = encode(entry)
        for name, target in library.aliases.items():
            lines.setdefault(name.partition(".")[0], ({}, {}))[1][name] = target
    texts = [json.dumps({top: lines[top]}, separators=(",", ":"), ensure_ascii=False) for top in sorted(lines)]
    return "\n" + "\n".join(texts) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    arguments = parser.parse_args()
    target = Path(COMPILED)
    text = compile_all()
    if arguments.check:
        same = target.exists() and target.read_text(encoding="utf-8") == text
        print("up to date" if same else f"{target.name} differs: run python docs/tools/knowledge.py")
        return 0 if same else 1
    target.write_text(text, encoding="utf-8")
    print(f"{target.name}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
