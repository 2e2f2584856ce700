"""Classes without a ``__del__`` of their own, whose library base has one that calls their methods."""

from __future__ import annotations

import gc
import io
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from small import check, codes

from finlint.model.settings import Settings


def _raw() -> io.FileIO:
    return io.FileIO(__file__)


@pytest.mark.parametrize(
    ("base", "arguments"),
    [
        (io.IOBase, ()),
        (io.RawIOBase, ()),
        (io.BufferedIOBase, ()),
        (io.TextIOBase, ()),
        (io.BytesIO, ()),
        (io.StringIO, ()),
        (io.FileIO, (__file__,)),
        (io.BufferedReader, (_raw,)),
        (io.TextIOWrapper, (io.BytesIO,)),
        (zipfile.ZipFile, (io.BytesIO, "w")),
        (wave.Wave_write, (io.BytesIO,)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_python_calls_close_of_a_subclass(base: type, arguments: tuple[object, ...]) -> None:
    """What ``calls_methods`` of their ``__del__`` says, run."""
    closed: list[str] = []

    def close(self: object) -> None:
        closed.append(base.__name__)
        base.close(self)

    made = type("Heir", (base,), {"close": close})(*(a() if isinstance(a, Callable) else a for a in arguments))
    if base is wave.Wave_write:
        made.setparams((1, 1, 8000, 0, "NONE", ""))
    del made
    gc.collect()
    assert closed == [base.__name__]


def test_a_subclass_in_another_module(tmp_path: Path) -> None:
    files = {
        "base": "import io\nclass Base(io.RawIOBase):\n    def close(self): self.end()\n    def end(self): pass\n",
        "heir": "import time\nfrom base import Base\nclass Heir(Base):\n    def end(self): time.sleep(9)\n",
    }
    report = check(tmp_path, files)
    (finding,) = report.findings
    assert Path(finding.path).name == "base.py"
    assert finding.message == ("`Heir.close`, which `io.IOBase.__del__` calls, sleeps in `time.sleep` through `end()`")
    assert finding.registration is not None
    assert (finding.registration.how, finding.registration.line) == ("inherited from", 3)
    assert Path(finding.registration.path).name == "heir.py"


def test_a_method_of_its_own_is_where_it_is_defined(tmp_path: Path) -> None:
    source = "import io, time\nclass A(io.RawIOBase):\n    name = 1\n    def close(self): time.sleep(9)\n"
    (finding,) = check(tmp_path, {"a": source}).findings
    assert finding.registration is not None
    assert (finding.registration.how, finding.registration.line) == ("inherited from", 4)


def test_exceptions_of_close_are_ios_own_business(tmp_path: Path) -> None:
    """``IOBase.__del__`` swallows them before Python 3.13."""
    source = """\
        import io
        class A(io.RawIOBase):
            def __init__(self, path):
                self.inner = open(path)
            def close(self):
                self.inner.close()
                raise OSError("no")
        """
    assert [f.code for f in check(tmp_path, {"a": source}).findings if f.severity.value != "note"] == []


def test_an_object_that_is_kept_lives_on(tmp_path: Path) -> None:
    source = """\
        import io
        _free = []
        class A(io.RawIOBase):
            def close(self):
                _free.append(self)
        """
    (finding,) = check(tmp_path, {"a": source}).findings
    assert (finding.code, finding.span.line) == ("FIN403", 5)


def test_the_users_own_knowledge(tmp_path: Path) -> None:
    (tmp_path / "lib.toml").write_text(
        '["acme.base.Conn"]\nis_class = true\n["acme.base.Conn.__del__"]\ncalls_methods = ["stop"]\n'
    )
    source = "import time\nfrom acme.base import Conn\nclass A(Conn):\n    def stop(self): time.sleep(9)  # reported\n"
    assert codes(check(tmp_path, {"a": source})) == []
    settings = Settings(knowledge=(str(tmp_path / "lib.toml"),))
    assert codes(check(tmp_path, {"a": source}, settings)) == ["FIN103"]
