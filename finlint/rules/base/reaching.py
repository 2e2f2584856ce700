"""Rules about what a finalizer comes to by calls: the walk is made once for each finalizer, each rule takes its kind.

``Reaches`` is such a rule: it says what its kind is called in a message, and which of the effects count.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import ClassVar, NamedTuple

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.effects import EffectKind
from finlint.analysis.domain.values import Bound, Value
from finlint.analysis.execution.finalizers import Finalizer
from finlint.analysis.execution.generators import GENERATOR
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.reachability import Step, Witness, witnesses
from finlint.analysis.program.statements import is_in_loop
from finlint.analysis.properties.custody import Custody, custody, is_own
from finlint.analysis.properties.deliberate import deliberate
from finlint.analysis.properties.frame_owned import is_of_frame
from finlint.analysis.properties.lock_regions import Holder
from finlint.analysis.properties.origin import Origin, origin
from finlint.analysis.properties.ownership import MOMENTARY, QUEUES
from finlint.analysis.properties.platforms import platform_of
from finlint.model.finding import Confidence, Culprit, Finding, Hop, Severity
from finlint.model.source import Span
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import Rule, Verdict, name_of, registration_ref

WHY = (
    "A finalizer runs in whichever thread drops the last reference or happens to collect garbage, between any two "
    "instructions of it. While it waits, that thread does, and while the collector runs it no other thread collects "
    "garbage; with a serial finalizer worker, no other finalizer runs. A method that the `__del__` of a library's "
    "class calls is a finalizer, too: `close()` of an `io.RawIOBase`, or of a `zipfile.ZipFile`. So is what a "
    "generator has left to do (`finally`, `except BaseException`, the exits of a `with`) where it is freed unfinished."
)
NOT_REPORTED = (
    "Calls that do not wait (`blocking=False`, `timeout=0`, `wait=False`), branches that the arguments rule out, "
    "functions that are only referenced, and work that is handed to a thread, an executor or a loop."
)
OWN = "; only the object and its parts take it, and whoever does has the object alive"
BOUNDED = (
    " A wait with a timeout is a warning, one without an error. One of at most ten seconds for what has been told to "
    "end before (`self._stop.set(); self._thread.join(timeout=2)`) is a note."
)

#: At most so many findings of one code and severity are reported at one line of a finalizer, the nearest first. Some
#: finalizers reach half of their package: one of ray's would have seventeen locks. Whoever mends the nearest five has
#: most often mended the others.
MAX_OF_A_KIND = 5

#: Calls from which on a chain is less certain: at most medium confidence, then low.
_LONGISH, _LONG = 6, 9
#: Functions that one call of a chain may mean, from which on its confidence is at most medium.
_MANY = 3

_SEVERITY = {"unbounded": Severity.ERROR, "bounded": Severity.WARNING, "short": Severity.NOTE}

#: Finalizers on a worker of their own never interrupt the code that holds a lock.
_SERIAL = "finlint.runtime."


class Reached:
    """One finalizer with all that it comes to: what a ``Reaches`` rule is asked about.

    ``linted`` tells whether a file is one of those being linted; ``text_at`` gives the source text of a step.
    """

    def __init__(
        self,
        finalizer: Finalizer,
        summaries: Summaries,
        linted: Callable[[str], bool],
        text_at: Callable[[Step], str],
    ) -> None:
        self.finalizer = finalizer
        self.summaries = summaries
        self.text_at = text_at
        self._custody: dict[object, Custody] = {}
        self._own: dict[object, bool] = {}
        self._linted = linted

    @property
    def is_serial(self) -> bool:
        """Whether it runs on a worker that runs finalizers only."""
        return self.finalizer.registrar.startswith(_SERIAL)

    @property
    def is_generator(self) -> bool:
        """Whether it is a generator that is freed unfinished."""
        return self.finalizer.registrar == GENERATOR

    def custody(self, witness: Witness) -> Custody:
        """Who can be inside the lock or queue that a chain leads to."""
        key = witness.effect.culprit
        known = self._custody.get(key)
        if known is None:
            me, registration = own_object(self.finalizer), self.finalizer.registration
            known = custody(me, _followed(witness), self.summaries.evaluator, self.finalizer.function, registration)
            self._custody[key] = known = known._replace(own=known.own or self._is_of_frame(witness))
        return known

    def is_own(self, witness: Witness) -> bool:
        """Whether nobody can be inside it: ``custody`` without the search for those who are."""
        key = witness.effect.culprit
        known = self._own.get(key)
        if known is None:
            me, registration = own_object(self.finalizer), self.finalizer.registration
            calls_only = QUEUES | MOMENTARY if witness.effect.kind == "inner-lock" else QUEUES
            known = is_own(me, _followed(witness), self.summaries.evaluator, registration, calls_only)
            known = self._own[key] = known or self._is_of_frame(witness)
        return known

    def origin(self, witness: Witness) -> Origin:
        """Where the object has what it waits for from, if that is a lock, a queue or a condition; what it is known to
        have to itself is as sure as what came from outside."""
        effect = witness.effect
        if effect.kind not in ("lock", "unsafe-handoff") and not self._asks_before(witness):
            return "outside"
        if self.is_own(witness):
            return "outside"
        me, registration = own_object(self.finalizer), self.finalizer.registration
        return origin(me, _followed(witness), self.summaries.evaluator, registration)

    @staticmethod
    def _asks_before(witness: Witness) -> bool:
        """Whether it waits in a condition for as long as something is so, which nobody may have to change."""
        function, effect = witness.steps[-1].context.function, witness.effect
        if function is None or effect.call != "threading.Condition.wait":
            return False
        return is_in_loop(function.ir.body, effect.span)

    def _is_of_frame(self, witness: Witness) -> bool:
        """Whether a generator that is freed leads to what only it has."""
        generator = self.finalizer.function
        steps = _followed(witness)
        return self.is_generator and generator is not None and is_of_frame(generator, steps, self.summaries.evaluator)

    def of_kind(self, kind: EffectKind) -> list[Witness]:
        return self._by_kind.get(kind, [])

    def is_deliberate(self, witness: Witness) -> bool:
        """Whether it is a wait of few seconds for what has been told to end."""
        return witness.effect.seconds is not None and witness.effect.culprit in self._deliberate

    @cached_property
    def _deliberate(self) -> frozenset[object]:
        found = [w._replace(steps=_followed(w)) for witnesses in self._by_kind.values() for w in witnesses]
        return deliberate(found, self.summaries)

    def primary(self, witness: Witness) -> Step:
        """The step that is reported: the first in the callback's own body, or the registration."""
        steps = witness.steps
        # The first step is the registration itself; the callback's own body comes next.
        return steps[1] if len(steps) > 1 and self._linted(steps[1].path) else steps[0]

    @cached_property
    def _by_kind(self) -> dict[str, list[Witness]]:
        out: dict[str, list[Witness]] = {}
        for witness in self._witnesses():
            out.setdefault(witness.effect.kind, []).append(witness)
        return out

    def _witnesses(self) -> Iterator[Witness]:
        finalizer = self.finalizer
        registered = Step(finalizer.module.path, finalizer.span, finalizer.root)
        seen: set[object] = set()
        for effect in finalizer.summary.effects:
            yield Witness(effect, (registered,))
        for edge in finalizer.summary.edges:
            for witness in witnesses(edge.target, self.summaries):
                if witness.effect.culprit not in seen:
                    seen.add(witness.effect.culprit)
                    yield witness._replace(steps=(registered, *witness.steps))


