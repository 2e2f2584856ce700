"""``finlint server``, spoken to over stdio: what is typed, what is known of the workspace, what can be done about it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="pygls is not installed: install the extra `integration`")

from server.client import Client

POOL = """\
import threading


class Pool:
    def __init__(self):
        self._lock = threading.Lock()
        self._idle = []

    def take(self):
        with self._lock:
            return Connection(self)

    def release(self):
        with self._lock:
            self._idle.append("\U0001f40d\U0001f40d"); self._idle.append(2)


class Connection:
    def __init__(self, pool: Pool):
        self._pool = pool

    def __del__(self):
        '\U0001f40d'; self._pool.release()
"""
GOOD = POOL.replace("threading.Lock()", "threading.RLock()")
SHUTDOWN = """\
from concurrent.futures import ThreadPoolExecutor


class Uploader:
    def __init__(self):
        self._executor = ThreadPoolExecutor()

    def __del__(self):
        self._executor.shutdown()
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    folder = tmp_path / "project"
    folder.mkdir()
    client = Client(folder)
    try:
        yield client
    finally:
        client.kill()


def applied(text: str, edits: list[dict[str, Any]]) -> str:
    """``text`` with edits whose lines hold ASCII before them."""
    lines = text.split("\n")
    for edit in sorted(edits, key=lambda e: -e["range"]["start"]["line"]):
        start, end = edit["range"]["start"], edit["range"]["end"]
        head, tail = lines[start["line"]][: start["character"]], lines[end["line"]][end["character"] :]
        lines[start["line"] : end["line"] + 1] = (head + edit["newText"] + tail).split("\n")
    return "\n".join(lines)


def test_what_is_typed(client: Client) -> None:
    pool = client.folder / "pool.py"
    pool.write_text(GOOD)
    told = client.start(workspace=False)
    assert told["serverInfo"]["name"] == "finlint"
    client.open(pool)
    assert client.diagnostics(pool, 1) == []

    client.change(pool, 2, POOL)
    (found,) = client.diagnostics(pool, 2)
    assert (found["code"], found["source"], found["severity"]) == ("FIN102", "finlint", 1)
    assert "`Connection.__del__` acquires the lock `self._lock`" in found["message"]
    # UTF-16: the snake before it counts as two.
    assert found["range"] == {"start": {"line": 22, "character": 14}, "end": {"line": 22, "character": 34}}
    related = [(r["location"]["uri"], r["location"]["range"]["start"]["line"]) for r in found["relatedInformation"]]
    # Where it is defined, the chain, and who holds the lock.
    assert related == [(pool.as_uri(), line) for line in (21, 22, 13, 9)]
    assert "holds the lock while it allocates" in found["relatedInformation"][-1]["message"]

    client.change(pool, 3, POOL + "x = (\n")
    (fault,) = client.diagnostics(pool, 3)
    assert (fault["code"], fault["range"]["start"]["line"]) == ("FIN901", 23)

    client.change(pool, 4, GOOD)
    assert client.diagnostics(pool, 4) == []
    assert pool.read_text() == GOOD
    assert client.close() == 0


def test_other_unsaved_documents_count(client: Client) -> None:
    (client.folder / "locks.py").write_text("def take():\n    pass\n")
    user = client.folder / "user.py"
    user.write_text("import locks\n\n\nclass A:\n    def __del__(self):\n        locks.take()\n")
    client.start(workspace=False)
    client.open(user)
    assert client.diagnostics(user, 1) == []
    locks = client.folder / "locks.py"
    client.open(locks, "import time\n\n\ndef take():\n    time.sleep(60)\n")
    assert client.diagnostics(locks, 1) == []
    client.change(user, 2, user.read_text() + "\n")
    (found,) = client.diagnostics(user, 2)
    assert found["code"] == "FIN103"
    assert found["relatedInformation"][-1]["location"]["uri"] == locks.as_uri()


