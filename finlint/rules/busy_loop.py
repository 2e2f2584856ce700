"""FIN110: loops with no bound of its own."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, Reaches
from finlint.rules.base.rule import DEL


class BusyLoop(Reaches):
    code = "FIN110"
    kind = "busy-loop"
    verb = "spins in"

    summary = "loops with no bound of its own"
    example = """
        class Reader:
            busy = False

            def read(self):
                self.busy = True

            def __del__(self):
                while self.busy:
                    pass
    """
    advice = "Set a flag that the other thread looks at, and leave."
    fix = """
        class Reader:
            stopped = False

            def read(self):
                return self.stopped

            def __del__(self):
                self.stopped = True
    """
    not_reported = NOT_REPORTED + " Loops that consume something, count, or walk a chain."
    evidence = (DEL, "https://pkg.go.dev/runtime#SetFinalizer")
