"""An object of which nothing is known but its class, as ``isinstance()`` tells of it, may be used in any way."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from small import write

from finlint.engine import analyse

MODULES = (
    "asyncio",
    "builtins",
    "collections",
    "concurrent.futures",
    "contextlib",
    "functools",
    "io",
    "itertools",
    "logging",
    "multiprocessing",
    "multiprocessing.pool",
    "queue",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "types",
    "weakref",
)

USED = """\
def f{n}(v):
    if isinstance(v, {name}):
        for x in v:
            x.join()
        with v as w:
            w.join()
        v[0].join()
        next(v).join()
        v().join()
        (yield from v).join()
        v.get().result().join()
        v.wait()
        return [*map(f{n}, v), *filter(v, v), v + v, sorted(v, key=v), list(zip(v, v)), dict(v)]
def g{n}(v):
    if isinstance(v, (list, {name})):
        return list(map(g{n}, v))
"""


@pytest.mark.parametrize("module", MODULES)
def test_each_class_of_the_library(module: str, tmp_path: Path) -> None:
    """What is reported of it, if anything, others test."""
    values = vars(importlib.import_module(module)).items()
    names = sorted(name for name, value in values if isinstance(value, type))
    uses = "".join(USED.format(n=n, name=f"{module}.{name}") for n, name in enumerate(names))
    calls = "".join(
        f"        for x in f{n}(u()): x.join()\n        for x in tuple(map(g{n}, u())): x.acquire()\n"
        for n in range(len(names))
    )
    finalizer = f"class A:\n    def __del__(self):\n{calls}        time.sleep(1)\n"
    report = analyse(write(tmp_path, {"m": f"import time, {module}\n{uses}{finalizer}"}))
    assert not report.errors
    assert "FIN103" in {finding.code for finding in report.findings}
