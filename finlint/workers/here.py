"""Tasks to answers in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from finlint.model.settings import Settings
from finlint.model.task import Known, Seen
from finlint.syntax.files import Files
from finlint.workers.batches import Answered, Asked, Batch
from finlint.workers.freeing import collect_young, give_back
from finlint.workers.stack import roomy

if TYPE_CHECKING:
    from finlint.checking import Check


class Here:
    """Answers in this process."""

    def __init__(self, files: Files, settings: Settings) -> None:
        from finlint.checking import Library

        self._files = files
        self._library = Library(settings)
        #: Nobody asks what answers stand on that are not kept.
        self._traces = settings.cache_dir is not None
        #: The package that was asked about last, and what knows its modules, and those of others before it.
        self._package: tuple[str, Check] | None = None

    def run(self, batches: Sequence[Asked], known: Known) -> Iterator[Batch]:
        for asked in batches:
            yield roomy(self._batch, asked, known)

    def _batch(self, asked: Asked, known: Known) -> Batch:
        check = self._check_of(asked.package)
        before = check.contents.work()
        answered = []
        for task in asked.tasks:
            answered.append(Answered(task, *check.answer(task, known)))
            collect_young()
        seen = check.seen(a.inputs for a in answered) if self._traces else Seen()
        return Batch(tuple(answered), seen, check.contents.work().minus(before))

    def _check_of(self, package: str) -> Check:
        """What answers about a package: what has answered about the last one, unless that takes much room."""
        if self._package is not None:
            last, check = self._package
            if last == package or check.is_small():
                self._package = package, check
                return check
            # It makes room first.
            self.close()
            give_back()
        self._package = package, self._new()
        return self._package[1]

    def keeps(self) -> bool:
        """Whether what is known of this package stays for the next one."""
        return self._package is not None and self._package[1].is_small()

    def _new(self) -> Check:
        from finlint.checking import Check

        return Check(self._files.fresh(digests=self._traces), self._library, traces=self._traces)

    def close(self) -> None:
        if self._package is not None:
            self._package[1].close()
            self._package = None
