"""Files in, report out: the one place where the layers are wired together."""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer, Finder
from finlint.analysis.flow import Frames
from finlint.analysis.nodes import ModuleNode
from finlint.analysis.project import Project
from finlint.analysis.reach import Step
from finlint.analysis.registrars import TOKENS, Registrars
from finlint.knowledge.base import Knowledge
from finlint.model.finding import FileError, Finding, Report, Summary
from finlint.model.settings import Settings
from finlint.rules import all as rules
from finlint.rules.blocking import blocking
from finlint.syntax.source import SourceFile, Unreadable, read_bytes

DEFAULT_SETTINGS = Settings()


def analyse(
    files: Sequence[str],
    settings: Settings = DEFAULT_SETTINGS,
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Analyse ``files`` and report every finding, whatever its code or severity, in a stable order.

    ``overlay`` gives the text of files that are not (or not yet) as on disk: unsaved editor buffers, stdin.
    ``progress`` is called with (files done, files in all). Selection and suppression are the caller's.
    """
    return _Run(files, settings, overlay or {}, progress).report()


class _Run:
    def __init__(
        self,
        files: Sequence[str],
        settings: Settings,
        overlay: Mapping[str, bytes],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.files = list(dict.fromkeys(files))
        self.settings = settings
        self.overlay = {os.path.abspath(path): data for path, data in overlay.items()}
        self.progress = progress
        self.errors: list[FileError] = []
        self.tokens = (*TOKENS, *(r.name.rpartition(".")[2].encode() for r in settings.registrars))
        self._linted = {os.path.abspath(path): path for path in self.files}
        self._failed: set[str] = set()
        self._sources: dict[str, SourceFile] = {}
        self._bytes: dict[str, bytes] = {}

    def report(self) -> Report:
        candidates = self._candidates()
        findings: list[Finding] = []
        registrations: set[object] = set()
        if candidates:
            for finalizer, found in self._findings(candidates):
                if finalizer is not None:
                    registrations.add((finalizer.module.path, finalizer.span, finalizer.registrar))
                findings.extend(found)
        unique = sorted(_distinct(findings), key=lambda f: f.sort_key)
        errors = sorted(self.errors)
        summary = Summary(len(self.files), len(self._sources), len(registrations), len(unique))
        return Report(tuple(unique), tuple(errors), summary)

    # -- files

    def _candidates(self) -> list[str]:
        """The files that hold a word without which there is no registration."""
        out = []
        for number, path in enumerate(self.files):
            data = self._read(path)
            if data is not None and (not self.settings.prefilter or any(token in data for token in self.tokens)):
                self._bytes[path] = data
                out.append(path)
            if self.progress is not None:
                self.progress(number + 1, len(self.files))
        return out

    def _read(self, path: str) -> bytes | None:
        known = self.overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable as error:
            self._fail(path, error)
            return None

    def _peek(self, path: str) -> bytes | None:
        """The bytes of a file that is searched, not linted: what cannot be read is not there."""
        known = self.overlay.get(os.path.abspath(path))
        if known is not None:
            return known
        try:
            return read_bytes(path)
        except Unreadable:
            return None

    def _fail(self, path: str, error: Unreadable) -> None:
        if path not in self._failed and os.path.abspath(path) in self._linted:
            self._failed.add(path)
            self.errors.append(FileError(path, error.line, error.message))

    def _load(self, path: str) -> SourceFile | None:
        """The source of a linted file, or of one that an import names."""
        path = self._linted.get(os.path.abspath(path), path)
        data = self._bytes.pop(path, None)
        if data is None:
            data = self._read(path)
        if data is None:
            return None
        try:
            source = SourceFile(path, data)
        except Unreadable as error:
            self._fail(path, error)
            return None
        self._sources[path] = source
        return source

    # -- findings

    def _findings(self, candidates: list[str]) -> Iterator[tuple[Finalizer | None, list[Finding]]]:
        knowledge = Knowledge(self.settings.knowledge)
        registrars = Registrars(self.settings.registrars)
        installed: list[str] = []
        if self.settings.follow_installed:
            paths = sysconfig.get_paths()
            installed = list(dict.fromkeys([paths["purelib"], paths["platlib"]]))
        project = Project(self._load, knowledge, self.settings.src, installed, self._peek)
        evaluator = Evaluator(project, knowledge, registrars)
        frames = Frames(evaluator)
        finder = Finder(evaluator, frames, registrars)
        modules = [module for path in candidates if (module := project.at(path)) is not None]
        for finalizer in self._finalizers(finder, modules, project):
            found = list(blocking(finalizer, frames, self._is_linted, self._text_at))
            found.extend(rules.of_finalizer(finalizer, evaluator, frames))
            yield finalizer, found
        for module in modules:
            yield None, list(rules.of_module(module, evaluator))

    def _finalizers(self, finder: Finder, modules: list[ModuleNode], project: Project) -> Iterator[Finalizer]:
        for module in modules:
            yield from finder.deletions(module)
            yield from finder.registrations(module)
        yield from self._inherited(finder, project)
        # Wrappers make registrars of their own names: look for those in all files until no new one turns up.
        known: set[str] = set()
        while fresh := set(finder.wrappers) - known:
            known |= fresh
            words = {name for name in fresh if name != "__init__"}
            calls = [name.encode() + b"(" for name in words]
            if "__init__" in fresh:
                # A subclass passes its callback to the base's constructor, and names the base in its header.
                calls += [b"(" + name.encode() + b")" for name in words]
                words.add("__init__")
            for path in self.files:
                data = self._read(path)
                if data is None or not any(call in data for call in calls):
                    continue
                caller = project.at(path)
                if caller is not None:
                    finder.search_again(caller)
                    yield from finder.registrations(caller, words)

    def _inherited(self, finder: Finder, project: Project) -> Iterator[Finalizer]:
        """Finalizers of subclasses, in whichever linted file they are."""
        bases = {cls.node.name for cls in finder.inherited}
        if not bases:
            return
        words: set[str] = set()
        while fresh := bases - words:
            words |= fresh
            header = re.compile(
                rb"^[ \t]*class\s+(\w+)\s*\([^)]*\b(?:" + b"|".join(sorted(w.encode() for w in fresh)) + rb")\b",
                re.MULTILINE,
            )
            for path in self.files:
                data = self._read(path)
                if data is None or b"class" not in data:
                    continue
                names = {name.decode("utf-8", "replace") for name in header.findall(data)}
                if not names:
                    continue
                module = project.at(path)
                if module is not None:
                    bases |= names
                    yield from finder.inherited_by(module)

    def _is_linted(self, path: str) -> bool:
        return os.path.abspath(path) in self._linted

    def _text_at(self, step: Step) -> str:
        source = self._sources.get(step.path)
        if source is None:
            return ""
        line = source.line_text(step.span.line)
        if step.span.end_line == step.span.line:
            return line[step.span.column - 1 : step.span.end_column - 1]
        return line[step.span.column - 1 :].rstrip()


def _distinct(findings: list[Finding]) -> Iterator[Finding]:
    """One finding for each callback and culprit, however often it is registered or inherited."""
    seen: set[object] = set()
    for finding in findings:
        key = (finding.code, finding.path, finding.span, finding.culprit)
        if key not in seen:
            seen.add(key)
            yield finding
