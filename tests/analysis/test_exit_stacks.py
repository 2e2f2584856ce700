"""``contextlib.ExitStack``: what is given to it is run where it is closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import check, codes

PROGRAM = """\
    import contextlib, threading, time
    class Locked:
        def __init__(self): self.lock = threading.Lock()
        def __enter__(self): return self
        def __exit__(self, *error):
            with self.lock: pass
    def wait(*args): time.sleep(9)  # culprit
    class A:
        def __init__(self):
            {made}
        def __del__(self):
            {end}
    """


def test_methods_elsewhere_give_to_the_stack(tmp_path: Path) -> None:
    source = PROGRAM.format(made="self.stack = contextlib.ExitStack()", end="self.stack.close()  # reported")
    source = source.rstrip(" ") + "        def go(self): self.stack.callback(wait)\n"
    assert codes(check(tmp_path, {"m": source})) == ["FIN103"]


@pytest.mark.parametrize(
    ("stores", "expected"),
    [
        ("setattr(self, 'lock', threading.Lock())", ["FIN102"]),
        ('object.__setattr__(self, "lock", threading.Lock())', ["FIN102"]),
        ('super().__setattr__("lock", threading.Lock())', []),
        ("setattr(self, name, threading.Lock())", []),
    ],
)
def test_setattr_stores_an_attribute(stores: str, expected: list[str], tmp_path: Path) -> None:
    source = (
        "import threading\nclass A:\n    def __init__(self, name):\n"
        f"        {stores}\n    def __del__(self): self.lock.acquire()  # reported\n"
    )
    assert codes(check(tmp_path, {"m": source})) == expected
