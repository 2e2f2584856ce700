"""The words by which files are found that inherit a library's finalizer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from finlint.knowledge.base import Knowledge
from finlint.knowledge.heritable import finalizer_of
from finlint.knowledge.libraries import COMPILED, DATA
from finlint.scan.tokens import HERITABLE, headers_naming, may_hold_finalizer


def _classes() -> Iterator[str]:
    """Every class that we know, by each of its names."""
    for line in (Path(DATA) / "typeshed.jsonl").read_text().splitlines()[1:]:
        for modules in json.loads(line).values() if line else ():
            for module, parts in modules.items():
                yield from (f"{module}.{cls}" for cls in parts.get("c", ()))
    for line in Path(COMPILED).read_text().splitlines():
        for rows, aliases in json.loads(line).values() if line else ():
            yield from (name for name, row in rows.items() if row.get("is_class"))
            yield from aliases


def test_the_words_are_those_of_the_knowledge() -> None:
    knowledge = Knowledge()
    found = {name for name in _classes() if finalizer_of(name, knowledge) is not None}
    assert {name.rpartition(".")[2] for name in found} == {word.decode() for word in HERITABLE}


def test_headers() -> None:
    for source in (
        b"import io\nclass A(io.BytesIO): pass",
        b"import io\nclass A (\n    x,\n    io.BytesIO,\n): pass",
        b"from io import (\n    RawIOBase as _Base, x as y)\nclass A(_Base): pass",
        b"import io\nif 1:\n  class A(B, metaclass=M, *io.BytesIO): pass",
    ):
        assert may_hold_finalizer(source), source
    for source in (
        b"import io\nclass A: x = io.BytesIO()",
        b"import io\nclass A(B):\n    x = io.BytesIO()",
        b"import io\nx = io.BytesIO()",
        b"class A(MyBytesIO): pass  # io",
        b"from io import RawIOBase as _Base\nclass A(Base): pass",
        b"from x import Raw as _Base\nclass A(_Base): pass",
        b"class A(Thing): pass",
        b"class A(",
        b"class A(io.BytesIO",
        b"",
    ):
        assert not may_hold_finalizer(source), source
    assert list(headers_naming(b"class A(B): pass\nclass C(D.B): pass\nclass E(F): pass", {b"B"})) == [0, 17]
