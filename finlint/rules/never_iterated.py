"""FIN304: calling the callback only makes a generator, or its own body makes one and drops it: that one never runs."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.dropped_coroutines import dropped_coroutines
from finlint.model.finding import Finding, Severity
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import FINALIZE, FinalizerPass, FinalizerRule
from finlint.rules.base.suspended import made_by, only_makes


class NeverIterated(FinalizerRule):
    code = "FIN304"
    kind = "never-iterated"
    severity = Severity.ERROR
    claims = ("never-started-body",)

    summary = "the callback is a generator function, whose body never runs"
    why = "Calling a generator function makes a generator; its body starts when it is iterated, and nobody does."
    example = """
        import weakref


        def close(parts):
            for part in parts:
                yield part.close()


        def watch(pool, parts):
            weakref.finalize(pool, close, parts)
    """
    advice = "Make it a plain function, or register one that consumes it."
    fix = """
        import weakref


        def close(parts):
            for part in parts:
                part.close()


        def watch(pool, parts):
            weakref.finalize(pool, close, parts)
    """
    not_reported = "Generators that the callback consumes itself, and generators among its arguments."
    evidence = (FINALIZE, "https://docs.python.org/3/reference/expressions.html#yield-expressions")

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, summaries = about
        made = made_by(finalizer, evaluator)
        if made is not None:
            if made.what == "generator":
                yield self.finding(finalizer, only_makes(finalizer, made), culprit=made.name)
            return
        for edge in finalizer.summary.edges:
            for dropped in dropped_coroutines(edge.target, evaluator, summaries):
                if dropped.what == "generator":
                    yield self.finding(
                        finalizer,
                        f"{describe(finalizer)} makes the generator `{dropped.call}` and {dropped.why}",
                        culprit=dropped.call,
                        severity=Severity.WARNING,
                        confidence=dropped.confidence,
                        path=dropped.path,
                        span=dropped.span,
                    )
