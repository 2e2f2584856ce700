"""The questions that the text of a file can be asked: declared in ``model.reads``, answered in ``syntax.texts``."""

from __future__ import annotations

from typing import get_args

from finlint.model.reads import LineQuestion, WordQuestion
from finlint.syntax.texts import _QUESTIONS


def test_every_question_is_answered() -> None:
    # ``syntax.traced`` answers that one, which the outline is needed for.
    declared = {*get_args(LineQuestion), *get_args(WordQuestion)} - {"aliases"}
    assert declared == set(_QUESTIONS)
