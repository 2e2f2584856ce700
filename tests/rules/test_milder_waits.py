"""FIN109, FIN111 and FIN113: sending, the console and logging, each beside what looks alike and does not wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.model.finding import Severity

from .programs import lint, of_code

#: What ``__del__`` does, and the codes above notes.
BODIES = [
    ("queue.Queue(maxsize=1).put(1)", ["FIN109"]),
    ("queue.Queue(maxsize=1).put(1, timeout=2)", ["FIN109"]),
    ("queue.Queue(maxsize=1).put_nowait(1)", []),
    ("queue.SimpleQueue().put(1)", []),
    ("print('gone')", ["FIN111"]),
    ("print('gone', file=io.StringIO())", []),
    ("sys.stdout.write('gone')", ["FIN111"]),
    ("logging.getLogger('x').warning('gone')", ["FIN113"]),
    ("logging.info('gone')", ["FIN113"]),
    ("warnings.warn('gone', ResourceWarning)", []),
    ("logging.getLogger('x').isEnabledFor(10)", []),
]


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=[body for body, _ in BODIES])
def test_what_del_does(tmp_path: Path, body: str, expected: list[str]) -> None:
    source = f"import io, logging, queue, sys, warnings\n\nclass A:\n    def __del__(self):\n        {body}\n"
    found = [(f.span.line, f.code) for f in lint(tmp_path, source).findings if f.code in ("FIN109", "FIN111", "FIN113")]
    assert found == [(5, code) for code in expected]


def test_a_timeout_makes_it_a_warning(tmp_path: Path) -> None:
    first, *_ = lint(
        tmp_path,
        """
        import queue

        class A:
            def __del__(self):
                queue.Queue(maxsize=1).put(1, timeout=2)
        """,
    ).findings
    assert (first.code, first.severity) == ("FIN109", Severity.WARNING)
    assert "(bounded by a timeout)" in first.message


@pytest.mark.parametrize(
    ("timeout", "severity"),
    [
        ("threading.TIMEOUT_MAX", Severity.ERROR),
        ("getattr(threading, 'TIMEOUT_MAX', float('inf'))", Severity.ERROR),
        ("math.inf", Severity.ERROR),
        ("9", Severity.WARNING),
    ],
)
def test_the_longest_timeout_is_none(tmp_path: Path, timeout: str, severity: Severity) -> None:
    source = f"""
        import math, threading

        class A:
            def __init__(self):
                self.thread = threading.Thread(target=print)

            def __del__(self):
                self.thread.join({timeout})  # reported
        """
    (found,) = of_code(lint(tmp_path, source), "FIN104")
    assert found.severity is severity
    assert ("bounded" in found.message) is (severity is Severity.WARNING)


@pytest.mark.parametrize(("mode", "expected"), [("'rb'", []), ("'wb'", ["FIN106"]), ("MODE", ["FIN106"])])
def test_a_remote_file_that_is_only_read_has_nothing_to_write(tmp_path: Path, mode: str, expected: list[str]) -> None:
    source = f"""
        import fsspec

        MODE = input()

        class A:
            def __init__(self, path):
                self.file = fsspec.open(path, {mode})

            def __del__(self):
                self.file.close(){"  # reported" if expected else ""}
        """
    found = of_code(lint(tmp_path, source), "FIN106")
    assert [f.code for f in found if f.severity is not Severity.NOTE] == expected


@pytest.mark.parametrize("registers", ["weakref.finalize(self, close, {})", "Finalize(self, close, ({},), {{}}, 1)"])
@pytest.mark.parametrize(
    ("given", "severity"), [("weakref.ref(self)", Severity.NOTE), ("weakref.ref(other)", Severity.ERROR)]
)
def test_what_a_callback_does_with_the_object_that_has_died(
    tmp_path: Path, registers: str, given: str, severity: Severity
) -> None:
    """The weak reference to it is dead by then; at exit it may be alive."""
    program = f"""
        import threading, weakref
        from multiprocessing.util import Finalize

        ENDED = threading.Event()

        def close(reference):
            found = reference()
            if found is not None:
                found.close()  # reported

        class A:
            def __init__(self, other: "A"):
                {registers.format(given)}

            def close(self):
                ENDED.wait()  # culprit

            def __del__(self): pass
        """
    (finding,) = of_code(lint(tmp_path, program), "FIN104")
    assert finding.severity is severity
    assert ("the weak reference is dead by then" in finding.message) is (severity is Severity.NOTE)
