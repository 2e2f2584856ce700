"""Files in, report out: the one place where the layers are wired together."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from finlint.model.finding import FileError, Finding, Report, Summary
from finlint.model.settings import Settings
from finlint.model.tokens import TOKENS
from finlint.syntax.files import Files
from finlint.syntax.reading import Unreadable, decode

if TYPE_CHECKING:
    from finlint.analysis.headers import Headers
    from finlint.analysis.project import Project
    from finlint.cache import Store
    from finlint.model.task import Answer, ClassKey, FunctionKey, Known, Statistics, Task, Work
    from finlint.workers import Asked, Elsewhere, Here

#: A file without a token cannot hold a finalizer and is not parsed, but a small run checks its syntax all the same:
#: bytes of such files that are parsed before only their encoding is looked at. A megabyte costs about 0.15 s.
SYNTAX_BUDGET = 1_000_000

#: Runs of fewer files do not keep what they saw of files without a finalizer: reading them again costs less.
WORTH_REMEMBERING = 200

#: Tasks of one package that are sent to a worker at once.
BATCH = 10

#: ``ast.PyCF_ONLY_AST``, without importing ast.
_ONLY_AST = 0x400

DEFAULT_SETTINGS = Settings()


def analyse(
    files: Sequence[str],
    settings: Settings = DEFAULT_SETTINGS,
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
    statistics: Callable[[Statistics], None] | None = None,
) -> Report:
    """Analyse ``files`` and report every finding, whatever its code or severity, in a stable order.

    ``overlay`` gives the text of files that are not (or not yet) as on disk: unsaved editor buffers, stdin.
    ``progress`` is called with (steps done, steps in all), ``statistics`` once at the end. Selection and suppression
    are the caller's.
    """
    run = _Run(files, settings, overlay or {}, progress)
    try:
        report = run.report()
    finally:
        run.close()
    if statistics is not None:
        statistics(run.statistics())
    return report


class _Run:
    def __init__(
        self,
        paths: Sequence[str],
        settings: Settings,
        overlay: Mapping[str, bytes],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.paths = list(dict.fromkeys(paths))
        self.settings = settings
        self.progress = progress
        texts = {os.path.abspath(path): data for path, data in overlay.items()}
        self.files = Files(self.paths, texts, libcst_only=not settings.prefilter)
        self.tokens = (*TOKENS, *(r.name.rpartition(".")[2].encode() for r in settings.registrars))
        self.errors: set[FileError] = set()
        self._store: Store | None = None
        self._here: Here | None = None
        self._elsewhere: Elsewhere | None = None
        self._finder: Project | None = None
        self._headers: Headers | None = None
        self._named: dict[str, list[tuple[str, set[bytes]]]] = {}
        self._sizes: dict[str, int] = {}
        self._read = [0, 0]
        self._answers: list[Answer] = []
        self._reached: set[str] = set()
        self._tasks = self._kept = self._workers = 0
        self._work: list[Work] = []
        self._steps = (0, 0)

    def report(self) -> Report:
        candidates = self._candidates()
        if candidates:
            self._analyse(candidates)
        if self._store is not None:
            self._store.save()
        findings: list[Finding] = [f for answer in self._answers for f in answer.findings]
        if findings:
            from finlint.checking import distinct

            findings = sorted(distinct(findings), key=lambda f: f.sort_key)
        self.errors.update(self.files.errors.values(), *(answer.errors for answer in self._answers))
        registrations = {place for answer in self._answers for place in answer.registrations}
        summary = Summary(len(self.paths), len(self._reached), len(registrations), len(findings))
        return Report(tuple(findings), tuple(sorted(self.errors)), summary)

    def close(self) -> None:
        if self._elsewhere is not None:
            self._elsewhere.close()

    def statistics(self) -> Statistics:
        from finlint.model.task import Statistics, Work

        work = Work()
        for part in self._work:
            work = work.plus(part)
        frames = sum(answer.frames for answer in self._answers)
        return Statistics(
            self._read[0], self._read[1], len(self._sizes), self._tasks, self._kept, work, frames, self._workers
        )

    # -- files

    def _candidates(self) -> list[str]:
        """The files that hold a word without which there is no registration."""
        if len(self.paths) >= WORTH_REMEMBERING:
            self._open_store()
        out = []
        budget = SYNTAX_BUDGET
        store = self._store
        absolute = {shown: path for path, shown in self.files.linted.items()} if store is not None else {}
        for number, path in enumerate(self.paths):
            key = absolute.get(path) or os.path.abspath(path) if store is not None else ""
            verdict = store.verdict(key) if store is not None else None
            if verdict is None:
                data = self._bytes_of(path)
                if data is not None:
                    verdict = not self.settings.prefilter or any(token in data for token in self.tokens)
                    before = len(self.files.errors)
                    if not verdict:
                        budget = self._check_text(path, data, budget)
                    if store is not None and len(self.files.errors) == before:
                        store.judge(key, verdict, data)
                    if verdict:
                        self._sizes[path] = len(data)
            elif verdict and store is not None:
                stamp = store.stamp(key)
                self._sizes[path] = stamp.size if stamp is not None else 0
            if verdict:
                out.append(path)
            if self.progress is not None:
                self.progress(number + 1, len(self.paths))
        if out:
            self._open_store()
        return out

    def _open_store(self) -> None:
        """Unsaved texts are nobody else's: with one, nothing is kept and nothing that was kept is asked."""
        if self._store is None and self.settings.cache_dir and not self.files.overlay and self.settings.prefilter:
            from finlint.cache import Store

            self._store = Store(self.settings.cache_dir, self.settings, self.files.linted, self._peek)

    def _bytes_of(self, path: str) -> bytes | None:
        data = self.files.read(path)
        if data is not None:
            self._read[0] += 1
            self._read[1] += len(data)
        return data

    def _peek(self, path: str) -> bytes | None:
        return self.files.read(path)

    def _check_text(self, path: str, data: bytes, budget: int) -> int:
        """Report a file that is no Python, as far as ``budget`` allows; returns what is left of it."""
        try:
            text = decode(data)
            if len(data) > budget:
                return budget
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compile(text, path, "exec", _ONLY_AST, dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
                # LibCST knows syntax that is newer than the running interpreter.
                from finlint.syntax.validity import fault

                error = fault(text, problem)
                if error is not None:
                    self.files.fail(path, error)
        except Unreadable as error:
            self.files.fail(path, error)
        return budget - len(data)

    # -- tasks

    def _analyse(self, candidates: Sequence[str]) -> None:
        """The finalizers of the candidates; then those of subclasses and of wrappers' callers, to a fixpoint."""
        from finlint.model.task import Known, Task

        inherited: dict[ClassKey, set[FunctionKey]] = {}
        wrappers: set[FunctionKey] = set()
        heirs: set[ClassKey] = set()
        asked_of: dict[ClassKey, tuple[tuple[ClassKey, tuple[str, ...]], ...]] = {}
        sought: set[ClassKey] = set()
        called: set[FunctionKey] = set()
        tasks = [Task(path, "own") for path in candidates]
        known = Known()
        asked: set[tuple[Task, Known]] = set()
        while tasks:
            tasks = [task for task in tasks if (task, known) not in asked]
            asked.update((task, known) for task in tasks)
            for task, answer in self._run(tasks, known):
                wrappers.update(answer.wrappers)
                heirs.update(answer.heirs)
                asked_of.update(dict.fromkeys(answer.heirs, task.asked))
                asked_of.update((cls, ((cls, names),)) for cls, names in answer.followed)
                for cls, methods in answer.inherited:
                    inherited.setdefault(cls, set()).update(methods)
            known = Known(
                tuple(sorted(wrappers)),
                tuple((cls, tuple(sorted(methods))) for cls, methods in sorted(inherited.items())),
            )
            bases = sorted((set(inherited) | heirs) - sought)
            sought.update(bases)
            tasks = self._subclasses(bases, asked_of)
            # Wrappers come last: whoever calls one may be a subclass.
            if not tasks:
                fresh = sorted(wrappers - called)
                called.update(fresh)
                tasks = self._callers(fresh)

    def _subclasses(
        self, bases: Sequence[ClassKey], asked_of: Mapping[ClassKey, tuple[tuple[ClassKey, tuple[str, ...]], ...]]
    ) -> list[Task]:
        """Tasks for the files that may hold a subclass of one of ``bases``."""
        from finlint.analysis.headers import headers_in
        from finlint.model.task import Task

        if not bases:
            return []
        names = {base.name for base in bases}
        holders = self._sightings("bases", names, self._search_headers)
        found: dict[str, set[str]] = {}
        asked: dict[str, dict[ClassKey, tuple[str, ...]]] = {}
        for path in self._in_order(holders):
            hits = names.intersection(holders[path])
            data = self.files.read(path) if hits else None
            if data is None:
                continue
            named = self._named.get(path)
            if named is None:
                named = self._named[path] = headers_in(data)
            for base in bases:
                if base.name in hits and self._project().may_use(path, data, base.name, base.path):
                    word = base.name.encode()
                    found.setdefault(path, set()).update(name for name, words in named if word in words)
                    asked.setdefault(path, {}).update(asked_of.get(base, ()))
        return [
            Task(path, "inherited", tuple(sorted(classes)), tuple(sorted(asked[path].items())))
            for path, classes in found.items()
            if classes
        ]

    def _search_headers(self, paths: Iterable[str], words: Collection[str]) -> dict[str, list[str]]:
        from finlint.analysis.headers import Headers

        paths = list(paths)
        if len(paths) == len(self.paths):
            # Asked in rounds, a class's subclasses being bases themselves: one pass answers all of them.
            if self._headers is None:
                self._headers = Headers(paths, self.files.read)
            return self._headers.holding(words)
        return Headers(paths, self.files.read).holding(words)

    def _callers(self, wrappers: Sequence[FunctionKey]) -> list[Task]:
        """Tasks for the files that may call one of ``wrappers``."""
        from finlint.model.task import Task

        if not wrappers:
            return []
        # A class whose ``__init__`` registers what it is given is called by its name; a subclass names it in its
        # header and passes its callback to the base's constructor.
        shown = {key: key.owner if key.name in ("__init__", "__new__") and key.owner else key.name for key in wrappers}
        holders = self._sightings("calls", set(shown.values()), self._search_calls)
        found: dict[str, set[str]] = {}
        for path in self._in_order(holders):
            hits = holders[path]
            keys = [key for key in wrappers if shown[key] in hits]
            data = self.files.read(path) if keys else None
            for key in keys:
                if data is not None and self._project().may_use(path, data, shown[key], key.path):
                    found.setdefault(path, set()).update((key.name, shown[key]))
        return [Task(path, "wrapped", tuple(sorted(names))) for path, names in found.items()]

    def _search_calls(self, paths: Iterable[str], words: Collection[str]) -> dict[str, list[str]]:
        forms = [(word, word.encode() + b"(", b"(" + word.encode() + b")") for word in sorted(words)]
        out = {}
        for path in paths:
            data = self.files.read(path)
            if data is not None:
                hits = [word for word, call, header in forms if call in data or header in data]
                if hits:
                    out[path] = hits
        return out

    def _sightings(
        self,
        kind: str,
        words: Collection[str],
        search: Callable[[Iterable[str], Collection[str]], dict[str, list[str]]],
    ) -> dict[str, list[str]]:
        if self._store is None:
            return search(self.paths, words)
        return self._store.sightings(kind, words, search)

    def _in_order(self, holders: Mapping[str, object]) -> list[str]:
        return [path for path in self.paths if path in holders]

    def _project(self) -> Project:
        """To ask where packages are; it parses nothing."""
        if self._finder is None:
            from finlint.analysis.project import Project
            from finlint.knowledge.base import Knowledge

            self._finder = Project(lambda path: None, Knowledge(()), self.settings.src)
        return self._finder

    def _run(self, tasks: Sequence[Task], known: Known) -> list[tuple[Task, Answer]]:
        """The answers to ``tasks``, in their order: those that were kept, and those that are given now."""
        self._tasks += len(tasks)
        answers: dict[Task, Answer] = {}
        todo = []
        for task in tasks:
            kept = self._store.answer(task, known) if self._store is not None else None
            if kept is None:
                todo.append(task)
            else:
                self._kept += 1
                answers[task], inputs = kept
                self._reached.update(inputs.files)
        if todo:
            self._ask(todo, known, answers)
        done = [(task, answers[task]) for task in tasks]
        self._answers.extend(answer for _, answer in done)
        return done

    def _ask(self, todo: Sequence[Task], known: Known, answers: dict[Task, Answer]) -> None:
        batches = self._batches(todo)
        done = 0
        for batch in self._worker(todo).run(batches, known):
            self._work.append(batch.work)
            searches = {key: (folders, paths) for key, folders, paths in batch.searches}
            for task, answer, inputs in batch.answered:
                answers[task] = answer
                self._reached.update(inputs.files)
                if self._store is not None and inputs.files:
                    self._store.keep(task, known, answer, inputs, searches, batch.digests)
            done += len(batch.answered)
            if self.progress is not None:
                self.progress(done, len(todo))

    def _batches(self, tasks: Sequence[Task]) -> list[Asked]:
        """Tasks by package, so that modules are parsed once by each worker; the largest packages first."""
        from finlint.workers import Asked

        groups: dict[str, list[Task]] = {}
        for task in tasks:
            groups.setdefault(self._project().package_of(task.path), []).append(task)
        ordered = sorted(groups.items(), key=lambda item: -sum(self._sizes.get(task.path, 0) for task in item[1]))
        return [Asked(package, group[i : i + BATCH]) for package, group in ordered for i in range(0, len(group), BATCH)]

    def _worker(self, tasks: Sequence[Task]) -> Here | Elsewhere:
        from finlint.workers import WORTH, Elsewhere, Here, may_have_children

        if self._elsewhere is not None:
            return self._elsewhere
        jobs = self.settings.jobs if self.settings.jobs is not None else min(os.cpu_count() or 1, 8)
        large = jobs > 1 and sum(self._sizes.get(task.path, 0) for task in tasks) > WORTH
        if large and not self.files.overlay and may_have_children():
            self._workers = jobs
            self._elsewhere = Elsewhere(self.files, self.settings, jobs)
            return self._elsewhere
        if self._here is None:
            self._here = Here(self.files, self.settings)
        return self._here
