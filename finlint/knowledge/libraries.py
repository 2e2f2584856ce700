"""Our own data files: which file holds a top-level library, and its entries.

In: the top-level name (``threading``). Out: its ``Library``, empty where we have no file.
"""

from __future__ import annotations

from pathlib import Path

from finlint.knowledge.parse import Library, load_toml, parse_library

DATA = Path(__file__).parent / "data"
GROUPS = ("stdlib", "thirdparty")
_EMPTY = Library({}, {})
#: Top-level modules whose names are described in the file of another one.
HOME = {
    "_asyncio": "asyncio",
    "_collections": "collections",
    "_functools": "functools",
    "_io": "io",
    "_pyio": "io",
    "_pickle": "pickle",
    "_queue": "queue",
    "_socket": "socket",
    "_sqlite3": "sqlite3",
    "_thread": "threading",
    "_weakref": "weakref",
    "codecs": "io",
    "genericpath": "os",
    "nt": "os",
    "ntpath": "os",
    "posix": "os",
    "posixpath": "os",
}


def load_library(top: str) -> Library:
    """Entries and aliases of the library, from its TOML file."""
    for group in GROUPS:
        path = DATA / group / f"{HOME.get(top, top)}.toml"
        try:
            text = path.read_text(encoding="utf-8")
        except OSError:
            continue
        return parse_library(load_toml(text, path.name), path.name)
    return _EMPTY


def library_files() -> list[Path]:
    """All TOML files, in order."""
    return [path for group in GROUPS for path in sorted((DATA / group).glob("*.toml"))]
