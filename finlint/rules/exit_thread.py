"""FIN202: starts a thread or submits to a pool when the finalizer may run at interpreter exit."""

from __future__ import annotations

from finlint.analysis.properties.interpreter_exit import may_run_at_exit
from finlint.rules.base.reaching import Reached, Reaches


class ExitThread(Reaches):
    code = "FIN202"
    kind = "exit-thread"
    # Before Python 3.12 a thread is still started at exit.
    claims = ("raised", "starved", "ran")
    verb = "starts a thread in"
    because = ", which fails when the interpreter is exiting"
    merged = True

    summary = "starts a thread or submits to a pool when the finalizer may run at interpreter exit"
    why = (
        "`weakref.finalize` runs what is left at exit, and `__del__` of objects that modules hold runs even later. "
        "Threads cannot be started then: RuntimeError since 3.12, and before it the exit may hang."
    )
    example = """
        import threading
        import weakref


        def stop(server):
            threading.Thread(target=server.stop).start()


        def watch(client, server):
            weakref.finalize(client, stop, server)
    """
    advice = "Set `atexit = False` on the finalizer, or hand over to a thread that runs already."
    fix = """
        import threading
        import weakref


        def stop(server):
            threading.Thread(target=server.stop).start()


        def watch(client, server):
            finalizer = weakref.finalize(client, stop, server)
            finalizer.atexit = False
    """
    not_reported = (
        "`atexit` set to False, weak reference callbacks and `multiprocessing.util.Finalize` without an exit priority "
        "(none of them runs at exit), `__del__` of objects that no module holds."
    )
    evidence = (
        "https://docs.python.org/3/library/weakref.html#weakref.finalize.atexit",
        "https://docs.python.org/3/whatsnew/3.12.html#threading",
        "https://github.com/python/cpython/issues/87950",
    )

    def counts(self, about: Reached) -> bool:
        return may_run_at_exit(about.finalizer, about.summaries)
