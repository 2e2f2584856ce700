"""Small programs that say on the line what is reported there: ``# expect: FIN102, FIN401``.

A severity may be said, too, ``# expect: FIN302 (warning)``; it is not looked at where none is.

A table is a text file with many of them:

    import threading          what comes first is put before each module
    #### a lock               the title of a program
    class A: ...              its module main.py
    ## file b.py              another module, by path
    class B: ...

Where a line ``<program>`` stands in what comes first, each program goes there, indented as that line is.

What a finding is about (its culprit) stands on the line where it is reported, or on one that says ``# culprit``. Where
that line does not name what blocks there, the comment does: ``# culprit: queue.Queue.get``.

Every finding counts: a line without a comment has none. As in ``fixtures/``, notes of codes that are on by default
(``close()``: releasing, which is what finalizers are for) need not be written down.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from finlint.engine import analyse
from finlint.model.codes import OPT_IN_CODES
from finlint.model.finding import Finding, Report, Severity
from finlint.model.settings import Settings

_ONE = r"(FIN\d{3})(?: \((error|warning|note)\))?"
_EXPECT = re.compile(rf"#\s*expect:\s*{_ONE}(?:\s*,\s*{_ONE})*\s*$")
_SLOT = re.compile(r"^( *)<program>\n", re.M)


class Program(NamedTuple):
    """``files``: path -> text, the first one is what the program is about."""

    table: str
    title: str
    files: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.table}: {self.title}"


def expected_in(text: str) -> tuple[tuple[int, str], ...]:
    """(line, code) of every finding that the comments of a file expect, as often as they do."""
    return tuple((line, code) for line, code, _ in _expected_in(text))


def _expected_in(text: str) -> Iterator[tuple[int, str, str]]:
    """The same, with the severity; "" where none is said."""
    for number, line in enumerate(text.split("\n"), 1):
        match = _EXPECT.search(line)
        if match is not None:
            yield from ((number, code, severity) for code, severity in re.findall(_ONE, match[0]))


def counts(finding: Finding) -> bool:
    """Whether a finding must be expected."""
    return finding.severity is not Severity.NOTE or finding.code in OPT_IN_CODES


def programs(*tables: Path) -> list[Program]:
    """The programs of all tables, each title once in its table."""
    out = []
    for path in tables:
        head, *parts = re.split(r"(?m)^#### ", path.read_text("utf-8"))
        titles = Counter(part.partition("\n")[0] for part in parts)
        assert not [title for title, number in titles.items() if number > 1 or "->" in title], path
        for part in parts:
            title, _, source = part.partition("\n")
            first, *others = re.split(r"(?m)^## file (\S+)\n", source)
            files = {"main.py": first} if first.strip() else {}
            files.update(zip(others[::2], others[1::2], strict=True))
            out.append(Program(path.stem, title, {name: _whole(head, text) for name, text in files.items()}))
    return out


def _whole(head: str, text: str) -> str:
    slot = _SLOT.search(head)
    if slot is None:
        return head + text
    return head[: slot.start()] + textwrap.indent(text, slot[1]) + head[slot.end() :]


def check(folder: Path, files: dict[str, str], settings: Settings | None = None) -> Report:
    """Lint modules (path -> text), and see that what their comments expect is reported and nothing else is."""
    paths = {}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths[str(path)] = name
    report = analyse(sorted(paths), settings or Settings())
    assert report.errors == ()
    wrong = [
        *_differences(files, [(paths[f.path], f) for f in report.findings]),
        *_other_culprits(filter(counts, report.findings)),
    ]
    assert not wrong, "\n".join([*wrong, *_numbered(files)])
    return report


def see_places(findings: Iterable[Finding]) -> None:
    """Each finding stands on a line that says ``# reported``, and its culprit there or on one that says ``# culprit``.
    For programs that are put together, of which one text is reported or is not."""
    findings = list(findings)
    for finding in findings:
        place = finding.path, finding.span.line
        assert _says(place, "reported", finding.code), f"{place}: nobody says that {finding.code} is reported here"
    wrong = list(_other_culprits(findings))
    assert not wrong, "\n".join(wrong)


def _other_culprits(findings: Iterable[Finding]) -> Iterator[str]:
    """What is wrong with the culprits: where they stand, and for those that block, what they are called."""
    for finding in findings:
        culprit = finding.culprit
        if culprit is None:
            continue
        place = culprit.path, culprit.line
        shown = f"{Path(culprit.path).name}:{culprit.line}: {finding.code} is about {culprit.call} here, "
        if place != (finding.path, finding.span.line) and not _says(place, "culprit"):
            yield shown + "and the line says no # culprit"
        elif finding.code < "FIN3" and not _names(place, culprit.call):
            yield shown + f"which the line does not name: # culprit: {culprit.call}"


def _names(place: tuple[str, int], call: str) -> bool:
    code, _, comment = _line(place).partition("#")
    last = call.rpartition(".")[2]
    by_with = last in ("acquire", "__exit__") and re.search(r"\bwith\b", code)
    return bool(by_with or re.search(rf"\b{re.escape(last)}\b", code) or f"culprit: {call}" in comment)


def _says(place: tuple[str, int], *words: str) -> bool:
    return not {*words}.isdisjoint(re.split(r"[\s,:#]+", _line(place).partition("#")[2]))


def _line(place: tuple[str, int]) -> str:
    path, line = place
    return Path(path).read_text("utf-8").split("\n")[line - 1]


def _differences(files: dict[str, str], found: list[tuple[str, Finding]]) -> Iterator[str]:
    expected = Counter((name, *said) for name, text in files.items() for said in _expected_in(text))
    for name, finding in found:
        place, severity = (name, finding.span.line, finding.code), finding.severity.value
        said = next((one for one in ((*place, severity), (*place, "")) if expected[one]), None)
        if said is not None and (said[3] or counts(finding)):
            expected[said] -= 1
        elif counts(finding):
            yield f"{name}:{finding.span.line}: nobody expects {finding.code} ({severity}) {finding.message}"
    for name, line, code, severity in expected.elements():
        yield f"{name}:{line}: {code} {f'({severity}) ' if severity else ''}is not reported"


def _numbered(files: dict[str, str]) -> Iterator[str]:
    for name, text in files.items():
        yield f"-- {name}"
        yield from (f"{number:4} {line}" for number, line in enumerate(text.split("\n"), 1))
