"""--fix and --add-ignore write regular files below the given paths, which stay what they were but for their text."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from finlint.rewriting import refusal

from .conftest import Run
from .test_fix_options import MENDED, SAFE

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links, modes and owners of POSIX")

COMMENTED = SAFE.replace("shutdown()", "shutdown()  # finlint: ignore[FIN104]")
#: What each option makes of ``SAFE``.
OPTIONS = {"--fix": MENDED, "--add-ignore": COMMENTED}


@pytest.fixture(params=OPTIONS)
def option(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def code(project: Path) -> Path:
    """A folder with one file, ``given/code.py``, which is what ``SAFE`` says."""
    for name in ("bad.py", "good.py"):
        (project / name).unlink()
    (project / "given").mkdir()
    (project / "given" / "code.py").write_text(SAFE)
    return project / "given" / "code.py"


def left_alone(run: Run, option: str, *paths: str) -> str:
    """The one line that is said of a file that stays."""
    ran = run(option, *paths)
    assert ran.status == 1
    (line,) = [line for line in ran.err.splitlines() if "left alone" in line]
    assert line.startswith("finlint: error: ")
    if option == "--fix":
        assert "FIN104" in ran.out
    return line


def test_a_link_out_of_the_given_paths(code: Path, run: Run, option: str) -> None:
    outside = code.parent.with_name("outside.py")
    outside.write_text(SAFE)
    for name in ("a_link.py", "z_link.py"):
        (code.parent / name).unlink(missing_ok=True)
        (code.parent / name).symlink_to(os.path.join("..", outside.name))
        code.write_text(SAFE)
        assert f"given/{name} is a link to {outside}, which the given paths do not hold" in left_alone(
            run, option, "given"
        )
        assert outside.read_text() == SAFE
        assert code.read_text() == OPTIONS[option]
        # The link alone, and beside a folder that holds what it leads to.
        left_alone(run, option, f"given/{name}")
        assert outside.read_text() == SAFE
        (code.parent / name).unlink()
    (code.parent / "link.py").symlink_to(outside)
    assert run(option, "given", ".").status == 0
    assert outside.read_text() == OPTIONS[option]
    assert (code.parent / "link.py").is_symlink()


def test_a_folder_that_is_a_link(code: Path, run: Run, option: str) -> None:
    elsewhere = code.parent.with_name("elsewhere")
    elsewhere.mkdir()
    (elsewhere / "other.py").write_text(SAFE)
    (code.parent / "linked").symlink_to(elsewhere)
    assert run(option, "given").status == 0
    assert (code.read_text(), (elsewhere / "other.py").read_text()) == (OPTIONS[option], SAFE)


def test_a_file_of_which_somebody_has_another_name(code: Path, run: Run, option: str) -> None:
    other = code.parent.with_name("other.py")
    os.link(code, other)
    assert "has 2 names (hard links)" in left_alone(run, option, "given")
    assert (code.read_text(), other.read_text()) == (SAFE, SAFE)
    assert code.stat().st_ino == other.stat().st_ino


@pytest.mark.parametrize("mode", [0o444, 0o555, 0o400])
def test_a_file_that_nobody_may_write(code: Path, run: Run, option: str, mode: int) -> None:
    """Root may, and does not."""
    code.chmod(mode)
    beside = code.with_name("beside.py")
    beside.write_text(SAFE)
    assert "given/code.py is read-only" in left_alone(run, option, "given")
    assert (code.read_text(), code.stat().st_mode & 0o7777) == (SAFE, mode)
    assert beside.read_text() == OPTIONS[option]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o4755, 0o2775])
def test_mode_owner_and_attributes_stay(code: Path, run: Run, option: str, mode: int) -> None:
    if os.geteuid() == 0:
        os.chown(code, 12345, 54321)
    code.chmod(mode)
    attributes = hasattr(os, "setxattr")
    if attributes:
        try:
            os.setxattr(code, "user.finlint", b"kept")
        except OSError:
            attributes = False
    before = code.stat()
    assert run(option, "given").status == 0
    assert code.read_text() == OPTIONS[option]
    after = code.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    if attributes:
        assert os.getxattr(code, "user.finlint") == b"kept"
    assert [path.name for path in code.parent.iterdir()] == ["code.py"]


def test_a_file_of_another_user(code: Path, run: Run, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert "belongs to somebody else" in left_alone(run, option, "given")
    assert code.read_text() == SAFE


@pytest.mark.parametrize(("groups", "is_refused"), [([], True), ([54321], False)])
def test_a_file_of_another_group(
    code: Path, monkeypatch: pytest.MonkeyPatch, groups: list[int], is_refused: bool
) -> None:
    """Whoever is not root cannot give the new file that group."""
    info, me = os.stat(code), 12345
    fields = [*info][:10]
    fields[stat.ST_UID], fields[stat.ST_GID] = me, 54321
    with monkeypatch.context() as patch:
        patch.setattr(os, "geteuid", lambda: me)
        patch.setattr(os, "getegid", lambda: me)
        patch.setattr(os, "getgroups", lambda: groups)
        patch.setattr(os, "stat", lambda path: os.stat_result(fields))
        why = refusal(str(code), [str(code)])
    assert why == ("belongs to a group that you are not in" if is_refused else None)


def test_a_file_that_the_system_says_is_not_to_be_written(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a list of access rights, or a file system that is mounted read-only."""
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert refusal(str(code), [str(code)]) == "is read-only"


def test_what_is_no_file(code: Path) -> None:
    assert refusal(str(code.parent), [str(code.parent)]) == "is no regular file"
    os.mkfifo(code.with_name("fifo.py"))
    assert refusal(str(code.with_name("fifo.py")), [str(code.parent)]) == "is no regular file"


def test_what_is_refused_is_found_out_again_when_it_is_written(
    code: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that becomes a link between the analysis and the fix is not followed."""
    from finlint import fixing

    outside = code.parent.with_name("outside.py")
    outside.write_text(SAFE)
    fix = fixing.fix

    def late(*arguments, **options):  # type: ignore[no-untyped-def]
        done = fix(*arguments, **options)
        if not code.is_symlink():
            code.unlink()
            code.symlink_to(outside)
        return done

    monkeypatch.setattr(fixing, "fix", late)
    assert "left alone" in run("--fix", "given").err
    assert outside.read_text() == SAFE


def test_the_difference_is_shown_either_way(code: Path, run: Run) -> None:
    code.chmod(0o444)
    ran = run("--diff", "given")
    assert "+        pool.shutdown(wait=False)" in ran.out
    assert "left alone" not in ran.err


def test_in_another_process(code: Path) -> None:
    code.chmod(0o444)
    command = [sys.executable, "-m", "finlint", "--fix", "--no-cache", "given"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert code.read_text() == SAFE


def test_a_disk_that_is_full(code: Path) -> None:
    """The file keeps its text, no other is left beside it, and what has been written before is said."""
    large = code.with_name("large.py")
    large.write_text(f"{SAFE}# {'x' * 100_000}\n")
    before = large.read_text()
    program = (
        "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "from finlint.__main__ import main\nsys.exit(main())\n"
    )
    command = [sys.executable, "-c", program, "--isolated", "--no-cache", "--fix", "--unsafe-fixes", "given"]
    done = subprocess.run(command, cwd=code.parents[1], capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"finlint: error: given{os.sep}large.py cannot be written: ")
    assert line.endswith("and is left alone (1 file fixed before it)")
    assert large.read_text() == before
    assert code.read_text() == MENDED
    assert sorted(path.name for path in code.parent.iterdir()) == ["code.py", "large.py"]
