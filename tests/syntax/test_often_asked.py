"""A file that is asked about many words answers as its bytes do."""

import random
import re

import pytest

from finlint.model.words import NAMES, SUBCLASSES, OftenAsked, holds

DATA = "class Heir(Base, pkg.Übung):\n    factory = Base\n\n    def method(self): return self.base_class.x(Base)\n".encode()


@pytest.mark.parametrize("form", ["", SUBCLASSES, NAMES])
@pytest.mark.parametrize(
    "text",
    [
        "Base",
        "Heir",
        "ase",
        "base_class",
        "Base,",
        "(Base)",
        "self.base",
        ".x(",
        "Übung",
        "Übun",
        "Nothing",
        "",
        " ",
        "\n",
    ],
)
def test_it_answers_as_its_bytes_do(text: str, form: str) -> None:
    assert OftenAsked(DATA).holds(text, form) == holds(DATA, text, form)


def test_words_in_a_row_are_not_one() -> None:
    file = OftenAsked(b"Ba se\nBase2 = seBa\n")
    assert [file.holds(word, "") for word in ("Ba", "se", "Ba se", "Base", "Base2", "eB", "se2s")] == [
        True, True, True, True, True, True, False,
    ]  # fmt: skip


def test_any_bytes_may_be_asked() -> None:
    chance = random.Random(7)
    for _ in range(200):
        data = bytes(chance.choice(b"ab_1 .\n(\xc3\xbc\xff\x00") for _ in range(chance.randrange(60)))
        file = OftenAsked(data)
        for text in filter(None, re.split(r"[\ufffd]", data.decode("utf-8", "replace"))):
            part = text[chance.randrange(len(text)) :]
            assert file.holds(part, "") == holds(data, part, "")
