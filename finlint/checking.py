"""The check itself: modules to finalizers to findings. Imported only where a file may hold a finalizer, because
everything that the analysis stands on comes with it.
"""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Callable, Iterator, Sequence

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer, Finder
from finlint.analysis.flow import Frames
from finlint.analysis.nodes import ModuleNode, Source
from finlint.analysis.project import Project
from finlint.analysis.reach import Step
from finlint.analysis.registrars import Registrars
from finlint.knowledge.base import Knowledge
from finlint.model.finding import Finding
from finlint.model.settings import Settings
from finlint.rules import all as rules
from finlint.rules.blocking import blocking


class Check:
    """One run over the files that may hold a finalizer.

    ``load`` parses a file, ``read`` gives the bytes of one that is linted, ``peek`` those of any (None: not to be
    had); ``is_linted`` and ``text_at`` are for findings.
    """

    def __init__(
        self,
        files: Sequence[str],
        settings: Settings,
        load: Callable[[str], Source | None],
        read: Callable[[str], bytes | None],
        peek: Callable[[str], bytes | None],
        is_linted: Callable[[str], bool],
        text_at: Callable[[Step], str],
    ) -> None:
        self.files = files
        self.settings = settings
        self._load = load
        self._read = read
        self._peek = peek
        self._is_linted = is_linted
        self._text_at = text_at

    def findings(self, candidates: list[str]) -> Iterator[tuple[Finalizer | None, list[Finding]]]:
        """Each finalizer with its findings, and findings that belong to none."""
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
