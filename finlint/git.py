"""git, asked for what is in its objects, in a way that runs nothing of the repository that it is asked about.

A repository's own configuration names commands: for a status (``core.fsmonitor``), for files that are compared
(``filter``, ``diff``), for hooks, pagers, signatures and transports, the last of them also for an object that is not
there (``extensions.partialClone``). So only plumbing is asked that reads objects by their names, and looks at neither
the index nor the work tree, and no transport is allowed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

#: What is said of the user's own git, and not of the repository that a hook happens to run in.
_KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")

#: What asks for objects needs neither; whatever else may be asked one day does. (A pager is started for a terminal
#: alone, commands for ssh and for passwords by transports alone.)
_OPTIONS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")

#: Seconds after which git does not answer: a FIFO in the place of one of its files keeps it waiting for ever.
PATIENCE = 120

#: Bytes that it may have to keep in mind. What is packed as a difference from something else needs that as well: three
#: megabytes of a pack can stand for gigabytes.
MEMORY = 1_000_000_000

#: Bytes of an answer: trees that hold each other ten times, ten deep, list ten thousand million files. Those of half a
#: million files take some fifty.
ANSWER = 100_000_000

#: What is read of a complaint.
_COMPLAINT = 10_000


class GitError(Exception):
    """Why git did not answer, in one line."""


def ask(*arguments: str, folder: str) -> bytes:
    """What git prints in ``folder``. Raises GitError."""
    program = _program()
    if program is None:
        raise GitError("git is not installed")
    try:
        with _bounded_memory():
            process = subprocess.Popen(
                [program, *_OPTIONS, *arguments],
                cwd=folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from None
    late = threading.Event()
    timer = threading.Timer(PATIENCE, _give_up, (process, late))
    timer.start()
    with process:
        try:
            answer, said = _heard(process)
        except BaseException:
            process.kill()
            raise
        finally:
            timer.cancel()
    if late.is_set():
        raise GitError(f"git does not answer within {PATIENCE} seconds")
    if len(answer) > ANSWER:
        raise GitError(f"git {arguments[0]} says more than {ANSWER:,} bytes")
    if process.returncode != 0:
        raise GitError(said[0].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
    return answer


def _give_up(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _heard(process: subprocess.Popen[bytes]) -> tuple[bytes, list[str]]:
    """What it prints, at most a byte more than is wanted, and the lines that it complains with. Who says more is not
    waited for."""
    assert process.stdout is not None
    assert process.stderr is not None
    answer = process.stdout.read(ANSWER + 1)
    if len(answer) > ANSWER:
        process.kill()
    said = process.stderr.read(_COMPLAINT)
    if len(said) == _COMPLAINT:
        process.kill()
    return answer, said.decode("utf-8", "replace").strip().splitlines()


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """A program that is started within has the bound, from its first moment; this process has room for what it does."""
    if sys.platform != "linux":
        # Where no system call says so, or none that holds.
        yield
        return
    import resource

    soft, hard = before = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [_own_data() + MEMORY, *(bound for bound in before if bound != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _own_data() -> int:
    """Bytes of this process that count for RLIMIT_DATA (proc_pid_statm(5)).

    Where /proc is not there, the largest size so far, which may be too much: it never shrinks, and a program begins
    with that of whoever started it.
    """
    import resource

    try:
        with open("/proc/self/statm", encoding="ascii") as table:
            return int(table.read().split()[5]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    return {
        **kept,
        # It goes before whatever `protocol.*` of a configuration allows.
        "GIT_ALLOW_PROTOCOL": "none",
        # Since git 2.44 not even the attempt.
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def _program() -> str | None:
    """git in a folder that the search path names absolutely: one that is relative would be searched in the tree."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, "git.exe" if os.name == "nt" else "git")
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None
