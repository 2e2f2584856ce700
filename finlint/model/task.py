"""The unit of work: what is asked of one file, and the answer. Both go through pipes and into the cache as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast, get_type_hints

from finlint.model.codes import KIND_OF_CODE
from finlint.model.finding import (
    Confidence,
    Culprit,
    FileError,
    Finding,
    Hop,
    RegistrationRef,
    Severity,
)
from finlint.model.source import Span

if TYPE_CHECKING:
    from finlint.model.reads import Form, Searched

_P = TypeVar("_P", bound=tuple[Any, ...])


class FunctionKey(NamedTuple):
    """A function by its place; ``owner`` is the name of the class whose method it is, or ""."""

    path: str
    line: int
    column: int
    name: str
    owner: str


class ClassKey(NamedTuple):
    """A class by its place."""

    path: str
    line: int
    name: str


class Task(NamedTuple):
    """``what`` is "own" (the file's own finalizers), "inherited" (those that the classes ``names`` inherit) or
    "wrapped" (those registered by calls that name one of ``names``).

    ``asked`` says of classes that were answered for already which attributes mattered: a class that inherits from one
    of them and defines no such attribute need not be looked at again.
    """

    path: str
    what: Literal["own", "inherited", "wrapped"]
    names: tuple[str, ...] = ()
    asked: tuple[tuple[ClassKey, tuple[str, ...]], ...] = ()


class Known(NamedTuple):
    """What is known of all files when a task is started."""

    wrappers: tuple[FunctionKey, ...] = ()
    inherited: tuple[tuple[ClassKey, tuple[FunctionKey, ...]], ...] = ()


class Work(NamedTuple):
    """What was done, in characters: the same on every machine.

    ``outlined`` were parsed for the outlines of files, which is what is left of them without the bodies of functions,
    line ends included; ``checked`` are those of whole files that were only looked at for errors of syntax; ``sliced``
    those of the slices that ``ast`` read; ``libcst`` is what reached LibCST.
    """

    outlined: int = 0
    checked: int = 0
    sliced: int = 0
    libcst: int = 0

    def minus(self, other: Work) -> Work:
        return Work(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))

    def plus(self, other: Work) -> Work:
        return Work(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class Answer(NamedTuple):
    """``registrations`` are places of finalizers; ``wrappers`` and ``inherited`` those that the task found."""

    findings: tuple[Finding, ...] = ()
    errors: tuple[FileError, ...] = ()
    registrations: tuple[tuple[str, int, int, str], ...] = ()
    wrappers: tuple[FunctionKey, ...] = ()
    inherited: tuple[tuple[ClassKey, tuple[FunctionKey, ...]], ...] = ()
    #: Classes that inherit a finalizer: their subclasses may, too.
    heirs: tuple[ClassKey, ...] = ()
    #: Classes whose finalizers were followed to the end, with the attributes that mattered.
    followed: tuple[tuple[ClassKey, tuple[str, ...]], ...] = ()
    #: Function bodies that were run.
    frames: int = 0
    #: How often bounds of the analysis cut something short, by their names (``finlint.model.limits``).
    limits: tuple[tuple[str, int], ...] = ()


class Inputs(NamedTuple):
    """What the answer stands on: a part of each file (``finlint.syntax.traced``), folders listed, and searches of
    packages: (package, text, pattern), where no text asks which files there are."""

    files: Mapping[str, str] = {}
    folders: tuple[str, ...] = ()
    searches: tuple[Searched, ...] = ()


class Group(NamedTuple):
    """The files that searches of a package look at, the folders that were listed for them, and which of the files hold
    a text and a pattern."""

    folders: tuple[str, ...]
    paths: tuple[str, ...]
    holders: dict[tuple[str, Form], tuple[str, ...]]


class Seen(NamedTuple):
    """What answers stand on, as it was: digests of parts by file, packages that were searched, digests of files."""

    parts: Mapping[str, Mapping[str, str]] = {}
    groups: Mapping[str, Group] = {}
    digests: Mapping[str, str] = {}


class Statistics(NamedTuple):
    """What a run did, for ``--verbose`` and for tests that count instead of measuring time.

    ``files`` and ``bytes`` of them were read to look for words; ``tasks`` were answered, ``kept`` of them from the
    cache; ``work`` is what was parsed, ``frames`` the function bodies that were run, ``workers`` the processes.
    """

    files: int
    bytes: int
    candidates: int
    tasks: int
    kept: int
    work: Work
    frames: int
    workers: int


def answer_to_json(answer: Answer) -> list[Any]:
    """Lists, strings and numbers only. NamedTuples are lists to ``json``."""
    return [[_finding_to_json(f) for f in answer.findings], *answer[1:]]


def answer_from_json(data: Sequence[Any]) -> Answer:
    """The inverse. Raises (ValueError, TypeError, LookupError) where ``data`` is something else."""
    findings, errors, registrations, wrappers, inherited, heirs, followed, frames, limits = data
    return Answer(
        tuple(_finding_from_json(f) for f in findings),
        tuple(_made(FileError, e) for e in errors),
        tuple((str(p), int(line), int(column), str(name)) for p, line, column, name in registrations),
        tuple(_made(FunctionKey, w) for w in wrappers),
        inherited_from_json(inherited),
        tuple(_made(ClassKey, c) for c in heirs),
        names_from_json(followed),
        int(frames),
        hits_from_json(limits),
    )


def is_about(answer: Answer, files: Set[str]) -> bool:
    """Whether it finds something in these files alone. Reports show lines of those that it names, so that a cache of
    others would have them show what they may not see."""
    return all(f.path in files for f in answer.findings) and all(error.path in files for error in answer.errors)


def hits_from_json(data: Sequence[Any]) -> tuple[tuple[str, int], ...]:
    return tuple((str(name), int(count)) for name, count in data)


def inputs_from_json(data: Sequence[Any]) -> Inputs:
    files, folders, searches = data
    # Hundreds of answers stand on the same files.
    return Inputs(
        {intern(path): intern(part) for path, part in files.items()},
        tuple(map(intern, folders)),
        tuple((intern(group), intern(text), cast("Form", intern(pattern))) for group, text, pattern in searches),
    )


def group_to_json(group: Group) -> list[Any]:
    numbers = {path: number for number, path in enumerate(group.paths)}
    holders = [[text, pattern, [numbers[p] for p in paths]] for (text, pattern), paths in group.holders.items()]
    return [group.folders, group.paths, holders]


def group_from_json(data: Sequence[Any]) -> Group:
    folders, paths, holders = data
    found = {(text, pattern): tuple(paths[n] for n in numbers) for text, pattern, numbers in holders}
    return Group(tuple(folders), tuple(paths), found)


def seen_to_json(seen: Seen) -> list[Any]:
    return [seen.parts, {key: group_to_json(group) for key, group in seen.groups.items()}, seen.digests]


def seen_from_json(data: Sequence[Any]) -> Seen:
    files, groups, digests = data
    parts = {intern(path): {intern(part): told for part, told in parts.items()} for path, parts in files.items()}
    return Seen(parts, {key: group_from_json(group) for key, group in groups.items()}, digests)


def task_from_json(data: Sequence[Any]) -> Task:
    path, what, names, asked = data
    return Task(path, what, tuple(names), names_from_json(asked))


def names_from_json(data: Sequence[Any]) -> tuple[tuple[ClassKey, tuple[str, ...]], ...]:
    return tuple((_made(ClassKey, cls), tuple(map(str, names))) for cls, names in data)


def inherited_from_json(data: Sequence[Any]) -> tuple[tuple[ClassKey, tuple[FunctionKey, ...]], ...]:
    return tuple((_made(ClassKey, cls), tuple(_made(FunctionKey, m) for m in methods)) for cls, methods in data)


def _finding_to_json(finding: Finding) -> Mapping[str, Any]:
    return {**finding._asdict(), "severity": finding.severity.value, "confidence": finding.confidence.value}


def _finding_from_json(data: Mapping[str, Any]) -> Finding:
    registration, culprit = data["registration"], data["culprit"]
    code, kind = _rule(data["code"], data["kind"])
    message, path = texts_only(data["message"], data["path"])
    return Finding(
        code,
        kind,
        Severity(data["severity"]),
        Confidence(data["confidence"]),
        message,
        path,
        _made(Span, data["span"]),
        None if registration is None else _made(RegistrationRef, registration),
        None if culprit is None else _made(Culprit, culprit),
        tuple(_made(Hop, hop) for hop in data["trace"]),
        tuple(_made(Hop, hop) for hop in data["related"]),
        texts_only(*data["names"]),
        tuple(_made(Hop, hop) for hop in data["holders"]),
    )


#: No file has as many lines, and no line as many columns.
_MANY = 1 << 31


@cache
def _types(kind: type) -> tuple[type, ...]:
    """What the fields of a place are: whoever wrote a file of the cache may have written anything."""
    return tuple(get_type_hints(kind).values())


def _made(kind: type[_P], fields: Sequence[Any]) -> _P:
    """A place. Raises TypeError, ValueError where the fields are others."""
    made = kind(*fields)
    if tuple(map(type, made)) != _types(kind):
        raise TypeError(f"no {kind.__name__}")
    if any(isinstance(field, int) and not 0 <= field < _MANY for field in made):
        raise ValueError("no line or column")
    return made


def texts_only(*texts: str) -> tuple[str, ...]:
    """``texts``. Raises TypeError where one is none: whoever wrote a file of the cache may have written anything."""
    "".join(texts)
    return texts


def _rule(code: str, kind: str) -> tuple[str, str]:
    if KIND_OF_CODE[code] != kind:
        raise ValueError("no rule of ours")
    return code, kind
