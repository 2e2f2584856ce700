"""Which codes have fixes, for whoever need not load the fixes themselves."""

from __future__ import annotations

#: A run without such a finding need not load them. A test compares it with the registry.
FIXABLE = frozenset({"FIN102", "FIN104", "FIN105", "FIN112", "FIN201", "FIN301", "FIN305", "FIN401"})


def load_fixers() -> None:
    """Only where a fix is made: LibCST takes longer to be imported than most packages to be analysed."""
    import finlint.fixes.registry  # noqa: F401
