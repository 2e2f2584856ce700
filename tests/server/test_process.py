"""The process that analyses: an answer that nobody wants any more is given up, and the process answers on."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from finlint.server import process
from finlint.server.process import Analyst

#: An analyst that, asked about a path with "endless" in it, says that it has begun and then waits.
_ENDLESS = """\
import sys; sys.path[:] = {path!r}
import threading
from finlint.server import analyst
lint = analyst.diagnostics
def diagnostics(paths, overlay, options, progress=None):
    if any("endless" in path for path in paths):
        progress(1, 2)
        threading.Event().wait()
    return lint(paths, overlay, options, progress)
analyst.diagnostics = diagnostics
sys.exit(analyst.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the process is replaced there")
def test_a_request_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", _ENDLESS)
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(tmp_path / "cache"))
    path = str(tmp_path / "a.py")
    text = "import time\n\n\nclass A:\n    def __del__(self):\n        time.sleep(9)\n"

    async def session() -> None:
        analyst = Analyst(str(tmp_path))
        steps = []

        def begun(done: int, total: int) -> None:
            steps.append((done, total))
            analyst.interrupt()

        for _ in range(3):
            assert await analyst.ask([str(tmp_path / "endless.py")], {}, begun) == {"cancelled": True}
            # It lives, and nothing of the interruption is left.
            answer = await analyst.ask([path], {path: text})
            assert [found["code"] for found in answer["files"][path]] == ["FIN103"]
        assert steps == [(1, 2)] * 3
        # Nobody is asked: nothing is interrupted.
        analyst.interrupt()
        assert "files" in await analyst.ask([path], {path: text})
        await analyst.close()

    asyncio.run(session())


def test_what_ends_it_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_START", "import sys; sys.stdin.readline(); sys.exit(3)  # {path!r}")

    async def session() -> None:
        analyst = Analyst(str(tmp_path))
        for _ in range(2):
            assert await analyst.ask([], {}) == {"error": "the process that analyses ended with status 3"}

    asyncio.run(session())


def test_it_imports_nothing_of_the_folder_that_it_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv("FINLINT_CACHE_DIR", str(tmp_path / "cache"))
    # As where the server itself was started by ``python -c`` or ``python -m``.
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("json", "ast", "signal", "sitecustomize", "libcst", "finlint"):
        (folder / f"{name}.py").write_text(f"open({str(log)!r}, 'a').write({name!r})\n")

    async def session() -> None:
        analyst = Analyst(str(folder))
        # One that has imported them has no answer, and ends.
        assert len((await analyst.ask([str(folder)], {}))["files"]) == 6
        await analyst.close()

    asyncio.run(session())
    assert not log.exists()
