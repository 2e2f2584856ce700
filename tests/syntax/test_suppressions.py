"""Comments that suppress, comments that do not, and comments that are written."""

from __future__ import annotations

import pytest
from counting import counted

from finlint.syntax.suppressions import Suppressions, insert


def suppresses(text: str, code: str = "FIN102", line: int = 1, noqa: bool = True) -> bool:
    return bool(Suppressions(text).matching(code, line, noqa=noqa))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NOQA: FIN102",
        "# noqa: E501, FIN102",
        "# noqa:FIN1",
        "# type: ignore  # noqa: FIN102",
        "# finlint: ignore",
        "# finlint: ignore[FIN102]",
        "# finlint: ignore[FIN101, FIN102] -- the lock is ours alone",
        "# finlint:ignore[lock]",
        "# finlint: ignore[FIN1] # more",
        "# finlint: ignore-file[FIN102]",
        "# flake8: noqa",
        "# flake8: noqa: FIN102",
    ],
)
def test_suppresses(comment: str) -> None:
    assert suppresses(f"x = 1  {comment}\n")


@pytest.mark.parametrize(
    "text",
    [
        "x = 1  # noqa: E501\n",
        "x = 1  # noqa: F\n",
        "x = 1  # noqa: FIN101\n",
        "x = 1  # finlint: ignore[FIN101]\n",
        "x = 1  # finlint: ignored\n",
        "x = '# noqa'\n",
        "x = '# finlint: ignore'\n",
        "x = 1\n# finlint: ignore\n",
        "x = 1  # flake8: noqa: E501\n",
    ],
)
def test_does_not_suppress(text: str) -> None:
    assert not suppresses(text)


def test_whole_file_and_other_lines() -> None:
    assert suppresses("# finlint: ignore-file -- generated\nx = 1\n", line=2)
    assert not suppresses("# finlint: ignore\nx = 1\n", line=2)


def test_flake8_reads_its_own_comments() -> None:
    assert not suppresses("x = 1  # noqa: FIN102\n", noqa=False)
    assert suppresses("x = 1  # finlint: ignore[FIN102]\n", noqa=False)


def test_text_that_cannot_be_tokenized_is_read_as_far_as_it_goes() -> None:
    assert suppresses("x = 1  # finlint: ignore\ny = (\n")


def test_insert_appends_widens_and_keeps_line_ends() -> None:
    text = "a()\r\nb()  # why\r\nc()  # finlint: ignore[FIN101] -- reason\r\nlast()"
    new, lost = insert(text, {1: ["FIN102"], 2: ["FIN103"], 3: ["FIN102"], 4: ["FIN104", "FIN104"]})
    assert lost == {}
    assert new == (
        "a()  # finlint: ignore[FIN102]\r\n"
        "b()  # why  # finlint: ignore[FIN103]\r\n"
        "c()  # finlint: ignore[FIN101, FIN102] -- reason\r\n"
        "last()  # finlint: ignore[FIN104]"
    )


def test_insert_never_writes_into_strings_or_after_backslashes() -> None:
    text = 'x = f("""\n""")\ny = 1 + \\\n    2\n'
    new, lost = insert(text, {1: ["FIN102"], 3: ["FIN102"]})
    assert (new, lost) == (text, {1: ["FIN102"], 3: ["FIN102"]})


def test_a_form_feed_starts_no_line() -> None:
    new, lost = insert("a = 1\n\x0c\nb()\n", {3: ["FIN102"]})
    assert lost == {}
    assert new == "a = 1\n\x0c\nb()  # finlint: ignore[FIN102]\n"


