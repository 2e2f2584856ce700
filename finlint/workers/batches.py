"""Batches of tasks about one package, whose modules are parsed once for all of them, and batches of answers.

They go through pipes as JSON, so that a process can send nothing but data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from finlint.model.finding import FileError
from finlint.model.task import (
    Answer,
    FunctionKey,
    Inputs,
    Known,
    Seen,
    Task,
    Work,
    answer_from_json,
    answer_to_json,
    inherited_from_json,
    inputs_from_json,
    seen_from_json,
    seen_to_json,
    task_from_json,
)


class Answered(NamedTuple):
    task: Task
    answer: Answer
    inputs: Inputs


class Asked(NamedTuple):
    """Tasks about files of one package."""

    package: str
    tasks: Sequence[Task]


class Batch(NamedTuple):
    """The answers to one batch, and what they stand on."""

    answered: tuple[Answered, ...]
    seen: Seen
    work: Work


def lost(asked: Asked) -> Batch:
    """What there is to say where nobody answers."""
    error = "the process that analysed it ended"
    answers = (Answered(t, Answer(errors=(FileError(t.path, 1, error),)), Inputs()) for t in asked.tasks)
    return Batch(tuple(answers), Seen(), Work())


def request_to_json(asked: Asked, known: Known) -> list[Any]:
    return [asked, known]


def request_from_json(data: Sequence[Any]) -> tuple[Asked, Known]:
    (package, tasks), (wrappers, inherited) = data
    known = Known(tuple(FunctionKey(*w) for w in wrappers), inherited_from_json(inherited))
    return Asked(package, [task_from_json(task) for task in tasks]), known


def batch_to_json(batch: Batch) -> list[Any]:
    answered = [[answer_to_json(answer), inputs] for _, answer, inputs in batch.answered]
    return [answered, seen_to_json(batch.seen), batch.work]


def batch_from_json(asked: Asked, data: Sequence[Any]) -> Batch:
    answered, seen, work = data
    return Batch(
        tuple(
            Answered(task, answer_from_json(answer), inputs_from_json(inputs))
            for task, (answer, inputs) in zip(asked.tasks, answered, strict=True)
        ),
        seen_from_json(seen),
        Work(*work),
    )
