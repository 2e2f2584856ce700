"""finlint: finds finalizers that block, never run, or deadlock.

``finlint.lint(paths)`` is the way in from Python; it is loaded when it is asked for. The version is written here and
nowhere else: importing ``importlib.metadata`` to look it up costs more than three times what the interpreter needs to
start.
"""

__version__ = "0.1.0"

#: The name on PyPI: another distribution there has a package of this name, and may have put its files over ours.
DISTRIBUTION = "flake8-finlint"

#: What is loaded from where when somebody asks for it; ``__init__.pyi`` says so to type checkers.
_LAZY = {
    "lint": "finlint.api",
    "LintError": "finlint.api",
    "Result": "finlint.api",
    "Finding": "finlint.model.finding",
    "FileError": "finlint.model.finding",
    "Severity": "finlint.model.finding",
    "Confidence": "finlint.model.finding",
}

__all__ = ["Confidence", "FileError", "Finding", "LintError", "Result", "Severity", "__version__", "lint"]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
