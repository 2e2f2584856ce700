"""The shape of a rule: one class, one declaration, from which everything that is said of the rule derives.

A rule is a subclass of ``FinalizerRule`` or ``ModuleRule`` (or of ``reaching.Reaches``, for what a finalizer comes to
by calls), in a module of its own in ``finlint/rules/`` that is called like its kind. It fills in the attributes below
and ``run``, which takes what it is asked about and gives findings. ``finlint.rules.registry`` finds the class, and the
codes, the rules' pages, the README's table and what a fixture claims derive from it (``docs/tools/rules.py`` writes
those that are files). Other modules name a code only where it meets others: two rules that see one mistake
(``finlint.folding``), and a fixer, which says whose finding it mends.

Nothing of the analysis is imported here, so that a rule about comments costs no more than itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, NamedTuple, TypeVar

from finlint.model.finding import Confidence, Culprit, Finding, Hop, RegistrationRef, Severity
from finlint.model.source import Span

if TYPE_CHECKING:
    from finlint.analysis.evaluation.evaluator import Evaluator
    from finlint.analysis.execution.finalizers import Finalizer
    from finlint.analysis.execution.interpreter import Summaries
    from finlint.analysis.program.symbols import ModuleNode

#: What a fixture's run can show; ``fixtures/README.md`` says what each of them means.
Verdict = Literal[
    "ran", "starved", "never-ran", "resurrected", "raised", "self-deadlocked", "never-started-body", "never-reached"
]

Subject = TypeVar("Subject", contravariant=True)

#: What ``--fix`` does about several rules.
BY_CLEANER = "`weakref.finalize(...)` to `cleaner().register(...)` (unsafe: the program needs `finlint.runtime` then)"
TRY_LOCK = (
    "otherwise try the lock instead of waiting for it, in the finalizer's own body (unsafe: the work is left undone)"
)

#: The documentation of ``__del__``, evidence of many rules.
DEL = "https://docs.python.org/3/reference/datamodel.html#object.__del__"
#: That of ``weakref.finalize``.
FINALIZE = "https://docs.python.org/3/library/weakref.html#weakref.finalize"


class Rule(Generic[Subject]):
    """One rule. The attributes without a value must be given; text is Markdown, programs may be indented."""

    #: FIN and three digits. The first is the family: what waits (1), hands over (2), never runs (3), breaks (4), and
    #: what is about the run itself (9).
    code: ClassVar[str]
    #: The code in words, with hyphens: the stable name in configuration, JSON and folders of fixtures.
    kind: ClassVar[str]
    #: Whether it reports unless it is switched off; if not it is opt-in.
    default: ClassVar[bool] = True
    #: Of its findings, where ``run`` says nothing else.
    severity: ClassVar[Severity] = Severity.WARNING
    #: The verdicts of a run of a fixture that this rule reports; the first is meant where a fixture does not say. Empty
    #: where there is no program to run.
    claims: ClassVar[tuple[Verdict, ...]] = ()

    #: What it reports, to go on after "reports what": no capital, no full stop.
    summary: ClassVar[str]
    #: Why that is bad.
    why: ClassVar[str]
    #: A program that is reported.
    example: ClassVar[str] = ""
    #: How to mend it in words, and the same program mended.
    advice: ClassVar[str]
    fix: ClassVar[str] = ""
    #: What ``--fix`` does about it, each with how safe it is; empty where it does nothing.
    mended: ClassVar[tuple[str, ...]] = ()
    #: What looks alike and is not reported.
    not_reported: ClassVar[str]
    #: Links to documentation and to public issues.
    evidence: ClassVar[tuple[str, ...]]

    def run(self, about: Subject) -> Iterator[Finding]:
        """The findings about one subject. Raises RecursionError where code nests more deeply than Python can follow."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """The summary as a sentence."""
        return f"{self.summary[:1].upper()}{self.summary[1:]}."


def program(text: str) -> str:
    """The text of an example or a fix as it would stand in a file."""
    import textwrap

    return textwrap.dedent(text).strip() + "\n" if text else ""


class FinalizerPass(NamedTuple):
    """One finalizer: a registration with a callback, or a class with ``__del__``, and whom to ask about it."""

    finalizer: Finalizer
    evaluator: Evaluator
    summaries: Summaries


class FinalizerRule(Rule[FinalizerPass]):
    """A rule about each finalizer by itself: how it is registered, what its callback is."""

    def finding(
        self,
        finalizer: Finalizer,
        message: str,
        *,
        culprit: str = "",
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        path: str | None = None,
        span: Span | None = None,
    ) -> Finding:
        """A finding of this rule at ``span`` of ``path``; at the registration where no place is given."""
        path = path if path is not None else finalizer.module.path
        span = span if span is not None else finalizer.span
        return Finding(
            self.code,
            self.kind,
            self.severity if severity is None else severity,
            confidence,
            message[:1].upper() + message[1:],
            path,
            span,
            registration_ref(finalizer),
            Culprit(culprit or finalizer.registrar, path, span.line, span.column),
            (Hop(path, span.line, span.column, culprit),) if culprit else (),
            names=(name_of(finalizer),),
        )


class ModulePass(NamedTuple):
    """One module that is linted, whatever finalizers it has."""

    module: ModuleNode
    evaluator: Evaluator


class ModuleRule(Rule[ModulePass]):
    """A rule about each module."""

    def finding(self, path: str, span: Span, message: str, *, culprit: str, names: tuple[str, ...]) -> Finding:
        """A finding of this rule about the call of ``culprit`` at ``span``; there is no registration. ``names`` tell
        where it is whatever the lines."""
        at = Culprit(culprit, path, span.line, span.column)
        about = (self.code, self.kind, self.severity, Confidence.HIGH, message)
        return Finding(*about, path, span, None, at, (), names=names)


def registration_ref(finalizer: Finalizer) -> RegistrationRef:
    return RegistrationRef(finalizer.registrar, finalizer.module.path, finalizer.span.line, finalizer.span.column)


def name_of(finalizer: Finalizer) -> str:
    """The finalizer by names alone: ``Pool.__del__``, or the registrar and its callbacks."""
    if finalizer.owner is not None:
        return f"{finalizer.owner.node.name}.__del__"
    names = [edge.target.function.qualified for edge in finalizer.summary.edges if edge.target.function is not None]
    return " ".join([finalizer.registrar, *dict.fromkeys(names)])
