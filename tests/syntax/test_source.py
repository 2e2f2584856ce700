"""A file is outlined without its bodies: what that means for those that are no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.syntax.files import Files
from finlint.syntax.reading import Unreadable
from finlint.syntax.source import SourceFile

BROKEN = """\
import threading

LOCK = threading.Lock()


def lock():
    LOCK.acquire()


def broken():
    return return
"""
CLIENT = """\
from broken import lock


class Client:
    def __del__(self):
        lock()
"""


def test_a_broken_body_is_a_fault_and_nothing_more() -> None:
    source = SourceFile("a.py", BROKEN.encode())
    assert [binding.name for binding in source.facts.bindings] == ["threading", "LOCK", "lock", "broken"]
    assert source.checked_chars == 0
    assert len(source.lower(6, 7)) == 1
    assert source.lower(10, 11) == ()
    assert source.fault is not None
    assert (source.fault.line, source.fault.message) == (11, "syntax error: invalid syntax")


def test_a_broken_outline_is_no_source() -> None:
    with pytest.raises(Unreadable) as caught:
        SourceFile("a.py", BROKEN.replace("return return", "pass").replace("LOCK =", "LOCK = =").encode())
    assert caught.value.line == 3


def test_a_body_of_newer_syntax_is_read() -> None:
    source = SourceFile("a.py", b"def f(a):\n    type X = int\n    return f'{a['x']}'\n")
    assert source.fault is None
    assert len(source.lower(1, 3)) == 1


def test_a_file_without_bodies_is_parsed_once() -> None:
    source = SourceFile("a.py", b"import a\nb = 1\n")
    assert source.fault is None
    assert (source.outline_chars, source.checked_chars) == (15, 0)


def test_what_symtable_rejects_is_not_reported() -> None:
    source = SourceFile("a.py", b"def f(a, a):\n    pass\nnonlocal x\n")
    assert source.fault is None


@pytest.mark.parametrize("extra", ["", "# weakref\n"])
def test_who_asks_first_does_not_matter(extra: str, tmp_path: Path) -> None:
    """The broken file is reached by another's finalizer; with a token it is asked about itself, too."""
    broken, client = tmp_path / "broken.py", tmp_path / "client.py"
    # Too much to be checked for its syntax without a token.
    broken.write_text(BROKEN + extra + "# padding\n" * 200_000)
    client.write_text(CLIENT)
    for order in ([broken, client], [client, broken]):
        for jobs in (1, 2):
            report = analyse([str(path) for path in order], Settings(jobs=jobs))
            assert [(f.code, f.culprit and f.culprit.line) for f in report.findings] == [("FIN102", 7)]
            assert [(e.path, e.line) for e in report.errors] == ([(str(broken), 11)] if extra else [])


def test_loading_does_not_depend_on_checking(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    files = Files([str(path)])
    source = files.load(str(path))
    assert source is not None
    assert source.fault is not None
    assert files.errors == {}
