"""FIN402: an exception escapes the callback; Python prints it and goes on."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.escaping_exceptions import escapes
from finlint.model.finding import Culprit, Finding, Hop
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import DEL, FinalizerPass, FinalizerRule


class Raises(FinalizerRule):
    code = "FIN402"
    kind = "raises"
    default = False
    claims = ("raised",)

    summary = "an exception escapes the callback and is only printed"
    why = "Nobody can catch what a finalizer raises: it goes to `sys.unraisablehook`, and what follows is left out."
    example = """
        class Transaction:
            def __init__(self):
                self.open = True

            def commit(self):
                self.open = False

            def __del__(self):
                if self.open:
                    raise RuntimeError("neither committed nor rolled back")
    """
    advice = "Use `warnings.warn(..., ResourceWarning)`, and catch what the calls may raise."
    fix = """
        import warnings


        class Transaction:
            def __init__(self):
                self.open = True

            def commit(self):
                self.open = False

            def __del__(self):
                if self.open:
                    warnings.warn("neither committed nor rolled back", ResourceWarning, source=self)
    """
    not_reported = (
        "Exceptions that are caught or suppressed, branches that the arguments rule out, checks of a function's own "
        "arguments, exceptions that a handler raises again, abstract methods that a subclass implements, and what "
        "calls of libraries may raise."
    )
    evidence = (DEL, "https://docs.python.org/3/library/sys.html#sys.unraisablehook")

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, summaries = about
        if finalizer.is_library:
            # What io's finalizers do with exceptions of ``close()`` is theirs: before Python 3.13 they say nothing.
            return
        reported: set[object] = set()
        for edge in finalizer.summary.edges:
            for escape in escapes(edge.target, evaluator, summaries):
                if (escape.at_path, escape.at) in reported:
                    continue
                reported.add((escape.at_path, escape.at))
                found = self.finding(
                    finalizer,
                    f"{describe(finalizer)} lets `{escape.what}` escape: it is only printed, "
                    "and what follows is left out",
                    culprit=escape.what,
                    path=escape.at_path,
                    span=escape.at,
                )
                raised = escape.path, escape.span.line, escape.span.column
                if (escape.path, escape.span) != (escape.at_path, escape.at):
                    way = Hop(escape.at_path, escape.at.line, escape.at.column, "the call that raises it")
                    found = found._replace(trace=(way, Hop(*raised, f"raise {escape.what}")))
                yield found._replace(culprit=Culprit(escape.what, *raised))
