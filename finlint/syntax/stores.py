"""Whether a place in a text may put something into an attribute: told by what stands around it on its line.

Most mentions of an attribute read it, and the methods that hold no other need not be parsed to know what is in it.
Sure where it says no; where it says yes, whoever parses the method sees.
"""

from __future__ import annotations

import re

from finlint.scan.words import PUTS, PUTS_ALL, PUTS_FIRST, STACKS

#: Methods of containers that put something into them (``FunctionIndex``).
_PUTS = re.compile(rf"\s*\.\s*(?:{'|'.join((*PUTS, *PUTS_ALL, *STACKS))})\b")
#: Into what an item of it is.
_PUTS_IN = re.compile(rf"\]{_PUTS.pattern}")
#: What is put into as the first argument of a function.
_PUTS_FIRST = re.compile(rf"\b(?:{'|'.join(PUTS_FIRST)})\([\w.]*\Z")
#: ``=``, ``+=`` and its kin, not ``==``.
_ASSIGNS = re.compile(r"[ \t]*(?:=(?!=)|(?:[-+*/%@&|^]|//|\*\*|>>|<<)=)")
_REST = re.compile(r"[ \t]*")
#: What may stand before a target on its line: others, where the statement goes on on the next.
_TARGETS = re.compile(r"[ \t]*[(\[*]*[ \t]*(?:\*?[\w.]+[ \t]*,[ \t]*\*?)*[\w.]+\Z")

#: Characters before and behind a place beyond which its line is not looked at: it may store.
_LONG = 2_000


def may_store(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]``, a dot and an attribute's name, may be stored into, or into what it holds."""
    if _ASSIGNS.match(text, end) is not None or _PUTS.match(text, end) is not None:
        return True
    gap = _REST.match(text, end)
    after = gap.end() if gap is not None else end
    sign = text[after : after + 1]
    if sign not in ("", "\n", "\\", "#", ",", ")", "]", "[", ":", "i"):
        return False
    first = text.rfind("\n", max(0, start - _LONG), start) + 1
    last = text.find("\n", end, end + _LONG)
    last = last if last >= 0 or end + _LONG <= len(text) else len(text)
    if last < 0 or (not first and start > _LONG):
        return True
    before, rest = text[first:start], text[after:last]
    if sign == "\\":
        return True
    if sign == "i":
        # ``for self.x in y``
        return rest.startswith("in ") and "for" in before
    if sign == "[":
        # ``self.x[key] = value``; what is between the brackets may go on on other lines.
        if "=" in rest or rest.count("[") > rest.count("]") or rest.count("(") > rest.count(")"):
            return True
        return _PUTS_IN.search(rest) is not None
    if sign == "," and _PUTS_FIRST.search(before) is not None:
        return True
    target = _TARGETS.match(before) is not None
    if sign == ":":
        # ``self.x: int``, ``with f() as self.x:``, ``def f(self): self.x: int``
        return target or " as " in before or ":" in before
    # One of several targets, on this line or on lines of their own.
    return target or "=" in rest or " as " in before or (" in " in rest and "for" in before)
