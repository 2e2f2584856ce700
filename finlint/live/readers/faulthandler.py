"""``faulthandler``'s dumps, on a stream of their own or among the lines of a log.

Format: https://docs.python.org/3/library/faulthandler.html and Python/traceback.c.
"""

from __future__ import annotations

import re

from finlint.live.stacks import Dump, Frame, Thread

_THREAD = re.compile(r"(?:^|\s)(?:Current thread|Thread) (0x[0-9a-f]+)(?: \[(.*)\])? \(most recent call first\):\s*$")
_FRAME = re.compile(r'(?:^|\s)File "(.*)", line (\d+) in (.+?)\s*$')


def read_faulthandler(text: str) -> Dump | None:
    """Stacks of ``dump_traceback``, of a fatal signal, or of ``dump_traceback_later``; None where there is none.

    Where the text has several dumps the last one of each thread counts.
    """
    threads: dict[str, tuple[str, list[Frame]]] = {}
    current: list[Frame] | None = None
    collecting = False
    for line in text.splitlines():
        if found := _THREAD.search(line):
            current = []
            threads[found[1]] = (found[2] or "", current)
        elif current is not None and (found := _FRAME.search(line)):
            current.append(Frame(found[3], found[1], int(found[2])))
        elif current == [] and line.strip() == "Garbage-collecting":
            collecting = True
    if not threads:
        return None
    stacks = tuple(Thread(ident, name, tuple(frames)) for ident, (name, frames) in threads.items())
    return Dump("faulthandler", stacks, collecting=collecting)
