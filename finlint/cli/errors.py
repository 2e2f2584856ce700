"""Wrong usage."""

from __future__ import annotations


class UsageError(Exception):
    """What is wrong with the arguments, in one line."""