def _followed(witness: Witness) -> tuple[Step, ...]:
    """The steps from the callback's own body on; that of the registration where there are no others."""
    return witness.steps[1:] or witness.steps


class Mildly(NamedTuple):
    """A wait that cannot be what it looks like: the severity that is left, and why, to go on after the call."""

    severity: Severity
    because: str


def _if_deliberate(witness: Witness, about: Reached) -> Mildly | None:
    """A short wait that was meant: whoever wrote it would not mend it."""
    return Mildly(Severity.NOTE, ", which it has told to end") if about.is_deliberate(witness) else None


class Reaches(Rule[Reached]):
    """A rule about one kind of effect; the severity is that of how long it lasts."""

    why = WHY
    not_reported = NOT_REPORTED
    claims: ClassVar[tuple[Verdict, ...]] = ("starved", "self-deadlocked")

    kind: ClassVar[EffectKind]
    #: What the finalizer does, for the sentence "X <verb> `call`".
    verb: ClassVar[str]
    #: What more there is to say of it, to go on after the call.
    because: ClassVar[str] = ""
    #: Whether many operations on one line are one finding: ``close()`` that writes forty times is one thing to mend,
    #: and the nearest stands for all. Two locks are two.
    merged: ClassVar[bool] = False
    #: Whether a call of this kind is bounded by a timeout, if it is bounded.
    timed: ClassVar[bool] = False

    def run(self, about: Reached) -> Iterator[Finding]:
        if not self.counts(about):
            return
        reported: set[object] = set()
        for witness in about.of_kind(self.kind):
            mild = self.mildly(witness, about) or _if_deliberate(witness, about)
            severity = _SEVERITY[witness.effect.lasts] if mild is None else mild.severity
            if witness.first:
                severity = Severity.NOTE
            primary = about.primary(witness)
            place: object = primary.span.line if self.merged else primary.span
            subject = "" if self.merged else self.subject(witness, about)
            same = (primary.path, place, subject, severity)
            if same in reported:
                continue
            platform = platform_of(_followed(witness), about.summaries.evaluator)
            if platform is not None:
                reported.add(same)
                yield self._finding(witness, severity, mild, platform, about)

    def counts(self, about: Reached) -> bool:
        """Whether effects of this kind matter to this finalizer at all."""
        return True

    def mildly(self, witness: Witness, about: Reached) -> Mildly | None:
        """What is left of it where nobody can have what it waits for, because he would have the object, too."""
        return None

    def subject(self, witness: Witness, about: Reached) -> str:
        """What it happens to: two of one subject at one place are one finding."""
        return witness.effect.subject

    def certainty(self, witness: Witness, about: Reached) -> Confidence:
        """How sure the chain is: each of its calls was resolved, and all must be right. Judged by hand
        (``docs/accuracy.md``): of long chains few were true."""
        calls = len(witness.steps) - 1
        if calls >= _LONG:
            return Confidence.LOW
        whence = about.origin(witness)
        if whence == "made":
            return Confidence.LOW
        if calls >= _LONGISH or witness.spread >= _MANY or whence == "shown":
            return Confidence.MEDIUM
        return Confidence.HIGH

    def done(self, witness: Witness, about: Reached) -> str:
        """What the finalizer does, as the predicate of a sentence."""
        effect = witness.effect
        subject = f" of `{effect.subject}`" if effect.subject else ""
        return f"{self.verb} `{effect.call}`{subject}"

    def other_halves(self, witness: Witness, about: Reached) -> tuple[Holder, ...]:
        """Other places that make it a deadlock, the likeliest first."""
        return ()

    def _finding(
        self, witness: Witness, severity: Severity, mild: Mildly | None, platform: str, about: Reached
    ) -> Finding:
        effect, steps = witness.effect, witness.steps
        primary = about.primary(witness)
        halves = self.other_halves(witness, about) if mild is None and not witness.first else ()
        return Finding(
            self.code,
            self.kind,
            severity,
            min(effect.confidence, self.certainty(witness, about), key=lambda level: level.rank),
            self._message(witness, mild, platform, about) + (_deadlock(halves[0], primary.path) if halves else ""),
            primary.path,
            primary.span,
            registration_ref(about.finalizer),
            Culprit(effect.call, effect.path, effect.span.line, effect.span.column),
            tuple(Hop(s.path, s.span.line, s.span.column, about.text_at(s)) for s in _followed(witness)),
            tuple(map(_hop, halves[:1])),
            (name_of(about.finalizer), *(_function(step.context) for step in steps[1:])),
            tuple(map(_hop, halves)),
        )

    def _message(self, witness: Witness, mild: Mildly | None, platform: str, about: Reached) -> str:
        effect = witness.effect
        bounded = " (bounded by a timeout)" if self.timed and effect.timed else ""
        because = self.because if mild is None else mild.because
        if witness.first:
            because = f", the first time only, while it makes `{witness.first}`"
        via = _through(witness)
        done = self.done(witness, about)
        where = f" ({platform})" if platform else ""
        sentence = f"{describe(about.finalizer)} {done}{bounded}{where}{via}{because}"
        return sentence[:1].upper() + sentence[1:]


