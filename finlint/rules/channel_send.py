"""FIN109: sends to a channel or bounded queue that can be full."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, Reaches
from finlint.rules.base.rule import DEL


class ChannelSend(Reaches):
    code = "FIN109"
    kind = "channel-send"
    verb = "may wait to send in"
    timed = True

    summary = "sends to a channel or bounded queue that can be full"
    example = """
        import queue


        class Task:
            def __init__(self):
                self.jobs = queue.Queue(maxsize=10)

            def __del__(self):
                self.jobs.put(None)
    """
    advice = "Use a `queue.SimpleQueue`, which is never full and needs no lock, or leave the item out when it is."
    fix = """
        import queue


        class Task:
            def __init__(self):
                self.jobs = queue.SimpleQueue()

            def __del__(self):
                self.jobs.put(None)
    """
    not_reported = NOT_REPORTED + " Queues that nothing bounds never wait; see FIN201 for their locks."
    evidence = (
        DEL,
        "https://github.com/python/cpython/issues/83541",
        "https://docs.python.org/3/library/queue.html#queue.SimpleQueue",
    )
