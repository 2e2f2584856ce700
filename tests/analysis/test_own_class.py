"""What a class's own methods pass to its constructor where they make another instance of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

HEAD = "import threading\n"
INIT = "    def __init__(self, event): self.event = event\n"
WAIT = "    def __del__(self): self.event.wait()  # reported\n"
NAMED = "    @classmethod\n    def open(cls, path): return cls(threading.Event())\n"


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (NAMED, ["FIN104"]),
        (NAMED.replace("cls", "klass"), ["FIN104"]),
        ("    def copy(self): return type(self)(threading.Event())\n", ["FIN104"]),
        ("    def copy(self): return self.__class__(event=threading.Event())\n", ["FIN104"]),
        ("    def copy(self):\n        cls = type(self)\n        return cls(threading.Event())\n", ["FIN104"]),
        ("    def copy(self, cls): return cls(threading.Event())\n", []),
        ("    @classmethod\n    def open(cls, other): return type(other)(threading.Event())\n", []),
        ("    @staticmethod\n    def open(cls): return cls(threading.Event())\n", []),
    ],
)
def test_how_a_method_names_its_class(method: str, expected: list[str], tmp_path: Path) -> None:
    source = f"{HEAD}class A:\n{INIT}{WAIT}{method}"
    assert codes(check(tmp_path, {"a": source})) == expected


def test_a_base_makes_its_heirs(tmp_path: Path) -> None:
    base = f"{HEAD}class Base:\n{NAMED}"
    heir = f"from p.base import Base\nclass A(Base):\n{INIT}{WAIT}"
    assert codes(check(tmp_path, {"p/__init__": "", "p/base": base, "p/heir": heir})) == ["FIN104"]


@pytest.mark.parametrize("heir", ["X", "Xy", "Handle"])
def test_an_heir_of_any_name_passes_what_its_base_takes(heir: str, tmp_path: Path) -> None:
    base = f"{HEAD}class Base:\n{INIT}{WAIT}"
    modules = {"p/__init__": "", "p/base": base, "p/heirs": f"from p.base import Base\nclass {heir}(Base): pass\n"}
    modules["p/use"] = f"import threading\nfrom p.heirs import {heir}\n{heir}(threading.Event())\n"
    assert codes(check(tmp_path, modules)) == ["FIN104"]


@pytest.mark.parametrize("name", ["c", "cl", "made"])
def test_a_variable_of_any_name_that_is_the_class(name: str, tmp_path: Path) -> None:
    source = f"{HEAD}class A:\n{INIT}{WAIT}{name} = A\n{name}(threading.Event())\n"
    assert codes(check(tmp_path, {"a": source})) == ["FIN104"]


def test_an_heir_makes_itself(tmp_path: Path) -> None:
    base = f"class Base:\n{INIT}{WAIT}"
    heir = f"{HEAD}from p.base import Base\nclass A(Base):\n{NAMED}"
    assert codes(check(tmp_path, {"p/__init__": "", "p/base": base, "p/heir": heir})) == ["FIN104"]


def test_another_class_is_not_made(tmp_path: Path) -> None:
    other = f"class Other:\n    def __init__(self, x): pass\n{NAMED}"
    assert codes(check(tmp_path, {"a": f"{HEAD}class A:\n{INIT}{WAIT}{other}"})) == []


def test_a_class_in_a_function(tmp_path: Path) -> None:
    body = f"class A:\n{INIT}{WAIT}{NAMED}"
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    assert codes(check(tmp_path, {"a": f"{HEAD}def make():\n{indented}    return A\n"})) == ["FIN104"]


def test_constructors_that_pass_on_are_one(tmp_path: Path) -> None:
    """What a driver is made with is what its sessions get: three calls, of which two are constructors of one object."""
    source = f"""{HEAD}
class Pool:
    def __init__(self): self.event = threading.Event()
class Driver:
    def __init__(self, pool): self.pool = pool
    def session(self): return Session(self.pool)
class Named(Driver):
    def __init__(self, pool): Driver.__init__(self, pool)
    @classmethod
    def open(cls): return cls(Pool())
class Workspace:
    def __init__(self, pool): self.pool = pool
    def __del__(self): self.pool.event.wait()  # reported
class Session(Workspace): pass
"""
    assert set(codes(check(tmp_path, {"a": source}))) == {"FIN104"}
