"""``docs/architecture.md`` says what is: the walk of one finding, the rooms, the bounds."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")

#: Runs the command and prints the functions of the package in the order in which each is called first.
_TRACE = """
import json, os, sys
import finlint
home = os.path.dirname(finlint.__file__) + os.sep
called = {}
def called_first(frame, event, arg):
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(home):
        module = code.co_filename[len(home):-len(".py")].replace(os.sep, ".").removesuffix(".__init__")
        called.setdefault(module + "." + code.co_name, len(called))
sys.argv = ["finlint", "--isolated", "--no-cache", "--jobs", "1", "--exit-zero", "--output-format", "concise", "pool.py"]
from finlint.__main__ import main
# With another thread there is no safe fork, and the analysis stays in this process, where it is seen.
import threading
done = threading.Event()
threading.Thread(target=done.wait, daemon=True).start()
sys.setprofile(called_first)
try:
    main()
except SystemExit:
    pass
sys.setprofile(None)
print(json.dumps(list(called)), file=sys.stderr)
"""


def _between(name: str, text: str = PAGE) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.S)
    assert found is not None, name
    return found[1]


def test_the_walk_of_one_finding_comes_in_that_order(tmp_path: Path) -> None:
    example = _between("example", (ROOT / "README.md").read_text("utf-8"))
    (tmp_path / "pool.py").write_text(example.removeprefix("```python\n").removesuffix("```\n"))
    run = subprocess.run([sys.executable, "-c", _TRACE], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "FIN102" in run.stdout
    called = json.loads(run.stderr.splitlines()[-1])
    steps = re.findall(r"^\| \d+ \|[^|]*\| `([\w.]+)` \|", _between("walk"), re.M)
    assert len(steps) == _between("walk").count("\n") - 2
    missing = [step for step in steps if step not in called]
    assert not missing, "the page names functions that this run does not call"
    assert [step for step in called if step in steps] == steps


def test_every_room_is_on_the_page() -> None:
    rooms = {path.parent.relative_to(ROOT / "finlint") for path in (ROOT / "finlint").rglob("__init__.py")}
    named = {Path(name.rstrip("/")) for name in re.findall(r"`([\w/]+/)`", PAGE)}
    # A folder of folders says it by what is in it; what is inside a room of its own needs no row.
    folders = {room.parent for room in rooms}
    missing = {room for room in rooms - folders if not named & {room, *room.parents}}
    assert not missing


def test_the_table_of_bounds_is_that_of_the_module() -> None:
    spec = importlib.util.spec_from_file_location("limits_page", ROOT / "docs" / "tools" / "limits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.written(PAGE) == PAGE, "run python docs/tools/limits.py"