def test_what_can_be_done_about_it(client: Client) -> None:
    path = client.folder / "uploader.py"
    path.write_text(SHUTDOWN)
    client.start(workspace=False)
    client.open(path)
    (found,) = client.diagnostics(path, 1)
    assert found["code"] == "FIN104"
    document = {"uri": path.as_uri()}
    ask = {"textDocument": document, "range": found["range"], "context": {"diagnostics": [found]}}
    fix, ignore, page = client.ask("textDocument/codeAction", ask)
    assert fix["isPreferred"] is True
    assert applied(SHUTDOWN, fix["edit"]["changes"][path.as_uri()]) == SHUTDOWN.replace(
        "shutdown()", "shutdown(wait=False)"
    )
    assert ignore["title"] == "Ignore FIN104 here, with a reason"
    known = applied(SHUTDOWN, ignore["edit"]["changes"][path.as_uri()])
    assert "self._executor.shutdown()  # finlint: ignore[FIN104] -- why is this safe?" in known
    client.change(path, 2, known)
    assert client.diagnostics(path, 2) == []
    assert client.ask("textDocument/codeAction", ask) == []

    client.change(path, 3, SHUTDOWN)
    client.diagnostics(path, 3)
    hover = client.ask("textDocument/hover", {"textDocument": document, "position": found["range"]["start"]})
    assert "# FIN104" in hover["contents"]["value"]
    assert client.ask("textDocument/hover", {"textDocument": document, "position": {"line": 0, "character": 0}}) is None

    client.ask("workspace/executeCommand", page["command"])
    shown = Path(client.named("window/showDocument")["uri"].removeprefix("file://"))
    assert shown.read_text().startswith("# FIN104")


def test_a_page_is_that_of_a_rule(client: Client) -> None:
    """And never a file in the place that somebody names."""
    precious = client.folder / "precious.md"
    precious.write_text("precious")
    client.start(workspace=False)
    for code in (str(precious.with_suffix("")), "../FIN104", 1, None, ["FIN104"]):
        with pytest.raises(AssertionError):
            client.ask("workspace/executeCommand", {"command": "finlint.openRule", "arguments": [code]})
    assert precious.read_text() == "precious"
    assert client.close() == 0


def test_the_workspace_in_the_background(client: Client) -> None:
    first, second = client.folder / "pool.py", client.folder / "uploader.py"
    first.write_text(POOL)
    second.write_text(SHUTDOWN)
    client.start(workspace=True, progress=True)
    assert client.named("$/progress")["value"]["kind"] == "begin"
    assert [d["code"] for d in client.diagnostics(first)] == ["FIN102"]
    assert [d["code"] for d in client.diagnostics(second)] == ["FIN104"]
    client.until(lambda m: m.get("method") == "$/progress" and m["params"]["value"]["kind"] == "end")

    # Mended on the disk by somebody else.
    second.write_text(SHUTDOWN.replace("shutdown()", "shutdown(wait=False)"))
    changes = {"changes": [{"uri": second.as_uri(), "type": 2}]}
    client.send("workspace/didChangeWatchedFiles", changes)
    assert client.diagnostics(second) == []

    # A document that is closed is what the disk says it is.
    client.open(first)
    client.change(first, 2, GOOD)
    assert client.diagnostics(first, 2) == []
    client.send("textDocument/didClose", {"textDocument": {"uri": first.as_uri()}})
    assert [d["code"] for d in client.diagnostics(first)] == ["FIN102"]


def test_a_wrong_configuration_is_said_and_mended(client: Client) -> None:
    path = client.folder / "uploader.py"
    path.write_text(SHUTDOWN)
    (client.folder / "finlint.toml").write_text("selekt = []\n")
    client.start(workspace=False)
    client.open(path)
    assert "unknown key `selekt`" in client.named("window/logMessage")["message"].replace("'", "`")
    (client.folder / "finlint.toml").write_text('ignore = ["FIN104"]\n')
    client.send("workspace/didChangeConfiguration", {"settings": {}})
    assert client.diagnostics(path, 1) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for the child in /proc")
