"""git, asked for what is in its objects, in a way that runs nothing of the repository that it is asked about.

A repository's own configuration names commands: for a status (``core.fsmonitor``), for files that are compared
(``filter``, ``diff``), for hooks, pagers, signatures and transports, the last of them also for an object that is not
there (``extensions.partialClone``). So only plumbing is asked that reads objects by their names, and looks at neither
the index nor the work tree, and no transport is allowed.
"""

from __future__ import annotations

import os
import subprocess

#: What is said of the user's own git, and not of the repository that a hook happens to run in.
_KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")

#: What asks for objects needs neither; whatever else may be asked one day does. (A pager is started for a terminal
#: alone, commands for ssh and for passwords by transports alone.)
_OPTIONS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")

#: Seconds after which git does not answer: a FIFO in the place of one of its files keeps it waiting for ever.
PATIENCE = 120


class GitError(Exception):
    """Why git did not answer, in one line."""


def ask(*arguments: str, folder: str) -> bytes:
    """What git prints in ``folder``. Raises GitError."""
    program = _program()
    if program is None:
        raise GitError("git is not installed")
    command = [program, *_OPTIONS, *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise GitError(f"git does not answer within {PATIENCE} seconds") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror or error}") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(said[0].removeprefix("fatal: ") if said else f"git {arguments[0]} failed")
    return done.stdout


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
