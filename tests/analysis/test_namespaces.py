"""What is stored in attributes of ``threading.local()`` and its kin."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

CLASS = """\
import threading, time, types
from types import SimpleNamespace
class Other:
    def __init__(self): self.local = threading.local()
    def begin(self): self.local.end = time.sleep
class A:
    {kept}
    def begin(self):
        {begin}
    def __del__(self):
        {body}
"""


@pytest.mark.parametrize("kept", ["def __init__(self): self.local = threading.local()", "local = threading.local()"])
@pytest.mark.parametrize(
    ("begin", "body", "expected"),
    [
        ("self.local.event = threading.Event()", "self.local.event.wait()  # reported", ["FIN104"]),
        (
            "self.local.event = threading.Event()",
            "getattr(self.local, 'event', None).wait()  # reported",
            ["FIN104"],
        ),
        (
            "self.local.event = threading.Event()",
            "local = self.local; local.event.wait()  # reported",
            ["FIN104"],
        ),
        (
            "self.local.event = event = threading.Event()",
            "self.end()  # reported\n    def end(self): self.local.event.wait()  # culprit",
            ["FIN104"],
        ),
        (
            "self.local.event: threading.Event = threading.Event()",
            "self.local.event.wait()  # reported",
            ["FIN104"],
        ),
        ("self.local.event = None", "self.local.event.wait()  # reported", []),
        ("self.local.event = threading.Event()", "self.local.other.wait()", []),
        ("self.other.event = threading.Event()", "self.local.event.wait()  # reported", []),
        ("pass", "self.local.end(9)", []),
    ],
)
def test_what_methods_store(kept: str, begin: str, body: str, expected: list[str], tmp_path: Path) -> None:
    assert codes(check(tmp_path, {"a": CLASS.format(kept=kept, begin=begin, body=body)})) == expected


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("def __init__(self): self.local = SimpleNamespace(event=threading.Event())", ["FIN104"]),
        ("def __init__(self): self.local = types.SimpleNamespace(event=1, other=2)", []),
        ("def __init__(self, local: threading.local): self.local = local", ["FIN104"]),
    ],
)
def test_what_it_is_made_with(kept: str, expected: list[str], tmp_path: Path) -> None:
    begin = "self.local.event = threading.Event()" if "threading.local" in kept else "pass"
    source = CLASS.format(kept=kept, begin=begin, body="self.local.event.wait()  # reported")
    assert codes(check(tmp_path, {"a": source})) == expected


def test_a_variable_of_a_module(tmp_path: Path) -> None:
    files = {
        "kept": "import threading\nlocal = threading.local()\ndef begin():\n    local.event = threading.Event()\n",
        "user": "import kept\nfrom kept import local\nclass A:\n    def __del__(self): kept.local.event.wait()  # reported\n"
        "class B:\n    def __del__(self): local.event.wait()  # reported\nclass C:\n    def __del__(self): local.other.wait()\n",
    }
    assert codes(check(tmp_path, files)) == ["FIN104", "FIN104"]


def test_a_namespace_in_itself_ends(tmp_path: Path) -> None:
    source = "import threading\nlocal = threading.local()\ndef f(): local.a = local\ndef g(): local.a = local.a.a\n"
    assert codes(check(tmp_path, {"a": source + "class A:\n    def __del__(self): local.a.a.wait()\n"})) == []
