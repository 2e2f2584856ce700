"""No automatic garbage collection while a run lasts."""

from __future__ import annotations

import gc


class CollectorPaused:
    """A context in which the collector does not start by itself.

    It would walk all modules and values that are alive, a third of a large run, and find nothing: a task's nodes and
    values are taken apart at its end (``Evaluator.close``), so that counting references frees them.
    """

    def __enter__(self) -> None:
        self._enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._enabled:
            gc.enable()