RANGE = "a = 1\n# finlint: off[FIN102] -- the lock is ours\nb = 1\nc = 1\n# finlint: on\nd = 1\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (RANGE, [2, 3, 4, 5]),
        (RANGE.replace("# finlint: on\n", "# finlint: on[FIN102]\n"), [2, 3, 4, 5]),
        (RANGE.replace("# finlint: on\n", "# finlint: on[FIN103]\n"), [2, 3, 4, 5, 6]),
        (RANGE.replace("off[FIN102]", "off"), [2, 3, 4, 5]),
        (RANGE.replace("off[FIN102]", "off[lock]"), [2, 3, 4, 5]),
        (RANGE.replace("off[FIN102]", "off[FIN103]"), []),
        (RANGE.replace("# finlint: on\n", "\n"), [2, 3, 4, 5, 6]),
        (RANGE.replace("# finlint: off[FIN102] -- the lock is ours", "x = 1  # finlint: off"), [2, 3, 4, 5]),
        ("# finlint: off[FIN103]\n# finlint: off[FIN102]\na = 1\n# finlint: on[FIN103]\nb = 1\n", [2, 3, 4, 5]),
        ("a = 1  # finlint: off the main thread this may block\nb = 1\n", []),
        ("'''\n# finlint: off\n'''\nb = 1\n", []),
    ],
)
def test_ranges(text: str, lines: list[int]) -> None:
    assert [line for line in range(1, text.count("\n") + 1) if suppresses(text, line=line)] == lines


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("# finlint: igonre", "did you mean `# finlint: ignore`?"),
        ("# finlint: igonre[FIN102]", "did you mean `# finlint: ignore[FIN102]`?"),
        ("# finlint: disable=FIN102,FIN103", "did you mean `# finlint: ignore[FIN102, FIN103]`?"),
        ("# finlint: noqa: FIN102", "did you mean `# finlint: ignore[FIN102]`?"),
        ("# finlint: ignored", "did you mean `# finlint: ignore`?"),
        ("# finlint: ignore_file", "did you mean `# finlint: ignore-file`?"),
        ("# finlint: allow[FIN102]", "did you mean `# finlint: ignore[FIN102]`?"),
        ("# finlint: enable", "did you mean `# finlint: on`?"),
        ("# finlint: ignore FIN102", "`# finlint: ignore[FIN102]`"),
        ("# finlint: ignore: FIN102, FIN103", "`# finlint: ignore[FIN102, FIN103]`"),
        ("# finlint: ignore[FIN102", "`# finlint: ignore[FIN102]`"),
        ("# finlint: on", "no `# finlint: off` of the same codes above it"),
        ("# finlint: off the record", "a reason stands after dashes"),
    ],
)
def test_what_was_meant_to_be_one_is_answered(comment: str, says: str) -> None:
    faults = Suppressions(f"x = 1  {comment}\n").faults
    assert len(faults) == 1
    assert says in faults[0].message


@pytest.mark.parametrize(
    "comment",
    [
        "# finlint: ignore",
        "# finlint: ignore[FIN102] -- reason",
        "# finlint: ignore-file[lock]",
        "# finlint: the callback waits here, and that is the point",
        "# finlint: see docs/rules",
        "# as finlint: says",
        "# noqa: FIN102",
        "# finlint: off",
    ],
)
def test_what_is_one_or_prose_is_no_fault(comment: str) -> None:
    assert Suppressions(f"x = 1  {comment}\n").faults == ()


def test_a_bracket_that_is_not_closed_ends_with_its_comment() -> None:
    """It would be looked for up to the end of the line, once for each of any number of them."""
    directives = Suppressions("x = 1  # finlint: ignore[FIN101 # finlint: ignore[FIN102]\n").directives
    assert [directive.codes for directive in directives] == [None, ("FIN102",)]


def test_many_ranges_are_closed_in_a_time_that_grows_with_their_number() -> None:
    def cost(count: int) -> int:
        text = "# finlint: off[FIN101]\n" * count + "# finlint: on[FIN102]\n" * count + "# finlint: on\n"
        suppressions = Suppressions(text)
        calls, faults = counted(lambda: suppressions.faults, builtins=True)
        assert len(faults) == count
        assert {directive.last for directive in suppressions.directives} == {2 * count + 1}
        return calls

    assert cost(200) < 2.5 * cost(100)
