"""A process that may not have children analyses everything itself."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.workers import elsewhere


def test_in_a_worker_of_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elsewhere, "WORTH", 0)
    monkeypatch.setattr(multiprocessing.current_process(), "_config", {"daemon": True})
    path = tmp_path / "m.py"
    path.write_text("import time\nclass A:\n    def __del__(self): time.sleep(1)\n")
    assert [f.code for f in analyse([str(path)], Settings(jobs=2)).findings] == ["FIN103"]
