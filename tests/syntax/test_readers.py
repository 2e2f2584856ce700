"""Files are read by ``ast``; LibCST reads the same out of them, and what the running ``ast`` cannot read."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import libcst
import pytest

from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.scan.tokens import may_hold_finalizer
from finlint.syntax import lower, lower_ast
from finlint.syntax.outline import outline_ast
from finlint.syntax.parsing import parse
from finlint.syntax.reading import decode
from finlint.syntax.source import SourceFile

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
PACKAGES = ("asyncio", "concurrent/futures", "importlib", "logging", "multiprocessing", "unittest", "xmlrpc")


def modules() -> list[Path]:
    """Modules of the standard library, in a stable order."""
    return [path for folder in ("", *PACKAGES) for path in sorted((LIBRARY / folder).glob("*.py"))]


def round_trips(text: str) -> bool:
    """LibCST drops a character of some files (a backslash before a comment's line, say): places behind it differ."""
    return libcst.parse_module(text).code == text


@pytest.mark.parametrize("path", modules()[::12], ids=lambda path: path.stem)
def test_both_readers_give_the_same(path: Path) -> None:
    data = path.read_bytes()
    text = decode(data)
    if not round_trips(text):
        pytest.skip("LibCST changes this file")
    one = SourceFile(str(path), data)
    other = SourceFile(str(path), data, libcst_only=True)
    assert (one.libcst_chars, other.libcst_chars) == (0, len(text))
    assert one.facts == other.facts == outline_ast(parse(text))
    assert one.outline_chars <= len(text)
    assert lower_ast.lower_slice(text, 1) == lower.lower_slice(text, 1)


#: Small modules of the library in which something is found.
FEW = ("bz2", "fileinput", "heap", "shelve", "wave")


@pytest.mark.parametrize("few", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_no_finding_is_lost_or_changed_by_reading_less(few: bool) -> None:
    """Prefilter, outlines and slices by ``ast``, against everything through LibCST."""
    every = modules()
    held = [path for path in every if may_hold_finalizer(path.read_bytes())]
    chosen = [path for path in held if path.stem in FEW] if few else held[::8]
    paths = [str(path) for path in dict.fromkeys([*chosen, *every[::60]])]
    quick = analyse(paths, Settings(jobs=1))
    thorough = analyse(paths, Settings(jobs=1, prefilter=False))
    assert quick.findings == thorough.findings
    assert len(quick.findings) > 5
    assert quick.summary.registrations == thorough.summary.registrations


NEWER = '''\
import threading


class Pool[T]:
    """PEP 695: Python 3.12."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.name = f"{", ".join(["a", "b"])}"

    @property
    def lock(self) -> threading.Lock:
        return self._lock

    def release(self) -> None:
        try:
            type Pair[U] = tuple[U, U]
            self.lock.acquire()
        except* ValueError:
            pass


class Client(Pool[int]):
    def __del__(self) -> None:
        self.release()
'''


def test_syntax_newer_than_the_interpreter_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "newer.py"
    path.write_text(NEWER)
    for settings in (Settings(), Settings(prefilter=False)):
        report = analyse([str(path)], settings)
        assert [(f.code, f.span.line, f.culprit.line) for f in report.findings] == [("FIN102", 25, 18)]
        assert report.errors == ()
