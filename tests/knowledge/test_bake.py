"""The baked table is what typeshed says today, and mypy agrees with what we make of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import load

from finlint.knowledge.base import Knowledge
from finlint.knowledge.typeshed import TABLE, Stubs


def test_table_is_up_to_date() -> None:
    pytest.importorskip("typeshed_client")
    bake = load("typeshed")

    table = Path(TABLE).read_text(encoding="utf-8")
    if bake.fingerprint() != bake.fingerprint_of(table):
        pytest.skip("another typeshed_client than the one that the table was baked with")
    assert table == bake.bake(), "run python docs/tools/typeshed.py"


def test_only_the_library_that_is_asked_for_is_read() -> None:
    stubs = Stubs()
    assert stubs.returns("shutil.which")
    assert set(stubs.loaded()) <= {"shutil", "builtins"}


#: (declarations, expression): mypy's type and ours must name the same class.
CASES = [
    ("x: list[threading.Thread]", "x.pop()", ("list[threading.Thread]", "pop")),
    ("x: dict[str, socket.socket]", "x.pop('')", ("dict[str, socket.socket]", "pop")),
    ("x: collections.deque[socket.socket]", "x.popleft()", ("collections.deque[socket.socket]", "popleft")),
    ("x: queue.Queue[threading.Thread]", "x.get()", ("queue.Queue[threading.Thread]", "get")),
    ("x: contextlib.closing[socket.socket]", "x.__enter__()", ("contextlib.closing[socket.socket]", "__enter__")),
    ("x: sqlite3.Connection", "x.cursor()", ("sqlite3.Connection", "cursor")),
    ("x: http.client.HTTPConnection", "x.getresponse()", ("http.client.HTTPConnection", "getresponse")),
    ("x: ssl.SSLContext", "x.wrap_socket(socket.socket())", ("ssl.SSLContext", "wrap_socket")),
    ("x: ssl.SSLSocket", "x.__enter__()", ("ssl.SSLSocket", "__enter__")),
    ("x: asyncio.AbstractEventLoop", "x.create_future()", ("asyncio.AbstractEventLoop", "create_future")),
    ("x: pathlib.Path", "x.resolve()", ("pathlib.Path", "resolve")),
    ("x: zipfile.ZipFile", "x.__enter__()", ("zipfile.ZipFile", "__enter__")),
    ("x: tarfile.TarFile", "x.__enter__()", ("tarfile.TarFile", "__enter__")),
    ("x: threading.Thread", "x.name", ("threading.Thread", "name")),
    ("x: socketserver.TCPServer", "x.socket", ("socketserver.TCPServer", "socket")),
    ("x: http.client.HTTPConnection", "x.sock", ("http.client.HTTPConnection", "sock")),
    ("", "threading.current_thread()", "threading.current_thread"),
    ("", "socket.create_connection(('', 1))", "socket.create_connection"),
    ("", "sqlite3.connect('')", "sqlite3.connect"),
    ("", "logging.getLogger()", "logging.getLogger"),
    ("", "os.getcwd()", "os.getcwd"),
    ("", "ssl.create_default_context()", "ssl.create_default_context"),
    ("", "shutil.disk_usage('')", "shutil.disk_usage"),
    ("", "contextvars.copy_context()", "contextvars.copy_context"),
    ("", "platform.uname()", "platform.uname"),
    ("", "inspect.signature(print)", "inspect.signature"),
    ("", "time.localtime()", "time.localtime"),
]


def test_mypy_agrees(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    modules = {match for case in CASES for match in re.findall(r"\b([a-z]\w*(?:\.client)?)\.", f"{case[0]} {case[1]}")}
    lines = [f"import {module}" for module in sorted(modules - {"x"})]
    for index, (declaration, expression, _) in enumerate(CASES):
        lines += [f"def f{index}({declaration}) -> None:", f"    reveal_type({expression})"]
    path = tmp_path / "oracle.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    output, errors, _ = api.run(
        [str(path), "--no-incremental", "--cache-dir", str(tmp_path), "--python-version", "3.12"]
    )
    revealed = re.findall(r'Revealed type is "(.*?)"', output)
    assert len(revealed) == len(CASES), output + errors
    knowledge = Knowledge()
    for (_, expression, question), theirs in zip(CASES, revealed, strict=True):
        if isinstance(question, str):
            ours = knowledge.returns(question)
        else:
            ours = knowledge.call_type(*question) or knowledge.attribute_type(*question)
        # mypy writes tuple[..., fallback=time.struct_time] for named tuples, and builtins in full.
        fallback = re.search(r"fallback=([\w.]+)", theirs)
        plain = fallback[1] if fallback else re.split(r"[\[ ]", theirs.replace("builtins.", ""))[0]
        assert knowledge.canonical(plain) == knowledge.canonical(ours.partition("[")[0]), (expression, theirs)
