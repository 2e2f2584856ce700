"""Questions that the analysis asks, and their answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.knowledge.base import Knowledge, KnowledgeError
from finlint.knowledge.entries import Argument


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge()


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("_thread.allocate_lock", "threading.Lock"),
        ("_thread.allocate_lock.acquire", "threading.Lock.acquire"),
        ("_thread.lock", "threading.Lock"),
        ("concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.ThreadPoolExecutor"),
        ("concurrent.futures.thread.ThreadPoolExecutor.submit", "concurrent.futures.ThreadPoolExecutor.submit"),
        ("posixpath.exists", "os.path.exists"),
        ("ntpath.exists", "os.path.exists"),
        ("posixpath.commonprefix", "os.path.commonprefix"),
        ("os.path.commonprefix", "os.path.commonprefix"),
        ("socket.SocketType", "socket.socket"),
        ("_socket.socket.recv", "socket.socket.recv"),
        ("multiprocessing.Queue", "multiprocessing.queues.Queue"),
        ("multiprocessing.Pool", "multiprocessing.pool.Pool"),
        ("multiprocessing.context.SpawnContext.Lock", "multiprocessing.synchronize.Lock"),
        ("asyncio.locks.Condition", "asyncio.locks.Condition"),
        ("asyncio.Condition", "asyncio.locks.Condition"),
        ("asyncio.events.AbstractEventLoop", "asyncio.AbstractEventLoop"),
        ("io.open", "builtins.open"),
        ("_io.TextIOWrapper", "io.TextIOWrapper"),
        ("requests.api.get", "requests.get"),
        ("requests.sessions.Session.post", "requests.Session.post"),
        ("mypackage.module.Class", "mypackage.module.Class"),
        ("threading", "threading"),
        ("", ""),
    ],
)
def test_canonical(knowledge: Knowledge, name: str, canonical: str) -> None:
    assert knowledge.canonical(name) == canonical
    assert knowledge.canonical(canonical) == canonical


def test_entry(knowledge: Knowledge) -> None:
    acquire = knowledge.entry("threading.Lock.acquire")
    assert acquire is not None
    assert acquire.kind == "lock"
    assert acquire.bound == "timeout"
    assert Argument("blocking", False) in acquire.nonblocking
    assert knowledge.entry("threading.Lock.acquired") is None
    assert knowledge.entry("nowhere.at.all") is None
    assert knowledge.entry("") is None


def test_a_lock_is_not_its_reentrant_kin(knowledge: Knowledge) -> None:
    kinds = {
        name: entry.kind
        for name in ("threading.Lock", "threading.RLock", "threading.Condition", "threading.Semaphore")
        if (entry := knowledge.entry(f"{name}.acquire")) is not None
    }
    assert kinds == {
        "threading.Lock": "lock",
        "threading.RLock": "reentrant-lock",
        "threading.Condition": "reentrant-lock",
        "threading.Semaphore": "lock",
    }
    condition = knowledge.entry("threading.Condition.acquire")
    assert condition is not None
    assert condition.kind_from_receiver == "lock"


@pytest.mark.parametrize(
    ("type_name", "attribute", "member"),
    [
        ("ssl.SSLSocket", "recv", "socket.socket.recv"),
        ("ssl.SSLSocket", "do_handshake", "ssl.SSLSocket.do_handshake"),
        ("socket.socket", "getsockname", "socket.socket.getsockname"),
        ("threading.Timer", "join", "threading.Thread.join"),
        ("threading.BoundedSemaphore", "acquire", "threading.Semaphore.acquire"),
        ("multiprocessing.BoundedSemaphore", "acquire", "multiprocessing.synchronize.SemLock.acquire"),
        ("multiprocessing.context.SpawnContext", "Queue", "multiprocessing.queues.Queue"),
        ("io.TextIOWrapper", "write", "io.IOBase.write"),
        ("io.StringIO", "write", "io.StringIO.write"),
        ("typing.IO[str]", "close", "io.IOBase.close"),
        ("queue.PriorityQueue[int]", "get", "queue.Queue.get"),
        ("list[int]", "append", "builtins.list.append"),
        ("list[int]", "pop", "builtins.list.pop"),
        ("sys.stdout", "write", "sys.stdout.write"),
        ("sys.stdout", "close", "io.IOBase.close"),
        ("threading", "Lock", "threading.Lock"),
        ("os", "remove", "os.remove"),
        ("os", "path", None),
        ("threading.Thread", "no_such_thing", None),
        ("nowhere.Class", "close", None),
    ],
)
def test_member(knowledge: Knowledge, type_name: str, attribute: str, member: str | None) -> None:
    assert knowledge.member(type_name, attribute) == member


@pytest.mark.parametrize(
    ("type_name", "attribute", "expected"),
    [
        ("subprocess.Popen", "stdout", "io.BufferedReader"),
        ("subprocess.Popen[bytes]", "stdin", "io.BufferedWriter"),
        ("http.client.HTTPConnection", "sock", "socket.socket"),
        ("http.client.HTTPSConnection", "sock", "socket.socket"),
        ("socketserver.ThreadingTCPServer", "socket", "socket.socket"),
        ("sys", "stdout", "sys.stdout"),
        ("threading.Thread", "daemon", "bool"),
        ("asyncio.subprocess.Process", "stdout", "asyncio.StreamReader | None"),
        ("queue.Queue[int]", "mutex", "threading.Lock"),
        ("sys.stderr", "write", ""),
        ("typing.IO[str]", "write", ""),
        ("threading.Thread", "no_such_thing", ""),
        ("nowhere.Class", "attribute", ""),
    ],
)
def test_attribute_type(knowledge: Knowledge, type_name: str, attribute: str, expected: str) -> None:
    assert knowledge.attribute_type(type_name, attribute) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("threading.current_thread", "threading.Thread"),
        ("threading.Thread", "threading.Thread"),
        ("multiprocessing.Lock", "multiprocessing.synchronize.Lock"),
        ("asyncio.new_event_loop", "asyncio.AbstractEventLoop"),
        ("asyncio.run_coroutine_threadsafe", "concurrent.futures.Future"),
        ("concurrent.futures.ThreadPoolExecutor.submit", ""),
        ("concurrent.futures.Executor.submit", "concurrent.futures.Future"),
        ("subprocess.run", "subprocess.CompletedProcess"),
        ("logging.getLogger", "logging.Logger"),
        ("builtins.open", "io.TextIOWrapper"),
        ("open", "io.TextIOWrapper"),
        ("os.getcwd", "str"),
        ("nowhere.function", ""),
    ],
)
def test_returns(knowledge: Knowledge, name: str, expected: str) -> None:
    name = f"builtins.{name}" if "." not in name else name
    assert knowledge.returns(name) == expected


def test_open_depends_on_its_mode(knowledge: Knowledge) -> None:
    entry = knowledge.entry("builtins.open")
    assert entry is not None
    assert (Argument("mode", "rb"), "io.BufferedReader") in entry.returns_if
    assert (Argument("mode", "wb"), "io.BufferedWriter") in entry.returns_if


@pytest.mark.parametrize(
    ("type_name", "attribute", "expected"),
    [
        ("list[threading.Thread]", "pop", "threading.Thread"),
        ("dict[str, threading.Lock]", "get", "threading.Lock | None"),
        ("collections.deque[socket.socket]", "popleft", "socket.socket"),
        ("queue.Queue[threading.Thread]", "get", "threading.Thread"),
        ("contextlib.closing[socket.socket]", "__enter__", "socket.socket"),
        ("weakref.ref[threading.Lock]", "__call__", "threading.Lock | None"),
        ("concurrent.futures.ThreadPoolExecutor", "submit", "concurrent.futures.Future"),
        ("asyncio.AbstractEventLoop", "create_task", "asyncio.Task"),
        ("multiprocessing.context.SpawnContext", "Queue", "multiprocessing.queues.Queue"),
        ("socket.socket", "__enter__", "socket.socket"),
        ("ssl.SSLSocket", "__enter__", "ssl.SSLSocket"),
        ("sqlite3.Connection", "cursor", "sqlite3.Cursor"),
        ("sqlite3.Cursor", "execute", "sqlite3.Cursor"),
        ("redis.Redis", "pubsub", "redis.client.PubSub"),
        ("contextlib.ExitStack", "enter_context", ""),
        ("list", "pop", ""),
        ("nowhere.Class", "method", ""),
    ],
)
def test_call_type(knowledge: Knowledge, type_name: str, attribute: str, expected: str) -> None:
    assert knowledge.call_type(type_name, attribute) == expected


def test_classes_and_modules(knowledge: Knowledge) -> None:
    assert knowledge.is_class("threading.Lock")
    assert knowledge.is_class("multiprocessing.Lock")
    assert knowledge.is_class("http.cookies.SimpleCookie")
    assert not knowledge.is_class("threading.current_thread")
    assert not knowledge.is_class("threading.Lock.acquire")
    assert not knowledge.is_class("nowhere.Class")
    assert "threading.Thread" in knowledge.bases("threading.Timer")
    assert knowledge.ancestors("threading.BoundedSemaphore")[:2] == (
        "threading.BoundedSemaphore",
        "threading.Semaphore",
    )
    assert knowledge.knows_module("concurrent.futures")
    assert knowledge.knows_module("redis.client")
    assert knowledge.knows_module("colorsys")
    assert not knowledge.knows_module("redis.nowhere")
    assert not knowledge.knows_module("mypackage")


# -- the user's own files


def _write(tmp_path: Path, text: str, name: str = "own.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_user_file_adds_and_replaces(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        """
        [aliases]
        "corp.Broker" = "corp.net.Broker"

        ["corp.net.Broker"]
        is_class = true
        bases = ["threading.Thread"]
        attributes = { lock = "threading.Lock" }

        ["corp.net.Broker.fetch"]
        parameters = ["wait", "timeout"]
        kind = "network-io"
        bound = "timeout"
        nonblocking = ["wait=False", "timeout=0"]
        returns_if = ["wait=False -> corp.net.Ticket"]

        ["requests.get"]
        evidence = "our requests is a stub"
        """,
    )
    knowledge = Knowledge([path])
    fetch = knowledge.entry("corp.Broker.fetch")
    assert fetch is not None
    assert fetch.kind == "network-io"
    assert fetch.nonblocking == (Argument("wait", False), Argument("timeout", 0))
    assert fetch.returns_if == ((Argument("wait", False), "corp.net.Ticket"),)
    assert knowledge.member("corp.Broker", "join") == "threading.Thread.join"
    assert knowledge.attribute_type("corp.Broker", "lock") == "threading.Lock"
    assert knowledge.knows_module("corp.net")
    get = knowledge.entry("requests.get")
    assert get is not None
    assert get.kind == ""
    post = knowledge.entry("requests.post")
    assert post is not None
    assert post.kind == "network-io"
    untouched = Knowledge().entry("requests.get")
    assert untouched is not None
    assert untouched.kind == "network-io", "a user's file changes one Knowledge, not all"


def test_later_user_file_wins(tmp_path: Path) -> None:
    first = _write(tmp_path, '["a.f"]\nkind = "lock"\n', "first.toml")
    second = _write(tmp_path, '["a.f"]\nkind = "sleep"\n', "second.toml")
    entry = Knowledge([first, second]).entry("a.f")
    assert entry is not None
    assert entry.kind == "sleep"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('["a.f"]\nkin = "lock"\n', ['"a.f"', 'unknown field "kin"', 'did you mean "kind"?']),
        ('["a.f"]\nkind = "locks"\n', ['"a.f"', "kind", '"locks"', 'did you mean "lock"?']),
        ('["a.f"]\nlasts = "forever"\n', ["lasts", '"forever"', "valid: bounded, short, unbounded"]),
        ('["a.f"]\nhandoff = "saf"\n', ["handoff", 'did you mean "safe"?']),
        ('["a.f"]\nparameters = "x"\n', ["parameters must be a list of strings"]),
        ('["a.f"]\nparameters = [1]\n', ["parameters must be a list of strings"]),
        ('["a.f"]\nreleases = "yes"\n', ["releases must be true or false"]),
        ('["a.f"]\nkind = 1\n', ["kind must be a string"]),
        ('["a.f"]\nnonblocking = ["timeout"]\n', ['"timeout" must read "parameter=value"']),
        ('["a.f"]\nnonblocking = ["timeout=zero"]\n', ['"zero" is not a Python constant']),
        ('["a.f"]\nnonblocking = ["timeout=f()"]\n', ["is not a Python constant"]),
        ('["a.f"]\nreturns_if = ["mode=1"]\n', ['must read "parameter=value -> type"']),
        ('["a.f"]\nattributes = ["x"]\n', ["attributes must be a table of types"]),
        ('[a.f]\nkind = "lock"\n', ['"a"', 'write the name in quotes: ["a...."]']),
        ('["f"]\nkind = "lock"\n', ['"f"', "is not a qualified name"]),
        ('["a f.g"]\nkind = "lock"\n', ["is not a qualified name"]),
        ('kind = "lock"\n', ['"kind" must be a table']),
        ('aliases = "x"\n', ["[aliases] must map names to names"]),
        ('["a.f"\n', ["not valid TOML"]),
        ('["a.f"]\nkind = "lock"\n["a.f"]\nkind = "lock"\n', ["not valid TOML"]),
    ],
)
def test_bad_user_file_is_named(tmp_path: Path, text: str, parts: list[str]) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(KnowledgeError) as caught:
        Knowledge([path])
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_unreadable_user_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"missing\.toml: cannot be read: No such file"):
        Knowledge([tmp_path / "missing.toml"])
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KnowledgeError, match=r"binary\.toml: is not UTF-8"):
        Knowledge([binary])


def test_circle_of_aliases_ends(tmp_path: Path) -> None:
    knowledge = Knowledge([_write(tmp_path, '[aliases]\n"a.x" = "a.y"\n"a.y" = "a.x"\n"a.z" = "a.z.q"\n')])
    assert knowledge.canonical("a.x") == knowledge.canonical("a.y")
    assert knowledge.entry("a.x.method") is None
    assert knowledge.entry("a.z") is None


def test_long_chains_of_aliases_are_an_error(tmp_path: Path) -> None:
    """None is followed half of its way in silence."""

    def chain(count: int) -> str:
        return "[aliases]\n" + "".join(f'"a.x{n}" = "a.x{n + 1}"\n' for n in range(count)) + '["a.x9"]\nkind = "lock"\n'

    entry = Knowledge([_write(tmp_path, chain(9))]).entry("a.x0")
    assert entry is not None
    assert entry.kind == "lock"
    with pytest.raises(KnowledgeError, match=r"aliases: a\.x\d+ leads on more than 12 times"):
        Knowledge([_write(tmp_path, chain(40))])


def test_circle_of_bases_ends(tmp_path: Path) -> None:
    text = '["a.X"]\nis_class = true\nbases = ["a.Y"]\n["a.Y"]\nis_class = true\nbases = ["a.X"]\n'
    knowledge = Knowledge([_write(tmp_path, text)])
    assert knowledge.ancestors("a.X") == ("a.X", "a.Y")
    assert knowledge.member("a.X", "close") is None
