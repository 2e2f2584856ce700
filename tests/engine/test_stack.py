"""The chunk of the stack that an analysis runs on."""

from __future__ import annotations

import pytest

from finlint.workers.stack import roomy


def test_what_is_called_gets_its_arguments_and_gives_its_result() -> None:
    assert roomy(divmod, 7, 2) == (3, 1)
    assert roomy(sorted, [2, 1], reverse=True) == [2, 1]


def test_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError):
        roomy(divmod, 1, 0)


def test_it_may_be_nested_and_deep() -> None:
    def deep(left: int) -> int:
        return 0 if not left else 1 + (roomy(deep, left - 1) if left % 100 == 0 else deep(left - 1))

    assert roomy(deep, 500) == 500
