"""The check itself: modules to finalizers to findings. Imported only where a file may hold a finalizer, because
everything that the analysis stands on comes with it.
"""

from __future__ import annotations

import sysconfig
from collections.abc import Callable, Iterator, Sequence

from finlint.analysis.evaluate import Evaluator
from finlint.analysis.finalizers import Finalizer, Finder
from finlint.analysis.flow import Frames
from finlint.analysis.headers import Headers
from finlint.analysis.nodes import ClassNode, FunctionNode, ModuleNode, Source
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
        yield from self._wrapped(finder, project)

    def _wrapped(self, finder: Finder, project: Project) -> Iterator[Finalizer]:
        """Finalizers whose registrar is a wrapper: its name is looked for in all files, until no new one turns up."""
        known: set[FunctionNode] = set()
        while True:
            fresh = {(name, node) for name, nodes in finder.wrappers.items() for node in nodes if node not in known}
            if not fresh:
                return
            known |= {node for _, node in fresh}
            asked = []
            for name, node in sorted(fresh, key=lambda item: (item[0], item[1].module.path, item[1].ir.span)):
                # A subclass passes its callback to the base's constructor, and names the base in its header.
                is_init = name == "__init__" and node.owner is not None
                shown = node.owner.name if is_init and node.owner is not None else name
                calls = [shown.encode() + b"("] + ([b"(" + shown.encode() + b")"] if is_init else [])
                asked.append((name, shown, node.module, calls))
            searched: dict[str, set[str]] = {}
            for path in self.files:
                data = self._read(path)
                if data is None:
                    continue
                for name, shown, home, calls in asked:
                    if any(call in data for call in calls) and project.may_use(path, data, shown, home):
                        searched.setdefault(path, set()).update((name, shown))
            for path, words in searched.items():
                caller = project.at(path)
                if caller is not None:
                    finder.search_again(caller)
                    yield from finder.registrations(caller, words)

    def _inherited(self, finder: Finder, project: Project) -> Iterator[Finalizer]:
        """Finalizers of subclasses, in whichever linted file they are."""
        todo = list(finder.inherited)
        if not todo:
            return
        headers = Headers(self.files, self._read)
        seen: set[tuple[ClassNode, str, str]] = set()
        while todo:
            base = todo.pop()
            for header in headers.naming(base.node.name):
                if (base.node, *header) in seen:
                    continue
                seen.add((base.node, *header))
                data = self._read(header.path)
                if data is None or not project.may_use(header.path, data, base.node.name, base.node.module):
                    continue
                module = project.at(header.path)
                if module is None:
                    continue
                for cls in finder.subclasses(module, header.name, base):
                    todo.append(cls)
                    yield from finder.inherited_by(cls)
