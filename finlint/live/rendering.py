"""Verdicts as text for people and as an object for JSON."""

from __future__ import annotations

import os
from typing import Any

from finlint.live.diagnosis import Diagnosed, Diagnosis
from finlint.live.recognise import NATIVE, StartedBy
from finlint.live.stacks import Collection
from finlint.live.verdicts import BLOCKED, DEADLOCK, SELF_DEADLOCK, Held, Place, State, Verdict
from finlint.report.plain import plain

#: The middle of a longer stack says nothing more.
_MOST_FRAMES = 12
#: Each of a thousand threads may have all the others behind it.
_MOST_BEHIND = 12

_STARTED: dict[StartedBy, str] = {
    "collector": "the collector",
    "drop": "the drop of the last reference",
    "collector or drop": "the collector, or the drop of the last reference,",
    "exit": "the interpreter's exit",
}
_STATES: dict[State, str] = {
    SELF_DEADLOCK: "it waits for its own thread (self-deadlock)",
    DEADLOCK: "it and another thread wait for each other (deadlock)",
    BLOCKED: "it is blocked",
}


def text(diagnosis: Diagnosis, *, said_by: str = "finlint") -> str:
    """All verdicts, or the line that there is none."""
    if not diagnosis.stuck:
        count = len(diagnosis.dump.threads)
        threads = "the only thread is" if count == 1 else f"none of {count} threads is"
        negation = " not" if count == 1 else ""
        return f"{threads.capitalize()}{negation} in a finalizer ({diagnosis.dump.format}).\n"
    return "\n".join(_text(found, said_by) for found in diagnosis.stuck)


def _text(found: Diagnosed, said_by: str) -> str:
    verdict = found.verdict
    out = [_headline(verdict, said_by)]
    if verdict.waits is not None:
        waits = verdict.waits
        shown = f" {waits.object}" if waits.object else ""
        out.append(f"waits for `{waits.text}`{shown} at {_shown(waits.place)}")
    if verdict.held is not None:
        out.append(f"held by {_holder(verdict.held)}")
    if verdict.interrupted is not None:
        started = _STARTED[verdict.started_by]
        at = f" @{verdict.opcode}" if verdict.opcode else ""
        out.append(f"started by {started} at {_shown(verdict.interrupted)}{at}")
    if verdict.behind:
        more = len(verdict.behind) - _MOST_BEHIND
        names = [*verdict.behind[:_MOST_BEHIND], *([f"{more} more"] if more > 0 else [])]
        out.append(f"behind it, for the same lock: {', '.join(names)}")
    if verdict.collection is not None:
        out += _collection(verdict.collection)
    if verdict.stack:
        out.append("the stack of the finalizer, the innermost frame first:")
        out += [f"  {line}" for line in _stack(verdict.stack)]
    if (finding := found.finding) is not None:
        out.append(
            f"{finding.code} [{finding.kind}] at {_path(finding.path)}:{finding.line} says so without running it: "
            f"{finding.hops} of {finding.of} places of its chain are on the stack (finlint rule {finding.code})"
        )
    lines = [plain(line) for line in out]
    return (
        "\n".join([lines[0], *(f"   {line}" if line.startswith("  ") else f"   = {line}" for line in lines[1:])]) + "\n"
    )


def _headline(verdict: Verdict, said_by: str) -> str:
    since = "" if verdict.seconds is None else f" for {verdict.seconds:.1f} s"
    if verdict.kind == NATIVE:
        return f"{said_by}: thread {verdict.thread} has been in {verdict.kind}{since}: the collector waits for it"
    of = f" of {verdict.object}" if verdict.object else ""
    been = f"has been{since}" if since else "is"
    return (
        f"{said_by}: thread {verdict.thread} {been} in the finalizer `{verdict.finalizer}` ({verdict.kind}){of}: "
        f"{_STATES[verdict.state]}"
    )


def _holder(held: Held) -> str:
    whose = "the same thread" if held.same_thread else f"thread {held.thread}"
    now = "" if held.now.line == held.place.line else f", now at line {held.now.line}"
    return f"`{held.place.function}` at {_shown(held.place)}{now}, in {whose} ({held.certainty.text}: `{held.text}`)"


def _collection(held: Collection) -> list[str]:
    out = [
        f"the collector is held for {held.seconds:.1f} s: no thread frees reference cycles meanwhile; "
        f"{held.made:,} objects since (it starts at {held.threshold:,})"
    ]
    if held.young:
        out.append("what has been made since, by type:")
        out += [f"  {count:>9,}  {name}" for name, count in held.young]
    return out


def _stack(stack: tuple[Place, ...]) -> list[str]:
    lines = [f"{_shown(place)} {place.function}" for place in stack]
    if len(lines) <= _MOST_FRAMES:
        return lines
    half = _MOST_FRAMES // 2
    return [*lines[:half], f"... {len(lines) - 2 * half} more ...", *lines[-half:]]


def _shown(place: Place) -> str:
    return f"{_path(place.path)}:{place.line}"


def _path(path: str) -> str:
    here = os.getcwd().rstrip(os.sep) + os.sep
    return path[len(here) :] if path.startswith(here) else path


def document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The JSON document, version 1 (docs/live.md)."""
    dump = diagnosis.dump
    return {
        "version": 1,
        "format": dump.format,
        "pid": dump.pid,
        "threads": len(dump.threads),
        "stuck": [stuck_object(found) for found in diagnosis.stuck],
        # Only where it is so.
        **({"unanswered": True} if diagnosis.unanswered else {}),
    }


def lines(diagnosis: Diagnosis, *, said_by: str, with_text: bool = False) -> list[dict[str, Any]]:
    """An object for each verdict, with the process; ``with_text`` adds what ``text`` would print of it."""
    return [
        {
            "pid": diagnosis.dump.pid,
            **stuck_object(found),
            **({"text": _text(found, said_by)} if with_text else {}),
        }
        for found in diagnosis.stuck
    ]


def stuck_object(found: Diagnosed) -> dict[str, Any]:
    """One verdict."""
    verdict = found.verdict
    return {
        "verdict": verdict.state,
        "finalizer": verdict.finalizer,
        "kind": verdict.kind,
        "object": verdict.object or None,
        "thread": verdict.thread,
        "seconds": verdict.seconds,
        "started_by": verdict.started_by,
        "at": _place(verdict.at),
        "interrupted": None
        if verdict.interrupted is None
        else {**verdict.interrupted._asdict(), "opcode": verdict.opcode or None},
        "stack": [place._asdict() for place in verdict.stack],
        "waits_for": None
        if verdict.waits is None
        else {
            "text": verdict.waits.text,
            "lock": verdict.waits.is_lock,
            "id": verdict.waits.address or None,
            **verdict.waits.place._asdict(),
        },
        "held_by": None
        if verdict.held is None
        else {
            "text": verdict.held.text,
            **verdict.held.place._asdict(),
            "now": verdict.held.now.line,
            "thread": verdict.held.thread,
            "same_thread": verdict.held.same_thread,
            "certainty": verdict.held.certainty.text,
        },
        "behind": list(verdict.behind),
        "collector": None if verdict.collection is None else _collector(verdict.collection),
        "finding": None
        if found.finding is None
        else {name: value for name, value in found.finding._asdict().items() if name != "names"},
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return None if place is None else place._asdict()


def _collector(held: Collection) -> dict[str, Any]:
    return {
        "seconds": held.seconds,
        "made": held.made,
        "threshold": held.threshold,
        "young": [{"type": name, "count": count} for name, count in held.young],
    }
