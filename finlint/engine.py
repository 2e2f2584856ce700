"""Files in, report out: the one place where the layers are wired together."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from finlint.cache.verdict import CHECKED, MAY, NO, UNKNOWN
from finlint.model.finding import FileError, Finding, Report, Summary, distinct
from finlint.model.settings import Settings
from finlint.model.stamp import Stamps, stamps_of
from finlint.prefilter import Budget, Prefilter, problem
from finlint.syntax.files import Files
from finlint.syntax.reading import Unreadable, read_bytes
from finlint.workers.freeing import CollectorPaused, collect_run

if TYPE_CHECKING:
    from finlint.analysis.program.packages import Packages
    from finlint.cache.memory import Memory
    from finlint.model.task import Answer, ClassKey, FunctionKey, Known, Statistics, Task, Work
    from finlint.rounds import Question, Searches
    from finlint.workers.batches import Asked
    from finlint.workers.elsewhere import Elsewhere
    from finlint.workers.guarded import Guarded
    from finlint.workers.here import Here
    from finlint.workers.sweeps import Look

#: Runs of fewer files do not keep what they saw of files without a finalizer: reading them again costs less.
WORTH_REMEMBERING = 200

#: Files to be looked at beyond which other processes look at them, too. 1,000 take about 0.15 s.
WORTH_SHARING = 2_000

#: Tasks of one package that are sent to a worker at once.
BATCH = 10

DEFAULT_SETTINGS = Settings()


def analyse(
    files: Sequence[str],
    settings: Settings = DEFAULT_SETTINGS,
    *,
    overlay: Mapping[str, bytes] | None = None,
    progress: Callable[[int, int], None] | None = None,
    statistics: Callable[[Statistics], None] | None = None,
    stamps: Stamps | None = None,
) -> Report:
    """Analyse ``files`` and report every finding, whatever its code or severity, in a stable order.

    ``overlay`` gives the text of files that are not (or not yet) as on disk: unsaved editor buffers, stdin.
    ``progress`` is called with (steps done, steps in all), ``statistics`` once at the end. ``stamps`` are those of
    the files, if they are known (``Discovery.stamps``). Selection and suppression are the caller's.
    """
    paths = list(dict.fromkeys(files))
    prefilter = Prefilter(settings)
    memory = None
    # Unsaved texts are nobody else's: with one, nothing is kept and nothing that was kept is asked.
    if settings.cache_dir and not overlay and settings.prefilter:
        memory = _memory(paths, settings, stamps if len(paths) == len(files) else None)
        kept = memory.outcome(prefilter)
        if kept is not None:
            if statistics is not None:
                statistics(kept.statistics)
            return kept.report
    run = _Run(paths, settings, prefilter, memory, overlay or {}, progress)
    try:
        with CollectorPaused():
            report = run.report()
    finally:
        run.close()
    if statistics is not None:
        statistics(run.statistics())
    del run
    collect_run()
    return report


def _memory(paths: Sequence[str], settings: Settings, stamps: Stamps | None) -> Memory:
    from finlint.cache.memory import Memory

    assert settings.cache_dir is not None
    if stamps is None:
        stamps = stamps_of(paths)
    return Memory(settings.cache_dir, settings, paths, stamps, peek, large=len(paths) >= WORTH_REMEMBERING)


def peek(path: str) -> bytes | None:
    """The bytes of a file, or None: whoever analyses it says why."""
    try:
        return read_bytes(path)
    except Unreadable:
        return None


def _without(task: Task, answered: Container[tuple[str, str]]) -> Task:
    """A task about the heirs of classes, without those that have been answered for: path and name."""
    return task._replace(names=tuple(name for name in task.names if (task.path, name) not in answered))


class _Run:
    def __init__(
        self,
        paths: Sequence[str],
        settings: Settings,
        prefilter: Prefilter,
        memory: Memory | None,
        overlay: Mapping[str, bytes],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.paths = paths
        self.settings = settings
        self.progress = progress
        texts = {os.path.abspath(path): data for path, data in overlay.items()}
        self.files = Files(self.paths, texts, libcst_only=not settings.prefilter)
        self.errors: set[FileError] = set()
        self._prefilter = prefilter
        self._memory = memory
        self._here: Here | Guarded | None = None
        self._elsewhere: Elsewhere | None = None
        self._found_packages: Packages | None = None
        self._searches: Searches | None = None
        self._rounds: list[tuple[Any, dict[str, Task]]] = []
        self._sizes: dict[str, int] = {}
        self._read = [0, 0]
        self._answers: list[Answer] = []
        self._reached: set[str] = set()
        self._tasks = self._kept = self._workers = 0
        self._work: list[Work] = []

    def report(self) -> Report:
        candidates = self._candidates()
        #: What has been said so far cannot be told from the files' stamps.
        unreadable = bool(self.files.errors)
        if candidates:
            if self._memory is not None:
                self._memory.open(self.files.linted)
            self._analyse(candidates)
            # What is written next takes much room in this process; the workers have nothing left to do.
            self.close()
        findings: list[Finding] = [f for answer in self._answers for f in answer.findings]
        if findings:
            findings = sorted(distinct(findings), key=lambda f: f.sort_key)
        self.errors.update(self.files.errors.values(), *(answer.errors for answer in self._answers))
        registrations = {place for answer in self._answers for place in answer.registrations}
        hits: Counter[str] = Counter()
        for answer in self._answers:
            hits.update(dict(answer.limits))
        limits = tuple(sorted(hits.items()))
        summary = Summary(len(self.paths), len(self._reached), len(registrations), len(findings), limits)
        report = Report(tuple(findings), tuple(sorted(self.errors)), summary)
        if self._memory is not None and (candidates or len(self.paths) >= WORTH_REMEMBERING):
            rounds = [(question, tasks) for question, tasks in self._rounds]
            folders = self._found_packages.folders() if self._found_packages is not None else ()
            self._memory.save(report, self.statistics(), rounds, sorted(folders), whole=not unreadable)
        return report

    def close(self) -> None:
        if self._elsewhere is not None:
            self._elsewhere.close()
            self._elsewhere = None
        if self._here is not None:
            self._here.close()
            self._here = None

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
        out = []
        budget = Budget()
        numbers = range(len(self.paths))
        known = [self._memory.verdict(n) for n in numbers] if self._memory is not None else [UNKNOWN] * len(numbers)
        looks = self._looks([number for number, verdict in enumerate(known) if verdict == UNKNOWN])
        for number, path in enumerate(self.paths):
            verdict = known[number]
            if verdict in (NO, CHECKED):
                size = self._memory.size(number) if self._memory is not None else 0
                if budget.takes(size) and verdict == NO:
                    verdict = self._looked_at(number, path, None)
            elif number in looks:
                verdict = self._judged(number, path, looks[number], budget)
            elif verdict == UNKNOWN:
                verdict = self._looked_at(number, path, budget)
            elif self._memory is not None:
                self._sizes[path] = self._memory.size(number)
            if verdict == MAY:
                out.append(path)
            if self.progress is not None:
                self.progress(number + 1, len(self.paths))
        return out

    def _looks(self, numbers: Sequence[int]) -> Mapping[int, Look]:
        """What other processes say of files by their numbers, if there are so many that it pays."""
        if self._memory is not None:
            # Of a file that has just been written, the bytes that the verdict was made from are to be told, too.
            numbers = [number for number in numbers if self._memory.is_safe(number)]
        if len(numbers) <= WORTH_SHARING or self.files.overlay:
            return {}
        others = self._others()
        return others.look(numbers) if others is not None else {}

    def _judged(self, number: int, path: str, look: Look, budget: Budget) -> int:
        """The verdict on a file that another process has looked at."""
        if look.verdict == NO and budget.takes(look.size):
            return self._looked_at(number, path, None)
        if look.size >= 0:
            self._read[0] += 1
            self._read[1] += look.size
        if look.verdict == UNKNOWN:
            self.files.fail(path, Unreadable(look.message, look.line, look.column))
            return UNKNOWN
        if look.verdict == MAY:
            self._sizes[path] = look.size
        if self._memory is not None:
            self._memory.judge(number, look.verdict, None)
        return look.verdict

    def _looked_at(self, number: int, path: str, budget: Budget | None) -> int:
        """The verdict on the file as it is. ``budget`` says whether its syntax is checked; None: it is."""
        data = self._bytes_of(path)
        if data is None:
            return UNKNOWN
        if self._prefilter.may_hold(data):
            self._sizes[path] = len(data)
            verdict = MAY
        else:
            check = budget is None or budget.takes(len(data))
            error = problem(path, data, check)
            if error is not None:
                self.files.fail(path, error)
                return UNKNOWN
            verdict = CHECKED if check else NO
        if self._memory is not None:
            self._memory.judge(number, verdict, data)
        return verdict

    def _bytes_of(self, path: str) -> bytes | None:
        data = self.files.read(path)
        if data is not None:
            self._read[0] += 1
            self._read[1] += len(data)
        return data

    # -- tasks

    def _analyse(self, candidates: Sequence[str]) -> None:
        """The finalizers of the candidates; then those of subclasses and of wrappers' callers, to a fixpoint."""
        from finlint.model.task import Known, Task
        from finlint.rounds import Callers, Subclasses

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
            tasks = self._round(Subclasses(bases, asked_of)) if bases else []
            answered = {(cls.path, cls.name) for cls in heirs}
            tasks = [left for task in tasks if (left := _without(task, answered)).names]
            # Wrappers come last: whoever calls one may be a subclass.
            if not tasks:
                fresh = sorted(wrappers - called)
                called.update(fresh)
                tasks = self._round(Callers(fresh)) if fresh else []

    def _round(self, question: Question) -> list[Task]:
        """What is to be asked of the files in which there may be what the question looks for."""
        from finlint.rounds import Raw

        if self._memory is not None and len(self.paths) >= WORTH_REMEMBERING:
            holders = self._memory.hits(question.kind, question.words, self._hits)
        else:
            holders = self._hits(question.kind, self.paths, question.words)
        may_use = self._packages().may_use
        tasks: dict[str, Task] = {}
        for path in self.paths:
            if path in holders and not question.words.isdisjoint(holders[path]):
                data = self.files.read(path)
                task = question.task(Raw(path, data), may_use) if data is not None else None
                if task is not None:
                    tasks[path] = task
        self._rounds.append((question.to_json(), tasks))
        return list(tasks.values())

    def _hits(self, kind: str, paths: Collection[str], words: Collection[str]) -> dict[str, list[str]]:
        """For each file those of the words that it names as bases, or calls."""
        if self._elsewhere is not None and len(paths) == len(self.paths):
            found = self._elsewhere.hits(kind, words)
            if found is not None:
                return found
        if self._searches is None:
            from finlint.rounds import Searches

            self._searches = Searches(self.paths, self.files.read)
        return self._searches.hits(kind, paths, words)

    def _packages(self) -> Packages:
        if self._found_packages is None:
            from finlint.analysis.program.packages import Packages

            self._found_packages = Packages()
        return self._found_packages

    def _run(self, tasks: Sequence[Task], known: Known) -> list[tuple[Task, Answer]]:
        """The answers to ``tasks``, in their order: those that were kept, and those that are given now."""
        self._tasks += len(tasks)
        answers: dict[Task, Answer] = {}
        todo = []
        for task in tasks:
            kept = self._memory.answer(task, known) if self._memory is not None else None
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
            for task, answer, inputs in batch.answered:
                answers[task] = answer
                self._reached.update(inputs.files)
                if self._memory is not None and batch.is_lost:
                    self._memory.lose()
                elif self._memory is not None:
                    self._memory.keep(task, known, answer, inputs, batch.seen)
            done += len(batch.answered)
            if self.progress is not None:
                self.progress(done, len(todo))

    def _batches(self, tasks: Sequence[Task]) -> list[Asked]:
        """Tasks by package, so that modules are parsed once by each worker; the largest packages first."""
        from finlint.workers.batches import Asked

        groups: dict[str, list[Task]] = {}
        for task in tasks:
            groups.setdefault(self._packages().of(task.path), []).append(task)
        ordered = sorted(groups.items(), key=lambda item: -sum(self._sizes.get(task.path, 0) for task in item[1]))
        return [Asked(package, group[i : i + BATCH]) for package, group in ordered for i in range(0, len(group), BATCH)]

    def _worker(self, tasks: Sequence[Task]) -> Here | Guarded | Elsewhere:
        from finlint.workers.elsewhere import WORTH

        if self._elsewhere is not None:
            return self._elsewhere
        if sum(self._sizes.get(task.path, 0) for task in tasks) > WORTH and not self.files.overlay:
            others = self._others()
            if others is not None:
                return others
        if self._here is None:
            self._here = self._alone()
        return self._here

    def _alone(self) -> Here | Guarded:
        """What answers where other processes would not save time."""
        from finlint.workers.guarded import Guarded, may_fork

        if self.settings.guarded and may_fork():
            return Guarded(self.files, self.settings)
        from finlint.workers.here import Here

        return Here(self.files, self.settings)

    def _others(self) -> Elsewhere | None:
        """Worker processes, if there may be any."""
        from finlint.workers.elsewhere import Elsewhere, may_have_children

        jobs = self.settings.jobs if self.settings.jobs is not None else min(os.cpu_count() or 1, 8)
        if self._elsewhere is None and jobs > 1 and may_have_children():
            self._workers = jobs
            self._elsewhere = Elsewhere(self.files, self.settings, self.paths, jobs)
        return self._elsewhere
