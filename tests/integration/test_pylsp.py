"""python-lsp-server with its flake8 plugin, spoken to over stdio: diagnostics come and go while text is edited."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.client import Client

pytest.importorskip("pylsp", reason="python-lsp-server is not installed: install the extra `integration`")
pytest.importorskip("flake8", reason="flake8 is not installed")

BAD = """\
import threading

_lock = threading.Lock()


class Pool:
    def __del__(self) -> None:
        _lock.acquire()
"""
GOOD = BAD.replace("acquire()", "acquire(blocking=False)")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path, (sys.executable, "-m", "pylsp"))
    try:
        yield client
    finally:
        client.kill()


def test_diagnostics_appear_and_vanish(client: Client, tmp_path: Path) -> None:
    uri = (tmp_path / "pool.py").as_uri()
    (tmp_path / "pool.py").write_text(GOOD)
    client.ask("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}})
    client.send("initialized", {})
    others = {name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe")}
    flake8 = {"enabled": True, "executable": f"{Path(sys.executable).parent}/flake8", "select": ["FIN"]}
    settings = {"pylsp": {"plugins": {**others, "flake8": flake8}}}
    client.send("workspace/didChangeConfiguration", {"settings": settings})
    path = tmp_path / "pool.py"
    client.open(path)
    assert client.diagnostics(path) == []

    # Edited, not saved: what is on disk is still good.
    client.change(path, 2, BAD)
    found = client.diagnostics(path)
    assert [(d["code"], d["range"]["start"]["line"]) for d in found] == [("FIN102", 7)]
    assert "`Pool.__del__`" in found[0]["message"]

    (tmp_path / "pool.py").write_text(BAD)
    client.send("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert [d["code"] for d in client.diagnostics(path)] == ["FIN102"]

    client.change(path, 3, GOOD)
    assert client.diagnostics(path) == []


def test_the_call_of_the_vs_code_extension(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(BAD)
    form = "--format='%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s'"
    command = [sys.executable, "-m", "flake8", form, "--select=FIN", str(tmp_path / "pool.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("'8,9,F,FIN102:")
    assert len(done.stdout.splitlines()) == 1
