"""Which blocks of a text only some platforms run, as far as their conditions name the platform or a constant."""

from __future__ import annotations

import re

from finlint.syntax.arms import arms

#: What names the platform, as everybody writes it.
WORDS = ("sys.platform", "os.name", "platform.system")
#: ``WINDOWS``, ``not IS_WINDOWS``: a constant of a module that names the platform may say so.
_CONSTANT = re.compile(r"(?:not\s+)?_?[A-Z][A-Z0-9_]*")


def of_platforms(text: str) -> tuple[str, ...]:
    """One text for each condition of each such block: "first line, last line, 1 or 0, condition", with spaces."""
    if not any(word in text for word in WORDS):
        return ()
    found = arms(text, _may_name_platform)
    return tuple(f"{arm.first} {arm.last} {int(holds)} {test}" for arm in found for test, holds in arm.said)


def _may_name_platform(test: str) -> bool:
    return any(word in test for word in WORDS) or _CONSTANT.fullmatch(test) is not None
