"""FIN104: joins or waits for a thread, process, future, event, barrier or signal."""

from __future__ import annotations

from finlint.analysis.execution.reachability import Witness
from finlint.analysis.properties.alive import is_asked_for, is_own_thread, is_while_alive
from finlint.analysis.properties.holding_threads import is_served_with
from finlint.analysis.properties.pending_work import is_done, is_idle
from finlint.analysis.properties.told_to_end import is_told_to_end
from finlint.model.finding import Severity
from finlint.rules.base.reaching import BOUNDED, NOT_REPORTED, Mildly, Reached, Reaches, own_object
from finlint.rules.base.rule import BY_CLEANER, DEL

_HAS_IT = " has the object until it ends: the finalizer does not run before, and never stops it"


class Wait(Reaches):
    code = "FIN104"
    kind = "wait"
    # The thread that a finalizer would wait for may keep the object from being finalized at all.
    claims = ("starved", "self-deadlocked", "never-ran")
    verb = "waits in"
    timed = True

    summary = "joins or waits for a thread, process, future, event, barrier or signal"
    example = """
        import threading


        class Worker:
            def __init__(self):
                self._stop = threading.Event()
                self._thread = threading.Thread(target=self._stop.wait)

            def __del__(self):
                self._stop.set()
                self._thread.join()
    """
    advice = "Tell it to stop, and do not wait until it has; offer `close()` to those who want to."
    fix = """
        import threading


        class Worker:
            def __init__(self):
                self._stop = threading.Event()
                self._thread = threading.Thread(target=self._stop.wait)

            def close(self):
                self._stop.set()
                self._thread.join()

            def __del__(self):
                self._stop.set()
    """
    mended = (
        "`executor.shutdown()` to `shutdown(wait=False)` (safe where nothing comes after)",
        BY_CLEANER,
    )
    not_reported = (
        NOT_REPORTED + BOUNDED + " So is the join of a thread that has the finalized object for as long as it runs "
        "(`Thread(target=self.run)`): it does not wait, but neither does the finalizer run before the thread has ended "
        "by itself. Give the thread a function and what it needs, not the object. And so is the join of a thread that "
        "was told to end before, and does nothing that is known to take time, as reading from the network. An executor "
        "all of whose tasks have the object, and futures of such tasks, are notes: the tasks are done by then."
    )
    evidence = (DEL, "https://github.com/psycopg/psycopg/issues/954", "https://github.com/pytorch/pytorch/pull/12700")

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        me = own_object(about.finalizer)
        context = witness.steps[-1].context
        place = context, witness.effect.span, about.summaries.evaluator
        given = witness.steps[1:], about.finalizer.registration, about.summaries.evaluator
        if is_idle(me, *given) or (me is not None and is_done(me, *place)):
            return Mildly(Severity.NOTE, ", whose tasks have the object until they end, so that none is left")
        if me is not None and is_served_with(me, *place):
            return Mildly(Severity.WARNING, f", whose thread{_HAS_IT}")
        if me is None or not is_own_thread(me, *place):
            if me is not None and is_while_alive(me, *place):
                return Mildly(
                    Severity.NOTE, ", while a thread is alive that has the object until it ends: none is by then"
                )
            told = witness.effect.lasts == "unbounded" and is_told_to_end(witness.steps, about.summaries)
            return Mildly(Severity.WARNING, ", which it has told to end") if told else None
        if is_asked_for(context, witness.effect.span):
            return Mildly(Severity.NOTE, ", which has the object until it ends, so that it is not alive by then")
        return Mildly(Severity.WARNING, f", which{_HAS_IT}")
