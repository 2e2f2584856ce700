"""What a run says: findings, file errors, and the summary. The JSON contract is written from these."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from finlint.model.source import Span


class Severity(Enum):
    """From how long the finalizer can last: for ever or a self-deadlock; bounded; short."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {Severity.ERROR: 2, Severity.WARNING: 1, Severity.NOTE: 0}


class Confidence(Enum):
    """How sure the resolution of names and receivers is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        return _CONFIDENCE_RANK[self]


_CONFIDENCE_RANK = {Confidence.HIGH: 2, Confidence.MEDIUM: 1, Confidence.LOW: 0}


class RegistrationRef(NamedTuple):
    """Where the finalizer was registered. ``registrar`` is a qualified name or ``__del__``; where it is that of a
    library's class, the place is the method that it calls, or the class that inherits both."""

    registrar: str
    path: str
    line: int
    column: int

    @property
    def how(self) -> str:
        """How the object came to its finalizer: "defined by", "inherited from" or "registered by"."""
        if self.registrar == "__del__":
            return "defined by"
        return "inherited from" if self.registrar.endswith(".__del__") else "registered by"


class Culprit(NamedTuple):
    """The call that blocks (or retains, or raises), by qualified name, and where it stands."""

    call: str
    path: str
    line: int
    column: int


class Hop(NamedTuple):
    """One step of the chain from the callback to the culprit; ``text`` is the source text of the step."""

    path: str
    line: int
    column: int
    text: str


class Folded(NamedTuple):
    """A finding that is about the same mistake as another, and was folded into it."""

    code: str
    severity: Severity
    path: str
    line: int
    column: int
    message: str
    culprit: Culprit


class Finding(NamedTuple):
    code: str
    kind: str
    severity: Severity
    confidence: Confidence
    message: str
    path: str
    span: Span
    registration: RegistrationRef | None
    culprit: Culprit | None
    trace: tuple[Hop, ...]
    #: Other places that the finding is about; ``text`` says what is there.
    related: tuple[Hop, ...] = ()
    #: What lasts of the finding while lines move: the finalizer, then the functions of the chain, by name.
    names: tuple[str, ...] = ()
    #: Places that hold the lock while a finalizer may start there: those of its class first, then the likely ones.
    holders: tuple[Hop, ...] = ()
    #: Findings about the same mistake, which are not shown beside this one.
    folded: tuple[Folded, ...] = ()

    @property
    def said(self) -> str:
        """The message, with how many were folded into it."""
        return f"{self.message} (and {len(self.folded)} more like it)" if self.folded else self.message

    @property
    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.path, self.span.line, self.span.column, self.code, self.message)


class Change(NamedTuple):
    """A piece of a file to be replaced: lines and columns count from 1, the end is not part of it."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class OfferedFix(NamedTuple):
    """What could be done about a finding. ``safe``: the program means the same, but for the fault."""

    title: str
    safe: bool
    changes: tuple[Change, ...]


class FileError(NamedTuple):
    """A file that could not be read or parsed (FIN901). ``line`` and ``column`` are 1 where no place is known."""

    path: str
    line: int
    message: str
    column: int = 1


class Summary(NamedTuple):
    """Counts of one run: files found, files whose text was analysed, registrations seen, findings reported.

    ``limits``: how often bounds of the analysis cut something short, by name in order (``finlint.model.limits``).
    """

    files: int
    analysed: int
    registrations: int
    findings: int
    limits: tuple[tuple[str, int], ...] = ()


class Report(NamedTuple):
    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    summary: Summary


def distinct(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each callback and culprit, however often it is registered or inherited."""
    seen: set[object] = set()
    for finding in findings:
        key = (finding.code, finding.path, finding.span, finding.culprit)
        if key not in seen:
            seen.add(key)
            yield finding
