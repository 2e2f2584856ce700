"""FIN103: sleeps."""

from __future__ import annotations

from finlint.rules.base.reaching import Reaches
from finlint.rules.base.rule import DEL


class Sleep(Reaches):
    code = "FIN103"
    kind = "sleep"
    verb = "sleeps in"

    summary = "sleeps"
    example = """
        import time


        class Job:
            def __init__(self, server):
                self.server = server

            def __del__(self):
                while not self.server.cancelled(self):
                    time.sleep(1)
    """
    advice = "Say what is wanted once, and leave the waiting to a thread that may."
    fix = """
        class Job:
            def __init__(self, server):
                self.server = server

            def __del__(self):
                self.server.cancelled(self)
    """
    evidence = (DEL, "https://docs.python.org/3/library/time.html#time.sleep")