def _deadlock(half: Holder, path: str) -> str:
    where = f"{_seen_from(half.path, path)}:{half.span.line}"
    return f"; `{half.function}` ({where}) holds it while it {half.does}: a finalizer that starts there deadlocks"


def _seen_from(path: str, other: str) -> str:
    """``path`` as somebody who stands in the file ``other`` says it: many packages have two files of one name."""
    try:
        return os.path.relpath(path, os.path.dirname(other)).replace(os.sep, "/")
    except ValueError:
        # They are on two drives.
        return os.path.basename(path)


def _hop(half: Holder) -> Hop:
    text = f"`{half.function}` holds the lock while it {half.does}"
    return Hop(half.path, half.span.line, half.span.column, text)


def _through(witness: Witness) -> str:
    through = [_called(step.context) for step in witness.steps[2:]]
    if not through:
        return ""
    shown = through if len(through) <= 4 else [*through[:2], "...", through[-1]]
    return " through " + ", ".join(f"`{name}()`" if name != "..." else name for name in shown)


def _called(context: CallContext) -> str:
    return context.function.name if context.function is not None else "?"


def _function(context: CallContext) -> str:
    return context.function.qualified if context.function is not None else ""


#: Kinds that wait for one who holds something.
_LOCKS = frozenset({"lock", "reentrant-lock", "unsafe-handoff", "inner-lock"})


