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
