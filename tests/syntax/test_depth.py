"""No text reaches LibCST that it could not stand, and none is refused that is not deep."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from finlint.engine import analyse
from finlint.model.settings import Settings
from finlint.syntax import depth
from finlint.syntax.cst import parse_expression, parse_module
from finlint.syntax.depth import TooDeepError, judge
from finlint.syntax.parsing import parse
from syntax.deep import FLAT, SHAPES

#: Syntax that ``ast`` of all the Pythons that are tested leaves to LibCST.
NEWER = "type X[T = int] = T\n"


def is_deep(text: str) -> bool:
    try:
        judge(text)
    except TooDeepError:
        return True
    return False


@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_what_is_deep_is_refused(shape: Callable[[int], str]) -> None:
    assert not is_deep(shape(5))
    assert is_deep(shape(2_500))
    assert is_deep(NEWER + shape(2_500) + "y = 1\n")


def test_what_is_let_through_can_be_parsed() -> None:
    """The deepest of each shape that is not refused, in a process of its own: LibCST would take this one with it."""
    texts = []
    for shape in SHAPES.values():
        fits, deep = 1, 2_500
        while deep - fits > 1:
            middle = (fits + deep) // 2
            if is_deep(shape(middle)):
                deep = middle
            else:
                fits = middle
        texts.append(shape(fits))
        # CPython's parser says of one that is too deep that there is no memory: not of any that is let through.
        with contextlib.suppress(SyntaxError):
            parse(texts[-1])
    program = (
        "import libcst, sys\n"
        "for text in eval(sys.stdin.read()):\n"
        "    try: libcst.parse_module(text)\n"
        "    except (libcst.ParserSyntaxError, RecursionError): pass\n"
        "print('alive')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], input=repr(texts), capture_output=True, text=True)
    assert done.stdout == "alive\n", done.returncode


@pytest.mark.parametrize("shape", FLAT.values(), ids=list(FLAT))
def test_what_is_long_is_not_refused(shape: Callable[[int], str]) -> None:
    judge(shape(3_000))


def test_real_files_are_not_refused() -> None:
    folder = Path(subprocess.__file__).parent
    paths = [*sorted(folder.glob("*.py"))[::4], *sorted((folder / "test").glob("test_[fgp]*.py"))]
    for path in paths[:120]:
        judge(path.read_text(encoding="utf-8", errors="replace"))


def test_quotes_within_a_field_hide_nothing() -> None:
    """Before Python 3.12 they end the string, from then on they do not: neither reading may be deep."""
    deep = "(" * 2_500
    for text in (f"x = f'{{a['{deep}']}}'\n", f"x = f'{{'{deep}'}}'\n", f"x = f'{{a}}' {deep}\n"):
        assert is_deep(text), text[:12]


DEEP = "(" * 2_500


@pytest.mark.parametrize(
    "text",
    [
        # From 3.12 on the quote within the field is another string's.
        f"x = f'{{a['b']{DEEP}}}'",
        # What ends a field, or begins its format, is followed by text, in which a quote is a quote.
        f"""x = f'{{a}}"', {DEEP}, '"'""",
        f"""x = f'{{a:"}}', {DEEP}, '"'""",
        f"""x = f'{{a, b:"}}', {DEEP}, '"'""",
        # An escaped quote ends nothing, and the end of the line everything.
        f"x = f'\\'', {DEEP}, ''",
        f"x = f'a\n{DEEP}",
        f"x = t'{{{DEEP}}}'",
        f"x = rt'{{{DEEP}}}'",
    ],
)
def test_nothing_hides_in_a_string(text: str) -> None:
    assert is_deep(text)


def test_a_field_of_one_reading_does_not_stay_open_in_the_other() -> None:
    judge("x = f'{d['k']}'\n" * 1_000)


@pytest.mark.parametrize(
    ("start", "again", "end"),
    [
        # Their bodies hold the rest; LibCST dies of a thousand.
        ("", "lambda: ", "0"),
        # It reads a call in several ways.
        ("a", "()", ""),
        ("a", "[0]", ""),
    ],
)
def test_what_costs_more_counts_more(start: str, again: str, end: str) -> None:
    assert not is_deep(f"x = {start}{again * 100}{end}")
    assert is_deep(f"x = {start}{again * 600}{end}")


def test_arms_within_arms_add_up() -> None:
    def arms(count: int, indentation: str) -> str:
        return f"{indentation}if a: pass\n" + f"{indentation}elif a: pass\n" * count

    judge(arms(600, "") + arms(600, ""))
    assert is_deep(arms(600, "") + "else:\n" + arms(600, "    "))


def test_the_line_is_told() -> None:
    with pytest.raises(TooDeepError) as raised:
        judge("a = 1\n\nb = " + "(" * 2_500 + "\n")
    assert raised.value.lineno == 3


def test_the_parsers_refuse() -> None:
    with pytest.raises(RecursionError):
        parse_module(SHAPES["not"](20_000))
    with pytest.raises(RecursionError):
        parse_expression("[" * 20_000)


@pytest.mark.parametrize(
    "text",
    [
        "import weakref\n" + SHAPES["format specs"](10_000),
        "import weakref\n" + NEWER + SHAPES["not"](20_000),
        "import weakref\n" + NEWER + SHAPES["patterns"](60),
        SHAPES["format specs"](10_000),
        NEWER + SHAPES["not"](20_000),
        f"import weakref\n{NEWER}def f(a: '{'[' * 20_000}'): weakref.finalize(a, f)\n",
    ],
    ids=["specs", "not", "patterns", "specs without a word", "not without a word", "annotation"],
)
def test_a_deep_file_costs_itself_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / "deep.py").write_text(text)
    (tmp_path / "good.py").write_text("import time\nclass A:\n    def __del__(self): time.sleep(1)\n")
    report = analyse([str(tmp_path / "deep.py"), str(tmp_path / "good.py")], Settings(jobs=1))
    assert [f.code for f in report.findings] == ["FIN103"]
    assert all(error.path.endswith("deep.py") for error in report.errors)


@pytest.mark.parametrize("quote", ["'", '"', "'''", '"""'])
def test_strings_without_an_end_are_looked_at_once(quote: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a backslash each of any number of quotes could be the start of one."""

    class Counted:
        def __init__(self, pattern: re.Pattern[str]) -> None:
            self._pattern = pattern

        def match(self, text: str, at: int) -> re.Match[str] | None:
            nonlocal read
            found = self._pattern.match(text, at)
            read += (found.end() if found is not None else len(text)) - at
            return found

    read = 0
    monkeypatch.setattr(depth, "_ENDS", {mark: Counted(pattern) for mark, pattern in depth._ENDS.items()})
    text = quote + f"\\{quote}," * 1_000
    judge(text)
    assert read <= 2 * len(text)
    # What follows is judged as before.
    assert is_deep(text + "\n" + "(" * 2_500)
