"""Plain values as TOML."""

from __future__ import annotations

import json
import re
from typing import Any

#: Characters of more than this start a line each in a list.
_WIDTH = 110


def toml_value(value: Any, width: int = _WIDTH) -> str:
    """A string, number, truth value, list or table of such as the right-hand side of a TOML key."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # Half of a surrogate pair stands for a byte that is no UTF-8: TOML cannot have it.
        text = value.encode("utf-8", "replace").decode("utf-8")
        return _escaped(json.dumps(text, ensure_ascii=False)).replace("##", "#\\u0023")
    if isinstance(value, dict):
        pairs = ", ".join(f"{_key(key)} = {toml_value(item, 10_000)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, (list, tuple)):
        items = [toml_value(item, 10_000) for item in value]
        line = f"[{', '.join(items)}]"
        return line if len(line) <= width else "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    return str(value)


def _escaped(text: str) -> str:
    """With what is not printed as it is as TOML's escapes: DEL, other control characters, marks of direction."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else f"\\U{ord(c):08x}" if ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in text
    )


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)
