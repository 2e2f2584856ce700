"""Batches of tasks about one package, whose modules are parsed once for all of them, and batches of answers.

They go through pipes as JSON, so that a process can send nothing but data.
"""

from __future__ import annotations

import signal
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
    #: It was in a batch during which a process ended, and is tried again by itself.
    alone: bool = False


class Batch(NamedTuple):
    """The answers to one batch, and what they stand on."""

    answered: tuple[Answered, ...]
    seen: Seen
    work: Work
    #: Nobody answered: what is said instead is no answer to be kept.
    is_lost: bool = False


#: How a process ends that has no memory left; no number of a signal.
NO_MEMORY = 120


def lost(asked: Asked, ending: int = 0) -> Batch:
    """What there is to say where nobody answers; ``ending`` is the signal that ended the process, if one did, or
    NO_MEMORY."""
    error = f"the process that analysed it ended{how_it_ended(ending)}"
    answers = (Answered(t, Answer(errors=(FileError(t.path, 1, error),)), Inputs()) for t in asked.tasks)
    return Batch(tuple(answers), Seen(), Work(), True)


def how_it_ended(ending: int) -> str:
    """What follows "the process ended": in brackets after a space, or empty."""
    return " (out of memory)" if ending == NO_MEMORY else f" ({_signal(ending)})" if ending else ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def one_by_one(asked: Asked) -> list[Asked]:
    """What is to be tried again of a batch during which a process ended; nothing where it was a single task, alone."""
    return [] if asked.alone else [Asked(asked.package, [task], True) for task in asked.tasks]


def request_to_json(asked: Asked, known: Known) -> list[Any]:
    return [asked, known]


def request_from_json(data: Sequence[Any]) -> tuple[Asked, Known]:
    (package, tasks, alone), (wrappers, inherited) = data
    known = Known(tuple(FunctionKey(*w) for w in wrappers), inherited_from_json(inherited))
    return Asked(package, [task_from_json(task) for task in tasks], bool(alone)), known


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
