"""``py-spy dump``: JSON (``--json``, with ``--locals`` the address of each local variable) and text.

Formats: https://github.com/benfred/py-spy, src/dump.rs and src/stack_trace.rs.
"""

from __future__ import annotations

import os
import re
from typing import Any

from finlint.live.readers.objects import get, parsed
from finlint.live.stacks import Dump, Frame, Thread, Value

_THREAD = re.compile(r'^Thread (\S+) \((?:idle|active)[^)]*\)(?:: "(.*)")?\s*$')
_FRAME = re.compile(r"^    (?! )(.+) \((.+):(\d+)\)\s*$")
_LOCAL = re.compile(r"^            (\w+): (.*)$")
_PROCESS = re.compile(r"^Process (\d+): (.*)$", re.MULTILINE)
_ADDRESS = re.compile(r"^<.+ at 0x([0-9a-f]+)>$")


def read_pyspy_json(text: str) -> Dump | None:
    """Stacks of ``py-spy dump --json``; None where it is something else. Raises DumpError."""
    if not text.lstrip().startswith("["):
        return None
    # Other tools' lines may start with a bracket, too; py-spy's array starts an object at once, or is empty.
    if not re.match(r"\s*\[\s*[{\]]", text):
        return None
    document = parsed(text)
    threads = tuple(map(_thread, document))
    pid = get(document[0], "pid", int, 0) if document else 0
    return Dump("py-spy JSON", threads, pid=pid or None)


def _thread(data: Any) -> Thread:
    ident = get(data, "os_thread_id", int, 0) or get(data, "thread_id", int, 0)
    return Thread(str(ident), get(data, "thread_name", str, ""), tuple(map(_frame, get(data, "frames", list))))


def _frame(data: Any) -> Frame:
    names = get(data, "locals", list, [])
    values = {get(v, "name", str): Value(get(v, "addr", int, 0), get(v, "repr", str, "")) for v in names}
    return Frame(get(data, "name", str), get(data, "filename", str), get(data, "line", int), values)


def read_pyspy_text(text: str) -> Dump | None:
    """Stacks of ``py-spy dump``, with or without ``--locals``; None where it is something else."""
    threads: list[tuple[str, str, list[Frame]]] = []
    for line in text.splitlines():
        if found := _THREAD.match(line):
            threads.append((found[1], found[2] or "", []))
        elif threads and (found := _FRAME.match(line)):
            threads[-1][2].append(Frame(found[1], found[2], int(found[3]), {}))
        elif threads and threads[-1][2] and (found := _LOCAL.match(line)):
            frames = threads[-1][2]
            frames[-1] = frames[-1]._replace(locals={**frames[-1].locals, found[1]: shown(found[2])})
    if not any(frames for _, _, frames in threads):
        return None
    process = _PROCESS.search(text)
    return Dump(
        "py-spy",
        tuple(Thread(ident, name, tuple(frames)) for ident, name, frames in threads),
        roots=_roots(process[2]) if process else (),
        pid=int(process[1]) if process else None,
    )


def shown(text: str) -> Value:
    """A value by how it was printed, which may name its address."""
    found = _ADDRESS.match(text)
    return Value(int(found[1], 16) if found else 0, text)


def _roots(command: str) -> tuple[str, ...]:
    """Where the script of a command line lies: paths of the text are relative to ``sys.path``."""
    return tuple(os.path.dirname(word) for word in command.split() if word.endswith(".py") and os.path.isabs(word))
