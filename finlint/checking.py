"""The check itself: tasks to answers. Imported only where a file may hold a finalizer, because everything that the
analysis stands on comes with it.
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from finlint.analysis.evaluation.evaluator import Evaluator
from finlint.analysis.execution.finalizers import Discovered, Finalizer
from finlint.analysis.execution.finder import Finder
from finlint.analysis.execution.generators import GENERATOR, freed_generators
from finlint.analysis.execution.interpreter import Summaries
from finlint.analysis.execution.reachability import Step
from finlint.analysis.execution.subclasses import Difference, class_key, difference
from finlint.analysis.models.registrars import Registrars
from finlint.analysis.program.disk import Disk
from finlint.analysis.program.project import Project
from finlint.analysis.program.symbols import ClassNode, ModuleNode
from finlint.knowledge.base import Knowledge
from finlint.knowledge.heritable import described_in
from finlint.model import limits
from finlint.model.finding import FileError, Finding, distinct
from finlint.model.reads import File, Folder, Hit, Part, Reads, Search, Searched
from finlint.model.settings import Settings
from finlint.model.task import Answer, ClassKey, Group, Inputs, Known, Seen, Task
from finlint.rules import registry as rules
from finlint.rules.base.reaching import Reached
from finlint.rules.base.rule import FinalizerPass, ModulePass
from finlint.scan.tokens import HERITABLE
from finlint.syntax.contents import Contents
from finlint.syntax.files import Files
from finlint.syntax.traced import UNREADABLE, Traced, joined

#: Parts of files, and bodies that were run, beyond which what is known of the files makes room: what an answer was made
#: from is a set of the former, a bit for each.
MAX_READS = 120_000
MAX_BODIES = 20_000
#: What is known of one package stays for the next while it takes no more than this part of the room: packages that
#: stand beside each other use each other.
SMALL = 0.4


class Library:
    """What does not depend on the files: read once for a process."""

    def __init__(self, settings: Settings) -> None:
        self.knowledge = Knowledge(settings.knowledge)
        self.registrars = Registrars(settings.registrars)
        #: Last names of classes whose finalizers run what subclasses define, with commas between.
        self.heritable = ",".join(sorted(word.decode() for word in HERITABLE | described_in(settings.knowledge)))
        self.src = settings.src
        self.oldest = settings.target_version
        self.installed: list[str] = []
        if settings.follow_installed:
            paths = sysconfig.get_paths()
            self.installed = list(dict.fromkeys([paths["purelib"], paths["platlib"]]))


class _Classes(NamedTuple):
    """Classes that inherit a finalizer, and those whose finalizers were followed."""

    heirs: list[ClassKey]
    followed: list[ClassNode]


class _Evaluation:
    """What is known of files: modules as nodes, answers, summaries of functions.

    All tasks share it. An answer depends on the files alone, never on what was asked before, and knows what it was made
    from; so any process may give it, and it may be kept.
    """

    def __init__(self, contents: Contents, library: Library, disk: Disk) -> None:
        self._contents = contents
        self.reads = Reads()
        self.sources: dict[str, Traced | None] = {}
        read = contents.files.read
        self.project = Project(self._load, library.knowledge, library.src, library.installed, read, disk, self.reads)
        self.evaluator = Evaluator(self.project, library.knowledge, library.registrars, library.oldest)
        self.summaries = Summaries(self.evaluator)
        #: Those that were made without asking callers.
        self.quick = Summaries(self.evaluator)

    def _load(self, path: str) -> Traced | None:
        key = os.path.abspath(path)
        if key not in self.sources:
            content = self._contents.get(path)
            self.sources[key] = Traced(content, self.reads) if content is not None else None
        return self.sources[key]

    def text_at(self, step: Step) -> str:
        return _text_at(step, self.sources.get(os.path.abspath(step.path)))

    @property
    def count(self) -> int:
        """Bodies that were run."""
        return self.summaries.count + self.quick.count

    def fullness(self) -> float:
        """How much room it takes: above 1 another one had better begin."""
        return max(len(self.reads) / MAX_READS, self.count / MAX_BODIES)

    def close(self) -> None:
        """Take it apart: its parts refer to each other."""
        self.evaluator.close()
        self.__dict__.clear()


class Check:
    """Answers tasks about files, one after another; those of one package had better follow each other.

    ``traces``: somebody wants to know what answers stand on.
    """

    def __init__(self, files: Files, library: Library, *, traces: bool) -> None:
        self.files = files
        self.library = library
        self.disk = Disk()
        self.contents = Contents(files)
        self._traces = traces
        self._evaluation: _Evaluation | None = None
        #: Digests of parts by absolute path, of the answers that nobody has asked about yet (``seen``).
        self._told: dict[str, dict[str, str]] = {}

    def answer(self, task: Task, known: Known) -> tuple[Answer, Inputs]:
        """What the task asks, and what the answer stands on (the files alone, if nobody wants to know more)."""
        evaluation = self._evaluation
        if evaluation is None:
            evaluation = self._evaluation = _Evaluation(self.contents, self.library, self.disk)
        reads = evaluation.reads
        reads.made_from = 0
        with limits.telling(reads.hit):
            answer = self._answer(task, known, evaluation)
        answer, inputs = self._taken(answer, evaluation)
        if answer.errors or self._fullness() > 1:
            self.close()
            self.contents.trim()
        return answer, inputs

    def is_small(self) -> bool:
        """Whether what is known takes little room, so that it may stay while another package is asked about."""
        return self._fullness() <= SMALL

    def _fullness(self) -> float:
        known = self._evaluation.fullness() if self._evaluation is not None else 0.0
        return max(known, self.contents.fullness())

    def close(self) -> None:
        """Forget what is known, so that it makes room at once; it is found out again if need be."""
        if self._evaluation is not None:
            self._evaluation.close()
            self._evaluation = None

    def _answer(self, task: Task, known: Known, evaluation: _Evaluation) -> Answer:
        library, evaluator, summaries = self.library, evaluation.evaluator, evaluation.summaries
        bodies = evaluation.count
        inherited = dict(known.inherited)
        discovered = Discovered(known.wrappers, inherited)
        finder = Finder(evaluator, summaries, evaluation.quick, library.registrars, discovered, library.heritable)
        findings: list[Finding] = []
        registrations: set[tuple[str, int, int, str]] = set()
        found = _Classes([], [])
        module = evaluation.project.at(task.path)
        path = self.files.linted.get(module.path, module.path) if module is not None else task.path
        traced = evaluation.sources.get(os.path.abspath(task.path))
        fault = None if traced is None else traced.fault
        if fault is not None:
            self.files.fail(path, fault)
        error = self.files.errors.get(path)
        if module is not None and error is None:
            try:
                for finalizer, follow in self._finalizers(task, module, finder, evaluator, found):
                    place = finalizer.module.path, finalizer.span.line, finalizer.span.column, finalizer.registrar
                    registrations.add(place)
                    reached: list[Finding] = []
                    if follow:
                        about = Reached(finalizer, summaries, self.files.is_linted, evaluation.text_at)
                        reached = rules.of_reached(about)
                    by_itself: list[Finding] = []
                    if finalizer.registrar != GENERATOR:
                        by_itself = list(rules.of_finalizer(FinalizerPass(finalizer, evaluator, summaries)))
                    else:
                        # Who closes it by hand has been told already.
                        told = {finding.culprit for finding in findings}
                        reached = [finding for finding in reached if finding.culprit not in told]
                    findings.extend(rules.at_exit(reached, by_itself))
                    findings.extend(by_itself)
                if task.what == "own":
                    findings.extend(rules.of_module(ModulePass(module, evaluator)))
            except RecursionError:
                error = FileError(path, 1, "nested too deeply to be analysed to the end")
        return Answer(
            tuple(distinct(findings)),
            () if error is None else (error,),
            tuple(sorted(registrations)),
            tuple(sorted(discovered.wrappers - set(known.wrappers))),
            tuple(
                (cls, tuple(sorted(methods)))
                for cls, methods in sorted(discovered.inherited.items())
                if methods != set(inherited.get(cls, ())) or cls not in inherited
            ),
            tuple(found.heirs),
            tuple((class_key(node), _mattered(node, evaluation.reads)) for node in found.followed),
            evaluation.count - bodies,
        )

    def _taken(self, answer: Answer, evaluation: _Evaluation) -> tuple[Answer, Inputs]:
        """The answer with the limits that were hit for it, and what it stands on."""
        parts: dict[str, list[Part]] = {}
        folders: set[str] = set()
        searches: set[Searched] = set()
        hits: set[str] = set()
        for token in evaluation.reads.tokens():
            kind = type(token)
            if kind is Part:
                parts.setdefault(token.path, []).append(token)
            elif kind is File:
                parts.setdefault(token.path, [])
            elif kind is Folder:
                folders.add(token.path)
            elif kind is Search:
                searches.add(tuple(token))
            elif kind is Hit:
                hits.add(token.limit)
        answer = answer._replace(limits=tuple((name, 1) for name in sorted(hits)))
        if not self._traces:
            return answer, Inputs(dict.fromkeys(sorted(parts), ""))
        told = {path: self._part(path, evaluation.sources.get(path), parts[path]) for path in sorted(parts)}
        return answer, Inputs(told, tuple(sorted(folders)), tuple(sorted(searches)))

    def _part(self, path: str, traced: Traced | None, parts: list[Part]) -> str:
        """The part of a file that an answer stands on; its digest is noted while the file is there."""
        told = self._told.setdefault(path, {})
        if traced is None:
            told[UNREADABLE] = (self.files.digests or {}).get(path, "")
            return UNREADABLE
        part = joined(parts)
        if part not in told:
            told[part] = traced.digest(part)
        return part

    def seen(self, inputs: Iterable[Inputs]) -> Seen:
        """What the files, and the searches of packages, were like that these answers stand on: all that were given
        since this was asked last."""
        parts, self._told = self._told, {}
        groups: dict[str, Group] = {}
        for search in {search for taken in inputs for search in taken.searches}:
            key, text, _ = search
            group = groups.get(key)
            if group is None:
                group = groups[key] = Group(*self.disk.groups[key], {})
            if text:
                group.holders[search[1:]] = tuple(self.disk.holders[search])
        read = self.files.digests or {}
        needed = {*parts, *(path for group in groups.values() for path in group.paths)}
        return Seen(parts, groups, {path: read[path] for path in sorted(needed) if path in read})

    def _finalizers(
        self, task: Task, module: ModuleNode, finder: Finder, evaluator: Evaluator, found: _Classes
    ) -> Iterator[tuple[Finalizer, bool]]:
        """The finalizers that the task asks for, each with whether what it blocks in is not known yet."""
        if task.what == "own":
            yield from ((finalizer, True) for finalizer in finder.of(module))
            yield from ((finalizer, True) for finalizer in freed_generators(module, evaluator))
            mine = module.classes_named(key.name for key in finder.discovered.inherited if key.path == module.path)
            found.followed.extend(node for node in mine if class_key(node) in finder.discovered.inherited)
        elif task.what == "inherited":
            asked = dict(task.asked)
            for cls in finder.heirs_in(module, task.names):
                key = class_key(cls.node)
                found.heirs.append(key)
                change, base = difference(cls, evaluator, asked)
                if change is Difference.BEHAVIOUR:
                    found.followed.append(cls.node)
                if change is not Difference.NOTHING:
                    yield from ((f, change is Difference.BEHAVIOUR) for f in finder.inherited_by(cls))
                # Its own heirs are compared with it.
                if change is Difference.BEHAVIOUR:
                    asked[key] = _mattered(cls.node, evaluator.reads)
                elif change is Difference.NOTHING and base is not None:
                    asked[key] = asked[base]
        else:
            yield from ((finalizer, True) for finalizer in finder.registrations.of(module, task.names))


def _text_at(step: Step, source: Traced | None) -> str:
    if source is None:
        return ""
    line = source.line_text(step.span.line)
    if step.span.end_line == step.span.line:
        return line[step.span.column - 1 : step.span.end_column - 1]
    return line[step.span.column - 1 :].rstrip()


def _mattered(cls: ClassNode, reads: Reads) -> tuple[str, ...]:
    """The attributes that were looked up on a class, and the classes that instances were compared with."""
    return tuple(sorted(reads.asked(cls) | reads.asked(None)))
