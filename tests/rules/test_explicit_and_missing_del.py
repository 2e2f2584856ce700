"""FIN404: ``obj.__del__()``. FIN405: an inherited ``__del__`` that is not called."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

_BASE = "class Base:\n    def __init__(self): self.fd = 1\n    def __del__(self): release(self.fd)\n"

EXPLICIT = {
    "of itself": "class A:\n    def __del__(self): pass\n    def close(self): self.__del__()\n",
    "of another object": "def f(o):\n    o.__del__()\n",
    "of an attribute": "class A:\n    def close(self): self.part.__del__()\n",
    "in __exit__": "class A:\n    def __exit__(self, *args): self.__del__()\n    def __del__(self): pass\n",
    "by the class": "class A:\n    def __del__(self): pass\ndef f(o):\n    A.__del__(o)\n",
    "at module level": "o = object()\no.__del__()\n",
    "of a part in __del__": "class A:\n    def __del__(self): self.part.__del__()\n",
}

NOT_EXPLICIT = {
    "super": "class A(B):\n    def __del__(self): super().__del__()\n",
    "super with arguments": "class A(B):\n    def __del__(self): super(A, self).__del__()\n",
    "base by name": _BASE + "class A(Base):\n    def __del__(self): Base.__del__(self)\n",
    "unknown base by name": "from x import Base\nclass A(Base):\n    def __del__(self): Base.__del__(self)\n",
    "base by name in a class in a function": (
        "from x import Base\ndef make():\n    class A(Base):\n        def __del__(self):\n            Base.__del__(self)\n"
    ),
    "the statement": "def f(o):\n    del o\n",
    "only read": "def f(o):\n    return o.__del__\n",
    "asked for": "def f(o):\n    return hasattr(o, '__del__')\n",
    "another name": "def f(o):\n    o.__delete__(1)\n    o.__delitem__(1)\n",
    "in a string": "TEXT = 'o.__del__()'\n",
}

MISSING = {
    "overridden": _BASE + "class A(Base):\n    def __del__(self): print('a')\n",
    "two levels up": _BASE + "class Middle(Base): pass\nclass A(Middle):\n    def __del__(self): print('a')\n",
    "second base": _BASE + "class Other: pass\nclass A(Other, Base):\n    def __del__(self): print('a')\n",
    "another method is called": _BASE
    + "class A(Base):\n    def __del__(self): self.stop()\n    def stop(self): print('a')\n",
}

NOT_MISSING = {
    "super": _BASE + "class A(Base):\n    def __del__(self): super().__del__()\n",
    "base by name": _BASE + "class A(Base):\n    def __del__(self): Base.__del__(self)\n",
    "getattr": _BASE + "class A(Base):\n    def __del__(self): getattr(super(), '__del__', print)()\n",
    "no override": _BASE + "class A(Base):\n    def close(self): pass\n",
    "base without": "class Base: pass\nclass A(Base):\n    def __del__(self): print('a')\n",
    "base that does nothing": (
        "class Base:\n    def __del__(self): pass\nclass A(Base):\n    def __del__(self): print('a')\n"
    ),
    "base out of reach": "from x import Base\nclass A(Base):\n    def __del__(self): print('a')\n",
    "the same method of the object": (
        "class Base:\n    def __del__(self): self.close()\n    def close(self): release(self)\n"
        "class A(Base):\n    def __del__(self):\n        if self.open: self.close()\n"
    ),
    "what the overridden method calls": (
        "class Base:\n    def __del__(self): self.close()\n    def close(self): release(self)\n"
        "class A(Base):\n    def close(self): self.reset()\n    def reset(self): pass\n"
        "    def __del__(self): self.reset()\n"
    ),
}


@pytest.mark.parametrize("name", EXPLICIT)
def test_explicit(tmp_path: Path, name: str) -> None:
    assert len(of_code(lint(tmp_path, EXPLICIT[name]), "FIN404")) == 1


@pytest.mark.parametrize("name", NOT_EXPLICIT)
def test_not_explicit(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, NOT_EXPLICIT[name]), "FIN404") == []


@pytest.mark.parametrize("name", MISSING)
def test_missing(tmp_path: Path, name: str) -> None:
    assert len(of_code(lint(tmp_path, MISSING[name]), "FIN405")) == 1


@pytest.mark.parametrize("name", NOT_MISSING)
def test_not_missing(tmp_path: Path, name: str) -> None:
    assert of_code(lint(tmp_path, NOT_MISSING[name]), "FIN405") == []
