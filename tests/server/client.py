"""A language client over stdio: requests, notifications, and what the server says in between, in order."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Message = dict[str, Any]
#: ``finlint`` as this interpreter has it.
_COMMAND = (sys.executable, "-c", "import sys; from finlint.__main__ import main; sys.exit(main())", "server")


class Client:
    """A server that says nothing is ended by a timer, so that no read hangs. Its requests are answered by nothing."""

    def __init__(self, folder: Path, command: Sequence[str] = _COMMAND) -> None:
        self._server = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "FINLINT_CACHE_DIR": str(folder.with_name(folder.name + "-cache"))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._timer = threading.Timer(300, self._server.kill)
        self._timer.start()
        self._next = 0
        self.folder = folder
        #: What was not waited for yet.
        self.heard: list[Message] = []

    def start(self, *, workspace: bool, progress: bool = False) -> Message:
        capabilities = {
            "window": {"workDoneProgress": progress, "showDocument": {"support": True}},
            "textDocument": {"publishDiagnostics": {"relatedInformation": True}},
        }
        params = {
            "processId": None,
            "rootUri": self.folder.as_uri(),
            "capabilities": capabilities,
            "initializationOptions": {"workspace": workspace},
        }
        result: Message = self.ask("initialize", params)
        self.send("initialized", {})
        return result

    def close(self) -> int:
        """End the session as the protocol says; the server's exit status."""
        self.ask("shutdown", None)
        self.send("exit", None)
        assert self._server.stdin is not None
        self._server.stdin.close()
        status = self._server.wait()
        self._timer.cancel()
        return status

    def kill(self) -> None:
        self._timer.cancel()
        self._server.kill()
        self._server.wait()
        for stream in (self._server.stdin, self._server.stdout):
            assert stream is not None
            try:
                stream.close()
            except BrokenPipeError:
                pass

    @property
    def pid(self) -> int:
        return self._server.pid

    def send(self, method: str, params: Any, **more: Any) -> None:
        self._write({"jsonrpc": "2.0", "method": method, "params": params, **more})

    def ask(self, method: str, params: Any) -> Any:
        self._next += 1
        number = self._next
        self.send(method, params, id=number)
        answer = self.until(lambda message: message.get("id") == number and "method" not in message)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message that is wanted, one that was passed over before included."""
        for number, message in enumerate(self.heard):
            if wanted(message):
                return self.heard.pop(number)
        while True:
            message = self._read()
            if "method" in message and "id" in message:
                self._write({"jsonrpc": "2.0", "id": message["id"], "result": {"success": True}})
            if wanted(message):
                return message
            self.heard.append(message)

    def named(self, method: str) -> Message:
        """The parameters of the next message of that name."""
        found: Message = self.until(lambda message: message.get("method") == method)["params"]
        return found

    # -- documents

    def open(self, path: Path, text: str | None = None) -> None:
        text = path.read_text() if text is None else text
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": document})

    def change(self, path: Path, version: int, text: str) -> None:
        what = {"uri": path.as_uri(), "version": version}
        self.send("textDocument/didChange", {"textDocument": what, "contentChanges": [{"text": text}]})

    def diagnostics(self, path: Path, version: int | None = None) -> list[Message]:
        """Those that are published next for the file (of that version of the document)."""

        def is_about(message: Message) -> bool:
            params = message.get("params") or {}
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == path.as_uri()
                and (version is None or params.get("version") == version)
            )

        found: list[Message] = self.until(is_about)["params"]["diagnostics"]
        return found

    def _write(self, message: Message) -> None:
        body = json.dumps(message).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._server.stdin.flush()

    def _read(self) -> Message:
        assert self._server.stdout is not None
        length = 0
        while (line := self._server.stdout.readline()) != b"\r\n":
            assert line, "the server ended"
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: Message = json.loads(self._server.stdout.read(length))
        return message
