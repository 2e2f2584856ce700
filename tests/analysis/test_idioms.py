"""Everyday ways to come by an object, to keep it, to wait, and to register a finalizer: each is a small program.

``idioms/*.txt`` holds them: a title and the code that is expected ("none": nothing at all), the module, and others after
``## file`` lines. All import what they need of the standard library by ``HEAD``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small import check, codes

HEAD = (
    "import threading, time, socket, queue, weakref, functools, contextlib, dataclasses, typing, collections, "
    "subprocess, asyncio, logging, os\n"
)
IDIOMS = Path(__file__).with_name("idioms")


def _programs() -> list[tuple[str, str]]:
    out = []
    for path in sorted(IDIOMS.glob("*.txt")):
        for part in re.split(r"(?m)^#### ", path.read_text("utf-8"))[1:]:
            title, _, source = part.partition("\n")
            out.append((f"{path.stem}: {title}", source))
    return out


PROGRAMS = _programs()


@pytest.mark.parametrize(("title", "source"), PROGRAMS, ids=[title for title, _ in PROGRAMS])
def test_it_is_followed(title: str, source: str, tmp_path: Path) -> None:
    expected = title.rpartition(" -> ")[2]
    first, *others = re.split(r"(?m)^## file (\S+)\n", source)
    files = {"main.py": first, **dict(zip(others[::2], others[1::2], strict=True))}
    report = check(tmp_path, {name: HEAD + text for name, text in files.items()})
    found = [code for code in codes(report) if code < "FIN2"]
    assert report.errors == ()
    assert found == [] if expected == "none" else expected in found


def test_titles_differ() -> None:
    assert len({title for title, _ in PROGRAMS}) == len(PROGRAMS) > 250
