"""python-lsp-server with its flake8 plugin, spoken to over stdio: diagnostics come and go while text is edited."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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


class Client:
    """Just enough of the protocol. A server that says nothing is ended by a timer, so that a read cannot hang."""

    def __init__(self, folder: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "pylsp"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timer = threading.Timer(120, self._server.kill)
        self._timer.start()
        self._next = 0

    def close(self) -> None:
        self._timer.cancel()
        self._server.kill()
        self._server.communicate()

    def send(self, method: str, params: Any, *, request: bool = False) -> None:
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if request:
            self._next += 1
            message["id"] = self._next
        body = json.dumps(message).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._server.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        length = 0
        while (line := self._server.stdout.readline()) != b"\r\n":
            assert line, "the server ended"
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return message

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        self.send(method, params, request=True)
        while True:
            message = self.receive()
            if message.get("id") == self._next and "method" not in message:
                return message

    def diagnostics(self) -> list[dict[str, Any]]:
        """Those of the next time that the server publishes some."""
        while True:
            message = self.receive()
            if message.get("method") == "textDocument/publishDiagnostics":
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    client = Client(tmp_path)
    try:
        yield client
    finally:
        client.close()


def test_diagnostics_appear_and_vanish(client: Client, tmp_path: Path) -> None:
    uri = (tmp_path / "pool.py").as_uri()
    (tmp_path / "pool.py").write_text(GOOD)
    client.ask("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}})
    client.send("initialized", {})
    others = {name: {"enabled": False} for name in ("pycodestyle", "pyflakes", "mccabe")}
    flake8 = {"enabled": True, "executable": f"{Path(sys.executable).parent}/flake8", "select": ["FIN"]}
    settings = {"pylsp": {"plugins": {**others, "flake8": flake8}}}
    client.send("workspace/didChangeConfiguration", {"settings": settings})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": GOOD}
    client.send("textDocument/didOpen", {"textDocument": document})
    assert client.diagnostics() == []

    def change(version: int, text: str) -> None:
        what = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
        client.send("textDocument/didChange", what)

    # Edited, not saved: what is on disk is still good.
    change(2, BAD)
    found = client.diagnostics()
    assert [(d["code"], d["range"]["start"]["line"]) for d in found] == [("FIN102", 7)]
    assert "`Pool.__del__`" in found[0]["message"]

    (tmp_path / "pool.py").write_text(BAD)
    client.send("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert [d["code"] for d in client.diagnostics()] == ["FIN102"]

    change(3, GOOD)
    assert client.diagnostics() == []


def test_the_call_of_the_vs_code_extension(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(BAD)
    form = "--format='%(row)d,%(col)d,%(code).1s,%(code)s:%(text)s'"
    command = [sys.executable, "-m", "flake8", form, "--select=FIN", str(tmp_path / "pool.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("'8,9,F,FIN102:")
    assert len(done.stdout.splitlines()) == 1
