"""A wait in a branch that only some platforms run is reported, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import lint, of_code

#: What ``__del__`` does, and what is said.
BRANCHES = {
    "if sys.platform == 'win32': time.sleep(1)": "only on win32",
    "if not sys.platform == 'win32': time.sleep(1)": "not on win32",
    "if sys.platform != 'win32':\n            return\n        time.sleep(1)": "only on win32",
    "if os.name == 'nt':\n            pass\n        else: time.sleep(1)": "not on nt",
    "if sys.platform.startswith('linux') and self: time.sleep(1)": "only on linux",
    "if platform.system() in ('Windows', 'Darwin'): time.sleep(1)": "only on Windows or Darwin",
    "if WINDOWS: time.sleep(1)": "only on win32",
    "if MODE == 'fast': time.sleep(1)": "",
    "if sys.argv == 'win32': time.sleep(1)": "",
    "if sys.platform == 'win32': pass\n        time.sleep(1)": "",
}


@pytest.mark.parametrize("branch", BRANCHES)
def test_it_says_where_it_is_run(tmp_path: Path, branch: str) -> None:
    program = (
        "import os, platform, sys, time\nWINDOWS = sys.platform == 'win32'\nMODE = os.environ['MODE']\n"
        f"class A:\n    def __del__(self):\n        {branch}  # reported\n"
    )
    (finding,) = of_code(lint(tmp_path, program), "FIN103")
    said = BRANCHES[branch]
    assert finding.message == "`A.__del__` sleeps in `time.sleep`" + (f" ({said})" if said else "")


_VARIANTS = """
import os, sys, time
WINDOWS = os.name == 'nt'
if {test}:
    def stop(): time.sleep(1)  # culprit
else:
    def stop(): pass
class A:
    def __del__(self):
        {call}  # reported
"""
#: Condition of a definition, what ``__del__`` does, and what is said; None: nothing is reported.
VARIANTS = [
    ("sys.platform == 'win32'", "stop()", "only on win32"),
    ("not WINDOWS", "stop()", "not on nt"),
    ("sys.version_info > (3,)", "stop()", ""),
    ("sys.platform == 'win32'", "if os.name == 'nt': stop()", "only on nt"),
    ("sys.platform == 'win32'", "if os.name == 'posix': stop()", None),
    ("sys.platform == 'win32'", "if not WINDOWS: stop()", None),
    ("sys.platform.startswith('linux')", "if os.name == 'posix': stop()", "only on posix"),
    ("sys.platform.startswith('linux')", "if sys.platform == 'darwin': stop()", None),
    ("sys.platform != 'aix'", "if sys.platform == 'sunos5': stop()", "only on sunos5"),
    ("os.name == 'posix'", "if sys.platform == 'sunos5': stop()", "only on sunos5"),
    ("os.name != 'posix'", "if sys.platform == 'darwin': stop()", None),
]


@pytest.mark.parametrize(("test", "call", "said"), VARIANTS)
def test_a_definition_for_some_platforms(tmp_path: Path, test: str, call: str, said: str | None) -> None:
    program = _VARIANTS.replace("{test}", test).replace("{call}", call)
    found = [finding.message for finding in of_code(lint(tmp_path, program), "FIN103")]
    where = f" ({said})" if said else ""
    assert found == ([] if said is None else [f"`A.__del__` sleeps in `time.sleep`{where} through `stop()`"])


def test_a_method_for_some_platforms(tmp_path: Path) -> None:
    program = """
    import sys, time
    class A:
        if sys.platform == 'win32':
            # one comment
            def close(self):

                time.sleep(1)  # culprit
        elif sys.platform == 'darwin':
            def close(self): pass
        else:
            close = None
        def __del__(self):
            self.close()  # reported
    """
    (finding,) = of_code(lint(tmp_path, program), "FIN103")
    assert "(only on win32)" in finding.message
