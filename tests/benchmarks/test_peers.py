"""benchmarks/peers.py, with small programs of the test's own in place of the type checkers."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    for name in ("speed", "peers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("peers")


def test_the_choice_is_the_seeds(peers: ModuleType) -> None:
    names = [f"p{number}" for number in range(100)]
    assert peers.chosen(names, 5, 1) == peers.chosen(names[::-1], 5, 1)
    assert peers.chosen(names, 5, 1) != peers.chosen(names, 5, 2)
    assert peers.chosen(["b", "a"], 5, 1) == ["a", "b"]


def test_the_table_names_the_worst(peers: ModuleType) -> None:
    rows = [
        peers.Row("small", {"finlint": 1.0, "ty": 1.0, "pyrefly": 2.0}, 10),
        peers.Row("large", {"finlint": 6.0, "ty": 2.0, "pyrefly": 4.0}, 2_000),
    ]
    lines = peers.table(rows).splitlines()
    assert lines[2] == "| large | 6.00 s | 2.00 s | 4.00 s | 3.00 | 1.50 | 2,000 |"
    assert "CPU to ty on 2 packages: sum 2.33, median 2.00, worst 3.00 (large)" in lines
    assert "CPU to pyrefly on 2 packages: sum 1.17, median 1.00, worst 1.50 (large)" in lines


def test_a_run(peers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / "corpus" / name).mkdir(parents=True)
        (tmp_path / "corpus" / name / "a.py").write_text(
            "import time\nclass A:\n    def __del__(self):\n        time.sleep(1)\n"
        )
    program = tmp_path / "checker"
    program.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('two' in sys.argv[-1] and 3)\n")
    program.chmod(0o755)
    monkeypatch.setattr(peers.Place, "peer", lambda self, name: program)
    arguments = ["--corpus", str(tmp_path / "corpus"), "--work", str(tmp_path / "work"), "--rounds", "1"]
    finlint = tmp_path / "finlint"
    finlint.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m finlint "$@"\n')
    finlint.chmod(0o755)
    out = tmp_path / "out.json"
    assert peers.main([*arguments, "--finlint", str(finlint), "--json", str(out)]) == 0
    # The checker fails on the other one, which is left out.
    (row,) = json.loads(out.read_text())
    assert row["package"] == "one"
    assert row["bodies"] == 1
    assert all(taken > 0 for taken in row["seconds"].values())
