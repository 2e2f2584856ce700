"""FIN107: runs or waits for a child process."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, Reaches
from finlint.rules.base.rule import DEL


class Subprocess(Reaches):
    code = "FIN107"
    kind = "subprocess"
    verb = "runs or waits for a process in"
    merged = True

    summary = "runs or waits for a child process"
    example = """
        import subprocess


        class Mount:
            def __init__(self, path):
                self.path = path

            def __del__(self):
                subprocess.run(["umount", self.path])
    """
    advice = "Run it in `close()`, or start it and do not wait for its end."
    fix = """
        import subprocess


        class Mount:
            def __init__(self, path):
                self.path = path

            def close(self):
                subprocess.run(["umount", self.path])
    """
    not_reported = (
        NOT_REPORTED + " `terminate()` and `kill()` are notes, and so are `wait()` and `communicate()` after `kill()`."
    )
    evidence = (DEL, "https://docs.python.org/3/library/subprocess.html#subprocess.run")