def test_an_analyst_that_dies_is_replaced(client: Client) -> None:
    path = client.folder / "uploader.py"
    path.write_text(SHUTDOWN)
    client.start(workspace=False)
    client.open(path)
    assert len(client.diagnostics(path, 1)) == 1
    (child,) = Path(f"/proc/{client.pid}/task/{client.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)
    client.change(path, 2, SHUTDOWN)
    client.change(path, 3, SHUTDOWN)
    assert len(client.diagnostics(path, 3)) == 1
    assert client.close() == 0


@pytest.mark.skipif(sys.platform != "linux", reason="file systems elsewhere take only names that are text")
def test_names_that_are_no_text(client: Client) -> None:
    """Files of a hostile tree do not end the session: they have diagnostics, and so have those after them."""
    names = [b"\xff.py", b"a\n::error::\x1b[31m.py"]
    for name in names:
        with open(os.fsencode(client.folder) + b"/" + name, "w") as file:
            file.write(SHUTDOWN)
    os.mkfifo(client.folder / "fifo.py")
    (client.folder / "zero.py").symlink_to("/dev/zero")
    client.start(workspace=True)
    uris = [f"{client.folder.as_uri()}/{name}" for name in ("%FF.py", "a%0A%3A%3Aerror%3A%3A%1B%5B31m.py")]
    for uri in uris:
        found = client.until(
            lambda message, uri=uri: (message.get("params") or {}).get("uri") == uri  # type: ignore[misc]
        )
        assert [item["code"] for item in found["params"]["diagnostics"]] == ["FIN104"]

    after = client.folder / "after.py"
    after.write_text(SHUTDOWN)
    client.send("workspace/didChangeWatchedFiles", {"changes": []})
    assert [item["code"] for item in client.diagnostics(after)] == ["FIN104"]
    assert client.close() == 0


@pytest.mark.parametrize(
    "evil", ["![i](//e/x.png)", "<img src=//e/x>", "[x](command:evil)", "\x1b[31m", "&lt;", "www.e.com:80"]
)
@pytest.mark.parametrize("marks", ["", "`", "``", "```", "` `", "\\`"])
def test_a_hover_holds_text_and_code_alone(evil: str, marks: str) -> None:
    pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    from markdown_it import MarkdownIt

    from finlint.server.translate import hover_text

    text = f"{marks}{evil}{marks}"
    found = {"message": f"`f` calls `{text}`, {text}", "related": [(f"/{text}.py", 1, 1, text)]}
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(hover_text(found, "PAGE").partition("---")[0])
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "code_inline", "softbreak"}
    assert "\x1b" not in str(tokens)


def test_nothing_of_the_workspace_is_run(tmp_path: Path) -> None:
    """Neither the server nor the process that analyses for it imports a module of the workspace."""
    folder, log, script = tmp_path / "project", tmp_path / "log", tmp_path / "finlint-server.py"
    folder.mkdir()
    for name in ("json", "ast", "signal", "sitecustomize", "libcst", "finlint", "lsprotocol", "asyncio", "tempfile"):
        (folder / f"{name}.py").write_text(f"open({str(log)!r}, 'a').write({name!r})\n{SHUTDOWN}")
    # As pip installs the command.
    script.write_text("import sys\nfrom finlint.__main__ import main\nsys.exit(main())\n")
    client = Client(folder, [sys.executable, str(script), "server"])
    try:
        client.start(workspace=True)
        assert [item["code"] for item in client.diagnostics(folder / "tempfile.py")] == ["FIN104"]
        client.open(folder / "json.py")
        assert [item["code"] for item in client.diagnostics(folder / "json.py", 1)] == ["FIN104"]
        assert client.close() == 0
    finally:
        client.kill()
    assert not log.exists()
