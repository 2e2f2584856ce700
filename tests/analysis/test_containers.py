"""What is in a container, as far as annotations, queues and the module's functions tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

IMPORTS = "import collections, contextlib, logging, queue, socket, subprocess, threading, time, typing\n"


@pytest.mark.parametrize("annotation", ["list", "list[str]", "typing.List[typing.Any]"])
def test_an_annotation_that_says_less_leaves_what_is_known(annotation: str, tmp_path: Path) -> None:
    program = (
        f"{IMPORTS}class A:\n    def __init__(self):\n        self.x: {annotation} = [threading.Thread(target=print)]\n"
        "    def __del__(self):\n        self.x[0].join()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN104"]


def test_a_queue_of_unknown_things_may_hold_anything(tmp_path: Path) -> None:
    program = (
        f"{IMPORTS}class A:\n    def __init__(self, q): self.x = queue.Queue(); self.x.put(q)\n"
        "    def __del__(self): self.x.get_nowait().join()\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []


@pytest.mark.parametrize(
    ("made", "put", "used"),
    [
        ("{}", "LIVE[id(t)] = t", "for t in LIVE.values(): t.join()  # reported"),
        ("[]", "LIVE.append(t)", "for t in LIVE: t.join()  # reported"),
        ("set()", "LIVE.add(t)", "for t in list(LIVE): t.join()  # reported"),
        ("collections.OrderedDict()", "LIVE.setdefault(1, t)", "LIVE.popitem()[1].join()  # reported"),
    ],
)
def test_functions_fill_a_container_of_their_module(made: str, put: str, used: str, tmp_path: Path) -> None:
    program = (
        f"{IMPORTS}LIVE = {made}\ndef register(t: threading.Thread):\n    {put}\n"
        f"class A:\n    def __del__(self):\n        {used}\n"
    )
    assert codes(check(tmp_path, {"m": program})) == ["FIN104"]


def test_a_local_of_the_same_name_fills_another_container(tmp_path: Path) -> None:
    program = (
        f"{IMPORTS}LIVE = []\ndef register(t: threading.Thread):\n    LIVE = []\n    LIVE.append(t)\n"
        "class A:\n    def __del__(self):\n        for t in LIVE: t.join()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": program})) == []
