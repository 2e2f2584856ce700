"""How much is done for a tree that never changes: counted, so that a regression shows on any machine.

The numbers are what finlint needs today. Needing less is welcome: lower them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.model.task import Statistics


def package(root: Path, name: str) -> None:
    """Sixty modules that nobody reaches, and a finalizer whose chain goes through three more."""
    folder = root / name
    folder.mkdir(parents=True)
    plain = "def add(a, b):\n    return a + b\n\n\nclass Plain:\n    def method(self):\n        return add(1, 2)\n" * 20
    for number in range(60):
        (folder / f"plain{number}.py").write_text(plain)
    padding = "\n\ndef other(a, b):\n    if a:\n        return b\n    return [a, b]\n" * 50
    (folder / "__init__.py").write_text("")
    (folder / "base.py").write_text(
        "import threading\n\n\nclass Base:\n    def __init__(self):\n        self._lock = threading.Lock()\n\n"
        "    def check(self):\n        with self._lock:\n            pass\n" + padding
    )
    (folder / "pool.py").write_text(
        f"from {name}.base import Base\n\n\nclass Pool(Base):\n    def release(self):\n        self.check()\n" + padding
    )
    (folder / "client.py").write_text(
        f"from {name}.pool import Pool\n\n\nclass Client:\n    def __init__(self):\n        self.pool = Pool()\n\n"
        "    def close(self):\n        self.pool.release()\n\n    def __del__(self):\n        self.close()\n" + padding
    )


def work(root: Path) -> Statistics:
    numbers: list[Statistics] = []
    paths = sorted(str(path) for path in root.rglob("*.py"))
    report = analyse(paths, Settings(jobs=1), statistics=numbers.append)
    assert {finding.code for finding in report.findings} == {"FIN102"}
    return numbers[0]


def test_the_work_for_one_package(tmp_path: Path) -> None:
    package(tmp_path, "p0")
    done = work(tmp_path)
    read = sum(path.stat().st_size for path in tmp_path.rglob("*.py"))
    assert (done.files, done.bytes) == (64, read)
    assert (done.candidates, done.tasks, done.work.libcst) == (1, 1, 0)
    # Three files are outlined, without most of what is in them; of each a few lines are read again. Only the file
    # that holds the finalizer is looked through for errors.
    reached = {name: (tmp_path / "p0" / f"{name}.py").stat().st_size for name in ("base", "pool", "client")}
    assert done.work.outlined < 0.4 * sum(reached.values())
    assert done.work.checked == reached["client"]
    assert done.work.sliced < 1_000
    assert done.frames <= 6


@pytest.mark.parametrize("copies", [2, 4])
def test_copies_cost_what_one_costs_each(tmp_path: Path, copies: int) -> None:
    package(tmp_path / "one", "p0")
    for number in range(copies):
        package(tmp_path / "many", f"p{number}")
    one, many = work(tmp_path / "one"), work(tmp_path / "many")
    assert many.files == copies * one.files
    assert many.tasks == copies * one.tasks
    assert many.frames == copies * one.frames
    assert many.work.sliced == copies * one.work.sliced
    assert many.work.outlined == copies * one.work.outlined
    assert many.work.checked == copies * one.work.checked
