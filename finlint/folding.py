"""One problem, one finding: findings about the same mistake become one, which says how many there were.

What is folded is what is shown: comments and thresholds come first, so that nothing hides behind a finding that is not
shown itself. What stays is the most severe, of those the surest, and of those the one nearest to its culprit; the
others are in its ``folded``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from functools import partial

from finlint.model.finding import Culprit, Finding, Folded, Severity

#: Codes that are about one call: what is sent may wait, and takes a lock; a file is written to, and it is the console.
_SAME_CALL = (("FIN109", "FIN201"), ("FIN106", "FIN111"))
#: What goes out of the process, or waits for it to: a request, and the pause before the next try; a file or a database,
#: by which override it is.
_OUTSIDE = frozenset({"FIN103", "FIN105", "FIN106", "FIN107"})
#: What a child process is written to, read from and waited for by.
_OF_CHILD = frozenset({"FIN101", "FIN106", "FIN107"})
_PIPES = (".stdin", ".stdout", ".stderr")
#: What takes a lock.
_LOCKS = frozenset({"FIN102", "FIN201"})
#: A thread that is told to end by what is handed over to it, and then waited for.
_TELLS, _JOINS = "FIN201", "FIN104"
#: What is slow, and no more: a pause, a file.
_SLOW = frozenset({"FIN103", "FIN106"})
#: What waits only where a finalizer starts within a call that takes a moment: who mends it has mended nothing slow.
_MOMENTARY = frozenset({"FIN203"})
#: Calls from which on a chain is far: what is mended is mended before.
_FAR = 2
#: A loop that sleeps is one wait.
_SAME_LOOP = ("FIN103", "FIN110")
#: Lines between the head of a loop and what it does in each round.
_NEAR = 3


def fold(findings: Iterable[Finding]) -> list[Finding]:
    """``findings`` with those that are one mistake folded into one, in the order in which they came."""
    kept = list(findings)
    keys: list[Callable[[Finding], Hashable | None]] = [_by_line, _by_function, _by_text, _by_culprit, _by_way]
    keys += [_by_child, _by_module, _by_files, _by_registration, *(partial(_by_call, codes) for codes in _SAME_CALL)]
    for key in keys:
        kept = _folded(kept, key)
    return _loops(_beside(_heirs(kept)))


def _folded(findings: list[Finding], key: Callable[[Finding], Hashable | None]) -> list[Finding]:
    groups: dict[Hashable, list[Finding]] = {}
    for number, finding in enumerate(findings):
        name = key(finding)
        groups.setdefault(("one", number) if name is None else ("of", name), []).append(finding)
    return [_one(group) for group in groups.values()]


def _one(group: list[Finding]) -> Finding:
    first, *others = sorted(group, key=_rank)
    if not others:
        return first
    more = [item for other in others for item in (_item(other), *other.folded)]
    return first._replace(folded=(*first.folded, *more))


def _rank(finding: Finding) -> tuple[int, int, int, str, int, bool, str]:
    place = finding.path, finding.span.line
    # Of two at one place the other one says what the sleep is for.
    sleeps = finding.code == "FIN103"
    return (-finding.severity.rank, -finding.confidence.rank, len(finding.trace), *place, sleeps, finding.code)


def _item(finding: Finding) -> Folded:
    culprit = finding.culprit or Culprit("", finding.path, finding.span.line, finding.span.column)
    place = finding.path, finding.span.line, finding.span.column
    return Folded(finding.code, finding.severity, *place, finding.message, culprit)


def _waits(finding: Finding) -> bool:
    return finding.code < "FIN3" and finding.culprit is not None and finding.registration is not None


def _by_line(finding: Finding) -> Hashable | None:
    """What one line of a finalizer comes to in the end is mended there."""
    far = len(finding.trace) > 1
    return (finding.code, finding.registration, finding.path, finding.span.line) if _waits(finding) and far else None


def _by_function(finding: Finding) -> Hashable | None:
    """Two waits of one method: with a timeout, and once more after ``kill()``."""
    if not _waits(finding) or len(finding.names) < 3 or finding.culprit is None:
        return None
    return finding.code, finding.registration, finding.culprit.path, finding.names[-1]


def _by_text(finding: Finding) -> Hashable | None:
    """The same call twice in one function, in the same words: what is mended once is mended there, too."""
    if not _waits(finding) or not finding.names or finding.culprit is None or not finding.trace:
        return None
    words = finding.trace[-1].text
    if finding.code in _LOCKS:
        # Whatever is handed over, it is the same lock.
        words = words.partition("(")[0]
    same = finding.culprit.call, words
    return (finding.code, finding.registration, finding.culprit.path, finding.names[-1], *same) if words else None


def _by_culprit(finding: Finding) -> Hashable | None:
    """The same call, through the finalizer of each object around."""
    return (finding.code, finding.culprit) if _waits(finding) else None


def _by_way(finding: Finding) -> Hashable | None:
    """What the first calls of a finalizer come to outside of the process, of whatever kind it is."""
    if not _waits(finding) or finding.code not in _OUTSIDE or len(finding.trace) <= _FAR:
        return None
    return _way(finding)


def _by_module(finding: Finding) -> Hashable | None:
    """What a finalizer comes to outside of the process by functions of one other module: it connects, sends, waits for
    the answer and closes, by calls of a client that is mended, or handed over, as a whole."""
    if not _waits(finding) or finding.culprit is None or len(finding.trace) < _FAR:
        return None
    talks = finding.code in _OUTSIDE or (finding.code == "FIN104" and finding.severity is not Severity.ERROR)
    elsewhere = finding.culprit.path != finding.path
    return (finding.registration, finding.path, finding.culprit.path) if talks and elsewhere else None


def _by_child(finding: Finding) -> Hashable | None:
    """What one line of a finalizer does with one child process: it is told to end, read from and waited for."""
    if not _waits(finding) or finding.code not in _OF_CHILD or finding.culprit is None or not finding.trace:
        return None
    called = finding.trace[-1].text.partition("(")[0]
    child = called.rpartition(".")[0]
    for pipe in _PIPES:
        child = child.removesuffix(pipe)
    if not child:
        return None
    return ("child", finding.registration, finding.path, finding.span.line, finding.culprit.path, child)


def _by_files(finding: Finding) -> Hashable | None:
    """What a finalizer does with files, one after another: it removes a tree, or writes what is left, as a whole."""
    slow = finding.code == "FIN106" and finding.severity is Severity.WARNING
    return (finding.registration, finding.path) if _waits(finding) and slow else None


def _by_registration(finding: Finding) -> Hashable | None:
    """A reference that is lost, with a callback that was called."""
    return ("never", finding.registration) if finding.code in ("FIN302", "FIN305") else None


def _by_call(codes: tuple[str, str], finding: Finding) -> Hashable | None:
    if finding.code not in codes or finding.culprit is None:
        return None
    return codes, finding.registration, finding.culprit._replace(call="")


def _heirs(findings: list[Finding]) -> list[Finding]:
    """What heirs of one class come to by one line of its finalizer, each in its own way: it is mended in that line."""
    classes: dict[Hashable, set[str]] = {}
    for finding in findings:
        if _waits(finding) and finding.names:
            classes.setdefault(_line(finding), set()).add(finding.names[0])

    def shared(finding: Finding) -> Hashable | None:
        return _line(finding) if _waits(finding) and len(classes.get(_line(finding), ())) > 1 else None

    return _folded(findings, shared)


def _line(finding: Finding) -> Hashable:
    return finding.registration, finding.path, finding.span.line


def _beside(findings: list[Finding]) -> list[Finding]:
    """What is only slow, beside what waits for ever: where the way to it is the same, and where the same function that
    one line of the finalizer calls does both."""
    beside = _under_errors(_under_errors(findings, _far_way, _is_slow), _body, _is_outside)
    return _told_to_end(_told_to_end(beside, _far_way), _body)


def _told_to_end(findings: list[Finding], key: Callable[[Finding], Hashable | None]) -> list[Finding]:
    """What is handed over on the way to a wait for ever: ``queue.put(None)`` before ``thread.join()``. Who lets the
    thread end by itself mends both."""
    return _under_errors(findings, key, _is_telling, _is_joining)


def _is_slow(finding: Finding) -> bool:
    return finding.code in _SLOW and finding.severity is Severity.WARNING


def _is_outside(finding: Finding) -> bool:
    return finding.code in _OUTSIDE and finding.severity is Severity.WARNING


def _is_telling(finding: Finding) -> bool:
    return finding.code == _TELLS


def _is_joining(finding: Finding) -> bool:
    return finding.code == _JOINS


def _is_lasting(finding: Finding) -> bool:
    return finding.code not in _MOMENTARY


def _under_errors(
    findings: list[Finding],
    key: Callable[[Finding], Hashable | None],
    is_beside: Callable[[Finding], bool],
    is_main: Callable[[Finding], bool] = _is_lasting,
) -> list[Finding]:
    """What ``is_beside`` an error of those that are ``is_main``, with the same key, folded into it."""
    errors: dict[Hashable, Finding] = {}
    for finding in findings:
        name = key(finding)
        if name is not None and finding.severity is Severity.ERROR and is_main(finding):
            errors.setdefault(name, finding)

    def beside(finding: Finding) -> Hashable | None:
        name = key(finding)
        error = errors.get(name) if name is not None else None
        return name if error is not None and (is_beside(finding) or finding is error) else None

    return _folded(findings, beside)


def _far_way(finding: Finding) -> Hashable | None:
    return _way(finding) if _waits(finding) and len(finding.trace) > _FAR else None


def _body(finding: Finding) -> Hashable | None:
    """The function that does it, where the finalizer calls it itself."""
    if not _waits(finding) or finding.culprit is None or len(finding.trace) != _FAR:
        return None
    return finding.registration, finding.trace[0], finding.culprit.path, finding.names[-1]


def _way(finding: Finding) -> Hashable:
    return finding.registration, finding.trace[:_FAR]


def _loops(findings: list[Finding]) -> list[Finding]:
    """A loop without a bound, and what it sleeps in."""
    out: list[Finding] = []
    for finding in findings:
        if finding.code == _SAME_LOOP[0]:
            loop = next((other for other in findings if _is_loop_around(other, finding)), None)
            if loop is not None:
                continue
        inside = [other for other in findings if _is_loop_around(finding, other)]
        out.append(_one([finding, *inside]) if inside else finding)
    return out


def _is_loop_around(loop: Finding, sleep: Finding) -> bool:
    if (sleep.code, loop.code) != _SAME_LOOP or loop.culprit is None or sleep.culprit is None:
        return False
    lines = sleep.culprit.line - loop.culprit.line
    return loop.registration == sleep.registration and loop.culprit.path == sleep.culprit.path and 0 <= lines <= _NEAR
