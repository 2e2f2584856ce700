"""``pystack remote`` and ``pystack core``. Format: https://github.com/bloomberg/pystack, traceback_formatter.py."""

from __future__ import annotations

import re

from finlint.live.readers.pyspy import shown
from finlint.live.stacks import Dump, Frame, Thread

_THREAD = re.compile(r"^Traceback for thread (\S+) (?:\((.*)\) )?\[(.*)\]")
_FRAME = re.compile(r'^\s+\(Python\) File "(.+)", line (\d+), in (.+)$')
_LOCAL = re.compile(r"^        (\w+): (.*)$")
_SECTION = re.compile(r"^      (?:Arguments|Locals):$")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def read_pystack(text: str) -> Dump | None:
    """Stacks of pystack, the outermost frame of which comes first; None where it is something else."""
    threads: list[tuple[str, str, list[Frame]]] = []
    collecting = in_values = False
    for line in _ESCAPES.sub("", text).splitlines():
        if found := _THREAD.match(line):
            # Threads have no names of their own here: the word in brackets is that of the process.
            threads.append((found[1], "", []))
            collecting |= "Garbage collecting" in found[3]
            in_values = False
        elif not threads:
            continue
        elif found := _FRAME.match(line):
            threads[-1][2].append(Frame(found[3], found[1], int(found[2]), {}))
            in_values = False
        elif _SECTION.match(line):
            in_values = True
        elif in_values and threads[-1][2] and (found := _LOCAL.match(line)):
            frames = threads[-1][2]
            frames[-1] = frames[-1]._replace(locals={**frames[-1].locals, found[1]: shown(found[2])})
        else:
            in_values = in_values and line.startswith("        ")
    if not threads:
        return None
    return Dump(
        "pystack",
        tuple(Thread(ident, name, tuple(reversed(frames))) for ident, name, frames in threads),
        collecting=collecting,
    )
