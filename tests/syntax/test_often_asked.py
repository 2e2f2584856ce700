"""A file that is asked about many words answers as its bytes do."""

import random
import re

import pytest

from finlint.scan.words import NAMES, SUBCLASSES, OftenAsked, Vocabulary, holds, longest_word

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


def test_a_vocabulary_tells_the_files_that_hold_a_word_in_order() -> None:
    chance = random.Random(8)
    words = ["ab", "abc", "b", "bcd", "d_e", "\u00fc", "x1"]
    files = [
        (f"{number}.py", " +.".join(chance.choices(words, k=chance.randrange(6))).encode()) for number in range(60)
    ]
    vocabulary = Vocabulary(files)
    for word in [*words, "bc", "e", "_", "nothing"]:
        assert vocabulary.holding(word) == [path for path, data in files if holds(data, word, "")]
    assert Vocabulary([]).holding("ab") == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Pool", "Pool"),
        ("Pool(", "Pool"),
        (".is_open = ", "is_open"),
        ("@close", "close"),
        ("a.bcd.e", "bcd"),
        ("(", "("),
    ],
)
def test_the_word_that_is_looked_for_first(text: str, word: str) -> None:
    assert longest_word(text) == word
