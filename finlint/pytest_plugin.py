"""The pytest plugin's options. Everything else is loaded where ``--finlint-finalizers`` asks for it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--finlint-...``, in a group of their own."""
    group = parser.getgroup("finlint", "finalizers (flake8-finlint)")
    group.addoption(
        "--finlint-finalizers",
        nargs="?",
        const=0.1,
        type=_seconds,
        metavar="S",
        help="fail a test in which a finalizer takes longer than S seconds (0.1), hangs, raises, or can never run",
    )
    group.addoption(
        "--finlint-stuck",
        type=_seconds,
        default=2.0,
        metavar="S",
        help="seconds after which a finalizer is stuck, and freed where that can be done (2)",
    )
    group.addoption(
        "--finlint-report", choices=("fail", "warn"), default="fail", help="what becomes of the test (fail)"
    )
    group.addoption("--finlint-live", metavar="FILE", help="add what was stuck to FILE, for finlint --live FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Register what does it, where it is asked for."""
    budget = config.getoption("--finlint-finalizers")
    if budget is None:
        return
    from finlint.testing.plugin import Plugin

    config.pluginmanager.register(
        Plugin(
            budget=budget,
            stuck=config.getoption("--finlint-stuck"),
            fails=config.getoption("--finlint-report") == "fail",
            live=config.getoption("--finlint-live"),
        ),
        "finlint-finalizers",
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be seconds, not `{text}` (write --finlint-finalizers=S, or name paths before the option)"
        ) from None
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not `{text}`")
    return value
