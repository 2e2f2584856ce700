"""What stands in a module's body, by name and by line."""

from __future__ import annotations

from finlint.model.bound import Bound
from finlint.syntax.outline import outline_ast
from finlint.syntax.parsing import parse

TEXT = """\
import a, b
x = 1

class C:
    def m(self):
        return 1

    class D:
        pass

with a:
    x = (
        2
    )
    def f():
        pass
f()
for x in b: y = x
"""


def places(text: str) -> Bound:
    return Bound(outline_ast(parse(text)))


def test_names_have_all_statements_that_bind_them_in_order() -> None:
    bound = places(TEXT)
    assert [(b.kind, b.line, b.end_line) for b in bound.named("x")] == [
        ("assign", 2, 2),
        ("assign", 12, 14),
        ("other", 18, 18),
    ]
    assert [b.kind for b in bound.named("C")] == ["class"]
    assert bound.named("D") == bound.named("m") == bound.named("nothing") == ()


def test_lines_have_all_statements_around_them_those_that_bind_nothing_first() -> None:
    bound = places(TEXT)
    found = {line: "".join(b.name or "-" for b in bound.at(line)) for line in range(21)}
    assert {line: names for line, names in found.items() if names} == {
        1: "ab",
        2: "x",
        **dict.fromkeys(range(4, 10), "C"),
        11: "-",
        **dict.fromkeys(range(12, 15), "-x"),
        **dict.fromkeys(range(15, 17), "-f"),
        17: "-",
        18: "-xy",
    }


def test_a_file_without_statements_has_none() -> None:
    assert places("").at(1) == () == places("# nothing").named("")
