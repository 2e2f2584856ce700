"""Whether a text is Python, function bodies included: what its outline alone does not tell.

``symtable`` parses as ``ast`` does but builds no tree of Python objects: it takes two thirds of the time. It also
rejects what ``ast`` reads (``nonlocal`` at the top), so only its consent counts. ``ast`` has the next word, and where
that says no, LibCST, which knows syntax that is newer than the running interpreter.
"""

from __future__ import annotations

import symtable
import warnings

from finlint.syntax.parsing import parse
from finlint.syntax.reading import Unreadable

#: What parsing a text raises that is no Python, or nests too deeply.
FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError)


def of_text(text: str, problem: Exception) -> Exception:
    """``problem``, which parsing ``text`` raised, where it is one of the text.

    Raises MemoryError where there was no memory to parse it, of which nothing may be kept. The parser of CPython raises
    the same for what nests too deeply; what LibCST could stand is far from that.
    """
    if isinstance(problem, MemoryError):
        # Hardly a run has to know.
        from finlint.syntax.depth import TooDeepError, judge

        try:
            judge(text)
        except TooDeepError:
            return problem
        raise problem
    return problem


def ast_problem(text: str) -> Exception | None:
    """What keeps ``ast`` of the running interpreter from reading ``text``. Raises MemoryError where there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            symtable.symtable(text, "<text>", "exec")
            return None
    except FAILURES:
        pass
    try:
        parse(text)
    except FAILURES as error:
        return of_text(text, error)
    return None


def unreadable(problem: Exception) -> Unreadable:
    """What is to be said of a text that neither ``ast`` nor LibCST reads; ``problem`` is what ``ast`` raised."""
    line = getattr(problem, "lineno", None) or 1
    if is_too_deep(problem):
        return Unreadable("nested too deeply to be parsed", line)
    column = max(getattr(problem, "offset", None) or 1, 1)
    return Unreadable(f"syntax error: {getattr(problem, 'msg', None) or problem}", line, column)


def is_too_deep(problem: Exception) -> bool:
    return isinstance(problem, (RecursionError, MemoryError)) or "too many nested" in str(problem)


def fault(text: str, problem: Exception) -> Unreadable | None:
    """What is wrong with a text for which ``ast`` raised ``problem``; None where it only is newer. Raises MemoryError
    where there is none."""
    if is_too_deep(of_text(text, problem)):
        return unreadable(problem)
    import libcst

    from finlint.syntax.cst import parse_module

    try:
        parse_module(text)
    except libcst.ParserSyntaxError:
        return unreadable(problem)
    except RecursionError as deep:
        return unreadable(deep)
    return None
