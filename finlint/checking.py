"""The check itself: tasks to answers. Imported only where a file may hold a finalizer, because everything that the
analysis stands on comes with it.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Iterator
from typing import NamedTuple

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer, Finder
from finlint.analysis.flow import Frames
from finlint.analysis.heirs import Difference, class_key, difference
from finlint.analysis.nodes import ClassNode, ModuleNode
from finlint.analysis.project import Disk, Project
from finlint.analysis.reach import Step
from finlint.analysis.registrars import Registrars
from finlint.knowledge.base import Knowledge
from finlint.model.finding import FileError, Finding
from finlint.model.settings import Settings
from finlint.model.task import Answer, ClassKey, Inputs, Known, Task
from finlint.rules import all as rules
from finlint.rules.blocking import blocking
from finlint.syntax.files import Files


class Library:
    """What does not depend on the files: read once for a process."""

    def __init__(self, settings: Settings) -> None:
        self.knowledge = Knowledge(settings.knowledge)
        self.registrars = Registrars(settings.registrars)
        self.src = settings.src
        self.installed: list[str] = []
        if settings.follow_installed:
            paths = sysconfig.get_paths()
            self.installed = list(dict.fromkeys([paths["purelib"], paths["platlib"]]))


class _Classes(NamedTuple):
    """Classes that inherit a finalizer, and those whose finalizers were followed."""

    heirs: list[ClassKey]
    followed: list[ClassNode]


class Check:
    """Answers tasks about files of one package, one after another.

    What was read and parsed is shared between the tasks; modules as nodes, and all that was found out about them, are
    not: an answer depends on the files alone, never on what was asked before, so any process may give it, and it may
    be kept.
    """

    def __init__(self, files: Files, library: Library) -> None:
        self.files = files
        self.library = library
        self.disk = Disk()

    def answer(self, task: Task, known: Known) -> tuple[Answer, Inputs]:
        """What the task asks, and what the answer stands on."""
        library, files = self.library, self.files
        project = Project(files.load, library.knowledge, library.src, library.installed, files.read, self.disk)
        trace = project.trace
        evaluator = Evaluator(project, self.library.knowledge, self.library.registrars)
        frames = Frames(evaluator)
        inherited = dict(known.inherited)
        finder = Finder(evaluator, frames, self.library.registrars, known.wrappers, inherited)
        findings: list[Finding] = []
        registrations: set[tuple[str, int, int, str]] = set()
        found = _Classes([], [])
        module = project.at(task.path)
        path = self.files.linted.get(module.path, module.path) if module is not None else task.path
        error = self.files.check(path)
        if module is not None and error is None:
            try:
                for finalizer, follow in self._finalizers(task, module, finder, evaluator, found):
                    place = finalizer.module.path, finalizer.span.line, finalizer.span.column, finalizer.registrar
                    registrations.add(place)
                    if follow:
                        findings.extend(blocking(finalizer, frames, self.files.is_linted, self._text_at))
                    findings.extend(rules.of_finalizer(finalizer, evaluator, frames))
                if task.what == "own":
                    findings.extend(rules.of_module(module, evaluator))
            except RecursionError:
                error = FileError(path, 1, "nested too deeply to be analysed to the end")
        answer = Answer(
            tuple(distinct(findings)),
            () if error is None else (error,),
            tuple(sorted(registrations)),
            tuple(sorted(finder.wrappers - set(known.wrappers))),
            tuple(
                (cls, tuple(sorted(methods)))
                for cls, methods in sorted(finder.inherited.items())
                if methods != set(inherited.get(cls, ())) or cls not in inherited
            ),
            tuple(found.heirs),
            tuple((class_key(node), _mattered(node, evaluator)) for node in found.followed),
            frames.count + finder.quick.count,
        )
        return answer, Inputs(tuple(sorted(trace.files)), tuple(sorted(trace.folders)), tuple(sorted(trace.searches)))

    def _finalizers(
        self, task: Task, module: ModuleNode, finder: Finder, evaluator: Evaluator, found: _Classes
    ) -> Iterator[tuple[Finalizer, bool]]:
        """The finalizers that the task asks for, each with whether what it blocks in is not known yet."""
        if task.what == "own":
            yield from ((finalizer, True) for finalizer in finder.deletions(module))
            yield from ((finalizer, True) for finalizer in finder.registrations(module))
            found.followed.extend(node for node in module.outline_classes if class_key(node) in finder.inherited)
        elif task.what == "inherited":
            asked = dict(task.asked)
            for cls in finder.heirs_in(module, task.names):
                key = class_key(cls.node)
                found.heirs.append(key)
                change = difference(cls, evaluator, asked)
                if change is Difference.BEHAVIOUR:
                    found.followed.append(cls.node)
                if change is not Difference.NOTHING:
                    yield from ((f, change is Difference.BEHAVIOUR) for f in finder.inherited_by(cls))
        else:
            yield from ((finalizer, True) for finalizer in finder.registrations(module, task.names))

    def _text_at(self, step: Step) -> str:
        source = self.files.loaded(step.path)
        if source is None:
            return ""
        line = source.line_text(step.span.line)
        if step.span.end_line == step.span.line:
            return line[step.span.column - 1 : step.span.end_column - 1]
        return line[step.span.column - 1 :].rstrip()


def _mattered(cls: ClassNode, evaluator: Evaluator) -> tuple[str, ...]:
    return tuple(sorted(evaluator.asked.get(cls, set()) | evaluator.compared))


def distinct(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for each callback and culprit, however often it is registered or inherited."""
    seen: set[object] = set()
    for finding in findings:
        key = (finding.code, finding.path, finding.span, finding.culprit)
        if key not in seen:
            seen.add(key)
            yield finding
