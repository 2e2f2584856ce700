"""The project as it stands, for tests: copies of it, and the marked parts of its pages."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What pip needs to build the distribution.
SOURCES = ("finlint", "pyproject.toml", "README.md", "LICENSE")


def copied(folder: Path, names: Iterable[str] = SOURCES) -> Path:
    """A copy of files and folders of the project in ``folder``, which is made; gives that."""
    folder.mkdir(parents=True)
    for name in names:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def block(page: str, name: str) -> str:
    """The fenced text between ``<!-- name -->`` and ``<!-- /name -->`` in the text of a page."""
    found = re.search(rf"<!-- {name} -->\n```[a-z]*\n(.*?)```\n<!-- /{name} -->", page, re.DOTALL)
    assert found is not None, name
    return found[1]
