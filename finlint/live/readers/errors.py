"""What is wrong with a dump."""

from __future__ import annotations


class DumpError(ValueError):
    """Why a dump cannot be read, in one line."""
