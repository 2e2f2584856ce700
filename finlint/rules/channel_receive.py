"""FIN101: waits to receive from a channel, queue, pipe or connection."""

from __future__ import annotations

from finlint.analysis.execution.reachability import Witness
from finlint.analysis.properties.last_words import is_there
from finlint.model.finding import Severity
from finlint.rules.base.reaching import BOUNDED, NOT_REPORTED, Mildly, Reached, Reaches, own_object
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
    not_reported = (
        NOT_REPORTED + BOUNDED + " What a thread that had the object has put into its queue in a `finally` is there by "
        "then: a note."
    )
    evidence = (DEL, "https://docs.python.org/3/library/queue.html#queue.Queue.get")

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        context = witness.steps[-1].context
        if not is_there(own_object(about.finalizer), context, witness.effect.span, about.summaries.evaluator):
            return None
        return Mildly(Severity.NOTE, ", into which a thread that had the object has put something before it ended")
