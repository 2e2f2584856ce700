"""What the linter says of each shape, against what the running interpreter does with it.

Nothing is copied from a table: every shape is executed, once on an object that dies by its count and once on one
that only the collector frees, and the verdict follows from what was seen.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.finding import Severity

from . import shapes

#: The object is freed and the callback ran, or not, only because of where it was freed. Reported all the same, as
#: FIN302 and a warning: the reference dies with its object wherever a cycle holds the two, which nobody can rule
#: out for ever. It is no FIN301: the object is freed.
ONLY_BY_COUNT = {"reference kept by the object": "FIN302"}

#: The same is seen where another object keeps the reference and dies with the first. Silent: a part may live on,
#: and where it does not there is nobody left who wants to know.
KEPT_ELSEWHERE = {"reference kept by a part of the object"}

#: No finalizer: what is registered with ``atexit`` is kept until exit because that is what it is for.
NO_FINALIZER = {"at exit, bound method"}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("shapes")
    out = {}
    for number, name in enumerate(shapes.SHAPES):
        path = folder / f"shape_{number}.py"
        path.write_text(shapes.program(name), encoding="utf-8")
        out[name] = str(path)
    return out


@pytest.fixture(scope="module")
def truth(files: dict[str, str]) -> dict[str, dict[str, dict[str, bool]]]:
    done = subprocess.run(
        [sys.executable, str(Path(shapes.__file__)), *files.values()], capture_output=True, text=True, check=True
    )
    by_path = json.loads(done.stdout)
    return {name: by_path[path] for name, path in files.items()}


@pytest.fixture(scope="module")
def said(files: dict[str, str]) -> dict[str, list[tuple[str, Severity]]]:
    out = {}
    for name, path in files.items():
        report = analyse([path])
        assert report.errors == ()
        out[name] = [(f.code, f.severity) for f in report.findings if f.code.startswith("FIN3")]
    return out


def test_every_kind_of_end_is_there(truth: dict[str, dict[str, dict[str, bool]]]) -> None:
    seen = {(t["plain"]["collected"], t["plain"]["ran"]) for t in truth.values()}
    assert seen == {(True, True), (True, False), (False, False)}
    assert sum(not t["plain"]["collected"] for t in truth.values()) > 20


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_retention(name: str, truth, said) -> None:
    codes = [code for code, _ in said[name]]
    if name in NO_FINALIZER:
        assert codes == []
        return
    seen = truth[name]
    # A cycle changes when the collector is needed, never whether the object is held.
    assert seen["plain"]["collected"] == seen["cyclic"]["collected"]
    assert ("FIN301" in codes) is (not seen["plain"]["collected"])


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_callback(name: str, truth, said) -> None:
    codes = [code for code, _ in said[name]]
    plain, cyclic = truth[name]["plain"], truth[name]["cyclic"]
    if not plain["collected"] or name in NO_FINALIZER:
        assert set(codes) <= {"FIN301"}
        assert not plain["ran"]
    elif plain["early"]:
        assert codes == ["FIN302"]
    elif plain["ran"] and not cyclic["ran"]:
        assert set(codes) == set(filter(None, [ONLY_BY_COUNT.get(name)]))
        assert (name in ONLY_BY_COUNT) or (name in KEPT_ELSEWHERE)
        assert all(severity is Severity.WARNING for _, severity in said[name])
    elif plain["ran"]:
        assert codes == []
    else:
        assert len(codes) == 1
        assert codes[0] in ("FIN302", "FIN303", "FIN304", "FIN305")
