"""FIN101-FIN113, FIN201, FIN202: a finalizer reaches a call that waits, or hands work over unsafely."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from finlint.analysis.domain.call_contexts import CallContext
from finlint.analysis.domain.values import Bound, Function
from finlint.analysis.execution.finalizers import Finalizer, callback_functions
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.reachability import Step, Witness, witnesses
from finlint.analysis.properties.alive import is_own_lock, is_own_thread
from finlint.analysis.properties.interpreter_exit import may_run_at_exit
from finlint.analysis.properties.lock_regions import Holder, holder
from finlint.model.codes import CODE_OF_KIND
from finlint.model.finding import Culprit, Finding, Hop, RegistrationRef, Severity
from finlint.model.source import Span

#: What the finalizer does, for the sentence "X <verb> `call`".
_VERBS = {
    "channel-receive": "waits to receive in",
    "lock": "acquires the lock",
    "sleep": "sleeps in",
    "wait": "waits in",
    "network-io": "talks to the network in",
    "file-io": "does file I/O in",
    "subprocess": "runs or waits for a process in",
    "event-loop": "runs an event loop in",
    "channel-send": "may wait to send in",
    "busy-loop": "spins in",
    "console-io": "reads or writes the console in",
    "reentrant-lock": "acquires the reentrant lock",
    "logging": "logs in",
    "unsafe-handoff": "hands work over through",
    "exit-thread": "starts a thread in",
}

_SEVERITY = {"unbounded": Severity.ERROR, "bounded": Severity.WARNING, "short": Severity.NOTE}

_WHY = {
    "unsafe-handoff": ", which takes a lock that is not reentrant: a collection inside it deadlocks with itself",
    "exit-thread": ", which fails when the interpreter is exiting",
    "lock": ", which is not reentrant",
}


#: Findings of one code and severity that one line of a finalizer gets. Some reach half of their package: one of ray's
#: would have seventeen locks. Whoever keeps it from the nearest ones keeps it from most others.
MAX_OF_A_KIND = 5

#: What a wait comes to that cannot be one, because whoever is waited for would keep the object alive.
_WHEN_FREE = {"lock": Severity.NOTE, "wait": Severity.WARNING}

_FREE = {
    "lock": "; only methods of the object take it, and whoever runs one keeps the object alive",
    "wait": ", which has the object until it ends: the finalizer does not run before, and never stops it",
}


def blocking(
    finalizer: Finalizer, summaries: Summaries, linted: Callable[[str], bool], text_at: Callable[[Step], str]
) -> Iterator[Finding]:
    """The findings of one finalizer. ``linted`` tells whether a file is one of those being linted."""
    found = list(_findings(finalizer, summaries, linted, text_at))
    # A call that waits before it comes to hand something over is one mistake, not two.
    waits: dict[tuple[str, Span], int] = {}
    for finding in found:
        if finding.severity is Severity.ERROR and finding.code < "FIN2":
            place = (finding.path, finding.span)
            waits[place] = min(len(finding.trace), waits.get(place, len(finding.trace)))
    kept = []
    for finding in found:
        nearest = waits.get((finding.path, finding.span))
        if finding.code < "FIN2" or nearest is None or nearest >= len(finding.trace):
            kept.append(finding)
    yield from _nearest(kept)


def _nearest(findings: list[Finding]) -> Iterator[Finding]:
    """Of many findings of one kind those with the shortest chains; the last of them says how many more there are."""
    groups: dict[tuple[str, Severity, str, int], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.severity, finding.path, finding.span.line), []).append(finding)
    for group in groups.values():
        group.sort(key=lambda finding: len(finding.trace))
        *kept, last = group[:MAX_OF_A_KIND]
        more = len(group) - MAX_OF_A_KIND
        yield from kept
        yield last if more <= 0 else last._replace(message=f"{last.message} (and {more} more, further away)")


def _findings(
    finalizer: Finalizer, summaries: Summaries, linted: Callable[[str], bool], text_at: Callable[[Step], str]
) -> Iterator[Finding]:
    reported: set[object] = set()
    at_exit = may_run_at_exit(finalizer, summaries)
    for witness in _witnesses(finalizer, summaries):
        effect = witness.effect
        if effect.kind == "exit-thread" and not at_exit:
            continue
        if effect.kind == "unsafe-handoff" and finalizer.registrar.startswith(_SERIAL):
            continue
        steps = witness.steps
        free = _is_free(finalizer, witness, summaries)
        severity = _SEVERITY[effect.lasts] if not free else _WHEN_FREE[effect.kind]
        if witness.first:
            severity = Severity.NOTE
        # The first step is the registration itself; the callback's own body comes next.
        primary = steps[1] if len(steps) > 1 and linted(steps[1].path) else steps[0]
        # ``close()`` that writes forty times is one thing to mend: the nearest stands for all. Two locks are two.
        subject = "" if effect.kind in _MERGED else effect.subject
        if effect.kind in ("lock", "reentrant-lock"):
            library, _, method = effect.call.rpartition(".")
            if method not in _ACQUIRES:
                # A library's own locks are one thing to stay away from.
                subject = library.partition(".")[0]
            elif not subject:
                # ``with self._lock`` and ``with self._other_lock``.
                subject = text_at(steps[-1])
        place: object = primary.span.line if effect.kind in _MERGED else primary.span
        same = (effect.kind, primary.path, place, subject, severity)
        if same in reported:
            continue
        reported.add(same)
        trace = tuple(Hop(s.path, s.span.line, s.span.column, text_at(s)) for s in steps[1:] or steps)
        matters = effect.kind == "lock" and not free and not witness.first
        holding = _holder(finalizer, witness, summaries) if matters else None
        yield Finding(
            CODE_OF_KIND[effect.kind],
            effect.kind,
            severity,
            effect.confidence,
            _message(finalizer, witness, free) + (_holds(holding) if holding is not None else ""),
            primary.path,
            primary.span,
            registration_ref(finalizer),
            Culprit(effect.call, effect.path, effect.span.line, effect.span.column),
            trace,
            () if holding is None else (_related(holding),),
            (name_of(finalizer), *(_function(step.context) for step in steps[1:])),
        )


def _witnesses(finalizer: Finalizer, summaries: Summaries) -> Iterator[Witness]:
    registered = Step(finalizer.module.path, finalizer.span, finalizer.root)
    seen: set[object] = set()
    for effect in finalizer.summary.effects:
        yield Witness(effect, (registered,))
    for edge in finalizer.summary.edges:
        for witness in witnesses(edge.target, summaries):
            if witness.effect.culprit not in seen:
                seen.add(witness.effect.culprit)
                yield witness._replace(steps=(registered, *witness.steps))


def _is_free(finalizer: Finalizer, witness: Witness, summaries: Summaries) -> bool:
    """Whether nobody can have what the call waits for any more, because he would have the object, too."""
    effect = witness.effect
    if effect.kind not in _WHEN_FREE or finalizer.owner is None or not isinstance(finalizer.callback, Bound):
        # A callback about another object may run while somebody is in a method of this one.
        return False
    me, contexts = finalizer.callback.receiver, [step.context for step in witness.steps[1:]]
    if effect.kind == "lock":
        return is_own_lock(me, contexts, effect.span, summaries.evaluator)
    return is_own_thread(me, contexts[-1], effect.span, summaries.evaluator)


def _holder(finalizer: Finalizer, witness: Witness, summaries: Summaries) -> Holder | None:
    """A place that holds the lock while the finalizer may start there; only where it would wait for ever."""
    effect = witness.effect
    if effect.lasts != "unbounded" or finalizer.registrar.startswith(_SERIAL):
        return None
    callback = finalizer.callback.function if isinstance(finalizer.callback, Bound) else finalizer.callback
    node = callback.node if isinstance(callback, Function) else None
    return holder(witness.steps[-1].context, effect.span, summaries.evaluator, node)


def _holds(holding: Holder) -> str:
    where = f"{os.path.basename(holding.path)}:{holding.span.line}"
    return f"; `{holding.function}` ({where}) holds it while it {holding.does}: a finalizer that starts there deadlocks"


def _related(holding: Holder) -> Hop:
    text = f"`{holding.function}` holds the lock while it {holding.does}"
    return Hop(holding.path, holding.span.line, holding.span.column, text)


def registration_ref(finalizer: Finalizer) -> RegistrationRef:
    return RegistrationRef(finalizer.registrar, finalizer.module.path, finalizer.span.line, finalizer.span.column)


def name_of(finalizer: Finalizer) -> str:
    """The finalizer by names alone: ``Pool.__del__``, or the registrar and its callbacks."""
    if finalizer.owner is not None:
        return f"{finalizer.owner.node.name}.__del__"
    names = [edge.target.function.qualified for edge in finalizer.summary.edges if edge.target.function is not None]
    return " ".join([finalizer.registrar, *names])


def describe(finalizer: Finalizer) -> str:
    """The finalizer as a message names it: ``Pool.__del__``, or the callback and its registrar."""
    if finalizer.owner is not None and finalizer.is_library:
        method = next(callback_functions(finalizer.callback)).node.name
        return f"`{finalizer.owner.node.name}.{method}`, which `{finalizer.registrar}` calls,"
    if finalizer.owner is not None:
        return f"`{finalizer.owner.node.name}.__del__`"
    names = [edge.target.function.qualified for edge in finalizer.summary.edges if edge.target.function is not None]
    callback = f"callback `{names[0]}`" if names else "the callback"
    return f"{callback} of `{finalizer.registrar}`"


def _message(finalizer: Finalizer, witness: Witness, free: bool) -> str:
    effect = witness.effect
    through = [_called(step.context) for step in witness.steps[2:]]
    via = ""
    if through:
        shown = through if len(through) <= 4 else [*through[:2], "...", through[-1]]
        via = " through " + ", ".join(f"`{name}()`" if name != "..." else name for name in shown)
    subject = f" of `{effect.subject}`" if effect.subject else ""
    bounded = " (bounded by a timeout)" if effect.lasts == "bounded" and effect.kind in _TIMED else ""
    why = (_FREE if free else _WHY).get(effect.kind, "")
    if witness.first:
        why = f", the first time only, while it makes `{witness.first}`"
    sentence = f"{describe(finalizer)} {_VERBS[effect.kind]} `{effect.call}`{subject}{bounded}{via}{why}"
    return sentence[:1].upper() + sentence[1:]


#: I/O: many operations on one thing are one finding.
_MERGED = frozenset({"file-io", "network-io", "console-io", "logging", "subprocess", "unsafe-handoff", "exit-thread"})

#: What takes the lock itself that it is called on.
_ACQUIRES = frozenset({"acquire", "acquire_lock", "lock", "wait", "wait_for", "__enter__"})

#: Finalizers on a worker of their own never interrupt the code that holds the lock.
_SERIAL = "finlint.runtime."

_TIMED = frozenset({"channel-receive", "lock", "wait", "channel-send", "reentrant-lock"})


def _called(context: CallContext) -> str:
    return context.function.name if context.function is not None else "?"


def _function(context: CallContext) -> str:
    return context.function.qualified if context.function is not None else ""
