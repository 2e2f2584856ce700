"""FIN101: waits to receive from a channel, queue, pipe or connection."""

from __future__ import annotations

from finlint.rules.base.reaching import BOUNDED, NOT_REPORTED, Reaches
from finlint.rules.base.rule import DEL


class ChannelReceive(Reaches):
    code = "FIN101"
    kind = "channel-receive"
    verb = "waits to receive in"
    timed = True

    summary = "waits to receive from a channel, queue, pipe or connection"
    example = """
        import queue


        class Client:
            def __init__(self, answers: queue.Queue):
                self.answers = answers

            def __del__(self):
                self.answers.get()  # the farewell's answer
    """
    advice = "Take what is there, and do not wait for what may never come."
    fix = """
        import queue


        class Client:
            def __init__(self, answers: queue.Queue):
                self.answers = answers

            def __del__(self):
                try:
                    self.answers.get_nowait()
                except queue.Empty:
                    pass
    """
    not_reported = NOT_REPORTED + BOUNDED
    evidence = (DEL, "https://docs.python.org/3/library/queue.html#queue.Queue.get")
