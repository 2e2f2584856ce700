"""FIN902: a suppression that suppresses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finlint.model.finding import Confidence, Finding, Severity
from finlint.rules.base.rule import Rule
from finlint.syntax.suppressions import Directive, covers, is_known


class Comment(NamedTuple):
    """One comment that suppresses, and the codes of the findings that it suppressed."""

    path: str
    directive: Directive
    hits: frozenset[str]


class UnusedSuppression(Rule[Comment]):
    code = "FIN902"
    kind = "unused-suppression"
    default = False
    severity = Severity.NOTE

    summary = "a suppression that suppresses nothing"
    why = "It hides the next finding on its line, which somebody should see."
    example = """
        import time


        class Job:
            def __del__(self):
                self.done = True  # finlint: ignore[FIN103] -- it was time.sleep(1)
    """
    advice = "Remove the comment."
    fix = """
        class Job:
            def __del__(self):
                self.done = True
    """
    not_reported = (
        "Suppressions of codes that are not selected, and a bare `# noqa`, which may be meant for another tool."
    )
    evidence = ("https://docs.astral.sh/ruff/rules/unused-noqa/",)

    def run(self, about: Comment) -> Iterator[Finding]:
        message = _complaint(about.directive, about.hits)
        if message:
            yield Finding(
                self.code,
                self.kind,
                self.severity,
                Confidence.HIGH,
                message,
                about.path,
                about.directive.span,
                None,
                None,
                (),
                names=about.directive.codes or (),
            )


def _complaint(directive: Directive, hits: frozenset[str]) -> str:
    where = directive.where
    if directive.codes is None:
        # A bare noqa may be meant for another tool.
        return f"The comment suppresses nothing: finlint finds nothing {where}" if directive.own and not hits else ""
    unknown = [written for written in directive.codes if not is_known(written)]
    idle = [w for w in directive.codes if w not in unknown and not any(covers(w, code) for code in hits)]
    parts = []
    if unknown:
        parts.append(f"names no rule with {_quoted(unknown)}")
    if idle:
        parts.append(f"suppresses nothing with {_quoted(idle)}: no such finding {where}")
    return f"The comment {' and '.join(parts)}" if parts else ""


def _quoted(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
