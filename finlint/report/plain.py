"""Text of others as text: names, messages and source that cannot drive what reads our output.

A file name may hold anything but ``/`` and NUL, a configuration or a baseline any string. What is printed may be read
by a terminal (escape sequences, text that runs backwards) or by a CI service, which takes commands from it: GitHub
at the start of a line (``::error ...``) and anywhere in one (``##[...]``), Azure and TeamCity likewise
(https://github.com/actions/runner, ActionCommand.cs; azure-pipelines-agent, Command.cs).
"""

from __future__ import annotations

import re
from typing import Any

_MARK = re.compile(r"##(?=\[|vso\[|teamcity\[)", re.IGNORECASE)
_START = re.compile(r"\s*::")
#: A backslash, a pair of surrogates, or half of one, as ``json`` writes them.
_ESCAPES = re.compile(r"\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}|\\ud[89a-f][0-9a-f]{2}")


def plain(text: str) -> str:
    """``text`` with everything escaped that is not printed as it is: control characters, line ends, marks of direction,
    bytes that were no text. For the middle of a line."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return _MARK.sub(r"#\\x23", text) if "##" in text else text


def plain_line(text: str) -> str:
    """The same for a whole line."""
    text = plain(text)
    return text.replace(":", "\\x3a", 1) if _START.match(text) else text


def plain_path(path: str) -> str:
    """The same for a path that may stand at the start of a line."""
    path = plain(path)
    return f"./{path}" if _START.match(path) else path


def as_json(document: Any, *, indent: int | None = None) -> str:
    """The document as JSON in ASCII that every reader takes: bytes of names that are no UTF-8 are escaped as text
    (``\\udcff``), for half of a surrogate pair is no character."""
    # Most runs print no JSON.
    import json

    text = json.dumps(document, indent=indent, ensure_ascii=True)
    if "\\ud" in text:
        text = _ESCAPES.sub(lambda match: "\\" + match[0] if len(match[0]) == 6 else match[0], text)
    # Two of these stand in strings alone, where the escape means the same.
    return text.replace("##", "#\\u0023")
