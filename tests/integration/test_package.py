"""The wheel as pip builds it from a clone: what is in it, how large it is, and what happens beside PyPI's ``finlint``."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from checkout import copied

ROOT = Path(__file__).resolve().parents[2]
#: Bytes. Of 1,051 kB the modules are 809, the tables 156 (by xz they would be 128), the rest the archive's own lists. 500
#: are wanted, and cannot be: when the modules were 633, they were 472 without one comment or docstring.
MOST = 1_080_000
BAD = "import threading\nlock = threading.Lock()\n\nclass A:\n    def __del__(self):\n        lock.acquire()\n"


def build(folder: Path) -> Path:
    """The wheel of a copy of the project in ``folder``."""
    source = copied(folder / "source")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*command, "-w", str(folder), str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture
def environment(wheel: Path, tmp_path: Path) -> Path:
    """The executables of an environment in which the wheel is unpacked; what it needs comes from ours."""
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    ours = [path for path in sys.path if path.endswith("site-packages")]
    # Its own packages come first, so that finlint is the one that was unpacked.
    (site / "ours.pth").write_text("\n".join(ours))
    return folder


def test_only_what_runs_is_in_it(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {name for name in names if name.startswith("finlint/")}
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "finlint").rglob("*.py")}
    tables = {"finlint/knowledge/data/entries.jsonl", "finlint/knowledge/data/typeshed.jsonl"}
    assert package == modules | tables | {"finlint/__init__.pyi", "finlint/py.typed"}
    info = {name.partition(".dist-info/")[2] for name in names - package}
    licences = {"licenses/LICENSE", "licenses/finlint/knowledge/data/LICENSE-typeshed"}
    assert info == {"METADATA", "RECORD", "WHEEL", "entry_points.txt", *licences}
    assert wheel.stat().st_size <= MOST


def test_the_same_source_makes_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    assert build(tmp_path).read_bytes() == wheel.read_bytes()


def test_its_page_on_pypi_has_no_dead_link(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    metadata = email.message_from_bytes(archive.read(name))
    page = metadata.get_payload()
    assert isinstance(page, str)
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["License-Expression"] == "MIT AND Apache-2.0"
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\[[^\]]*\]\(([^)]*)\)", re.sub(r"`[^`\n]*`", "", prose))
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    words = re.sub(r"\[([^\]\n]+)\]\([^)\s]+\)", r"\1", readme).split()
    assert re.sub(r"\[([^\]\n]+)\]\([^)\s]+\)", r"\1", page).split()[: len(words)] == words


def run(environment: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    python = str(environment / "bin" / "python")
    cwd = environment.parent
    return subprocess.run([python, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False)


COMMAND = ("-c", "import sys; from finlint.__main__ import main; sys.exit(main())", "--no-cache", "bad.py")


def test_it_works_where_it_is_unpacked(environment: Path) -> None:
    (environment.parent / "bad.py").write_text(BAD)
    done = run(environment, *COMMAND)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("bad.py:6:9: FIN102")
    where = run(environment, "-c", "import finlint; print(finlint.__file__)").stdout
    assert where.startswith(str(environment))


@pytest.mark.parametrize("other", ["is there", "was there"])
def test_another_distributions_package_over_ours_is_said(environment: Path, other: str) -> None:
    """PyPI's ``finlint`` has a package of the same name; taken away again, it takes our ``__init__`` with it."""
    pytest.importorskip("flake8")
    (environment.parent / "bad.py").write_text(BAD)
    (package,) = environment.glob("lib/python*/site-packages/finlint")
    (package / "__init__.py").write_text('__version__ = "1.0.0"\n')
    if other == "was there":
        (package / "__init__.py").unlink()
    says = "the package `finlint` of another distribution stands in ours ("
    done = run(environment, *COMMAND)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"finlint: error: {says}")
    assert done.stderr.count("\n") == 1
    done = run(environment, "-m", "flake8", "--isolated", "bad.py")
    assert done.returncode == 1
    assert f"finlint: {says}" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
