"""What is odd about a configuration and not wrong: it is answered, and the run goes on."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from finlint.config.values import nearest
from finlint.model.regular import read_regular

#: Files of other tools that may hold a section of ours, which nobody reads.
FOREIGN = ("setup.cfg", "tox.ini")

#: What is larger was not written by hand.
MAX_BYTES = 10_000_000


def foreign_sections(folder: str) -> list[str]:
    """One line for each file of another tool, in ``folder`` or above it, with a section that looks like ours."""
    out = []
    while True:
        for name in FOREIGN:
            path = os.path.join(folder, name)
            try:
                text = read_regular(path, MAX_BYTES).decode("utf-8", "replace") if os.path.isfile(path) else ""
                lines = [line.strip() for line in text.split("\n")]
            except OSError:
                continue
            for section in ("[finlint]", "[tool:finlint]", "[tool.finlint]"):
                if section in lines:
                    out.append(f"{path}: {section} is not read; say it in [tool.finlint] of pyproject.toml")
        parent = os.path.dirname(folder)
        if parent == folder:
            return out
        folder = parent


def odd_values(values: Mapping[str, Any], where: str, root: str) -> list[str]:
    """What is probably not meant, in one line each."""
    out = [
        f"{where}: key `src`: there is no folder `{path}`" for path in values.get("src", ()) if not os.path.isdir(path)
    ]
    for registrar in values.get("registrars", ()):
        unknown = _unknown(registrar.name, [root, *values.get("src", ()), os.path.join(root, "src")])
        if unknown:
            out.append(f"{where}: key `registrars`: {unknown}")
    return out


def _unknown(name: str, roots: Sequence[str]) -> str:
    """Says so where the module of a function is there and holds no such name; ``from m import *`` may give it one."""
    parts = name.split(".")
    for root in roots:
        for count in range(len(parts) - 1, 0, -1):
            base = os.path.join(root, *parts[:count])
            path = next((p for p in (base + ".py", os.path.join(base, "__init__.py")) if os.path.isfile(p)), None)
            if path is None:
                continue
            try:
                text = read_regular(path, MAX_BYTES).decode("utf-8", "replace")
            except OSError:
                return ""
            if parts[count] in text or "import *" in text or "__getattr__" in text:
                return ""
            words = set(re.findall(r"^(?:async )?(?:def|class) (\w+)|^(\w+) *=", text, re.M))
            return f"{path} has no `{parts[count]}`{nearest(parts[count], {word for pair in words for word in pair})}"
    return ""
