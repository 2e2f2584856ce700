"""What to say where another distribution has put its package ``finlint`` over ours, or has taken it away again.

Whatever of ours is still there sees it by ``finlint.DISTRIBUTION``, which is gone then.
"""

from __future__ import annotations


def overwritten() -> str:
    """One line: what stands in the way, and what to do."""
    import finlint

    where = getattr(finlint, "__file__", None) or ", ".join(getattr(finlint, "__path__", ()))
    return (
        f"the package `finlint` of another distribution stands in ours ({where}): uninstall the distribution "
        "`finlint`, then install flake8-finlint again (pip install --force-reinstall --no-deps flake8-finlint)"
    )