def kept(findings: Iterable[Finding]) -> Iterator[Finding]:
    """What is said of all that was found in one finalizer: one mistake once, and of many alike the nearest."""
    found = list(findings)
    # A call that waits before it comes to hand something over is one mistake, not two.
    waits: dict[tuple[str, Span], int] = {}
    for finding in found:
        if finding.severity is Severity.ERROR and finding.code < "FIN2":
            place = (finding.path, finding.span)
            waits[place] = min(len(finding.trace), waits.get(place, len(finding.trace)))
    out = []
    for finding in found:
        nearest = waits.get((finding.path, finding.span))
        if finding.code < "FIN2" or nearest is None or nearest >= len(finding.trace):
            out.append(finding)
    yield from _nearest(out)


def _nearest(findings: list[Finding]) -> Iterator[Finding]:
    """Of many findings of one kind those with the shortest chains; the last of them says how many more there are."""
    groups: dict[tuple[str, Severity, str, int], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.severity, finding.path, finding.span.line), []).append(finding)
    for group in groups.values():
        group.sort(key=lambda finding: len(finding.trace))
        *first, last = group[:MAX_OF_A_KIND]
        more = len(group) - MAX_OF_A_KIND
        yield from first
        yield last if more <= 0 else last._replace(message=f"{last.message} (and {more} more, further away)")


def is_certain(finding: Finding) -> bool:
    """Whether a freed generator is in for trouble: most are taken to their end, or left where nobody is in the way."""
    return finding.severity is Severity.ERROR and (finding.kind not in _LOCKS or bool(finding.related))


def own_object(finalizer: Finalizer) -> Value | None:
    """The object that is finalized where its own method is the callback; a callback about another object may run while
    somebody is in a method of this one."""
    if finalizer.owner is None or not isinstance(finalizer.callback, Bound):
        return None
    return finalizer.callback.receiver
