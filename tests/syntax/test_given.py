"""What a text gives to classes: the tables for all names say what a look for one name says."""

from __future__ import annotations

import random

import pytest

from finlint.scan.given import Given
from finlint.scan.words import handed_to, patches
from finlint.syntax.changed import ChangedClasses, changed

TEXT = """\
from library import Pool as Pond, Pool as as_, Über as U
Pool.size = 1
library.Pool.size.limit = 2
—Pool.hidden = 1
xPool.other = 1; Pool.kind: type = None; Pool.equal == 1
Pool.parts[0] = 1
Pool.items.append(1)
Über.größe = 1
Pond.depth = U.depth = 3
for each in (Pool, Other):
    each.looped = 1
for name in ("start", 'stop'):
    setattr(Pool, name, None)
    setattr(library.Other, name, None)
setattr(lib.Pool, "named", 1)
setattr( Pool , 'near', 1)
slow.down(Pool)
slow.down(Pool, 2)
1.down(Pool)
    slow.up(Pool)
twice(Pool)(Pool)
class Pool:
    def f(self):
        cls.own = type(self).own_type = __class__.own_class = mcs.own_meta = 1
        type(self.x).deep.attribute
        klass.own_klass //= 2
"""
NAMES = ["Pool", "Pond", "Über", "Other", "library", "lib", "each", "slow", "as", "cls", "size", "Nothing", "_", "x1"]


@pytest.mark.parametrize("name", NAMES)
def test_tables_say_what_a_look_says(name: str) -> None:
    assert set(Given(TEXT).patches(name)) == set(patches(TEXT, name))
    assert list(Given(TEXT).handed_to(name)) == list(dict.fromkeys(handed_to(TEXT, name)))
    assert ChangedClasses(TEXT).on(name) == changed(TEXT, name)


def test_tables_find_each_way_of_giving() -> None:
    given = {"size", "kind", "parts", "items", "depth", "looped", "start", "stop", "named", "near"}
    assert set(Given(TEXT).patches("Pool")) == given | {"slow.down", "twice"}
    own = {"own", "own_type", "own_class", "own_meta", "own_klass", "deep"}
    assert ChangedClasses(TEXT).on("Pool") == own | {"size", "hidden", "kind", "parts", "items", "near"}


def test_tables_say_what_a_look_says_of_any_text() -> None:
    chance = random.Random(9)
    pieces = [
        "Pool", "Über", "for ", " in ", "setattr(", '"a"', "'b'", " as ", "cls", "type(", "(", ")", ",", ".", ".c", " = ",
        "=", ":", "[", " ", "\n", "\n", "\nfor x in ", ".add(", "x", "—", "1", "\\\n", "+=", "\t",
    ]  # fmt: skip
    for _ in range(3_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(40)))
        for name in ("Pool", "Über", "x", "as", "cls"):
            assert set(Given(text).patches(name)) == set(patches(text, name)), text
            assert list(Given(text).handed_to(name)) == list(dict.fromkeys(handed_to(text, name))), text
            assert ChangedClasses(text).on(name) == changed(text, name), text
