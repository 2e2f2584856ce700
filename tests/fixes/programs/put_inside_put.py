"""``__del__`` reports into the queue that the main program fills: collected inside ``put``, it waits for that ``put``.

Which allocation the collector runs at differs between versions of Python, so only the mended program is run.
"""

import gc
import queue

from finlint.runtime import Runtime

_REPORTS: "queue.Queue[str]" = queue.Queue()


class Session:
    def __init__(self) -> None:
        self._myself = self  # a cycle: the collector's business

    def __del__(self) -> None:
        _REPORTS.put("a session has ended")


def main(rt: Runtime) -> None:
    for allocations in range(1, 100):
        gc.collect()
        Session()
        gc.enable()
        gc.set_threshold(allocations)
        _REPORTS.put("a report")
        gc.disable()
