"""FIN106: does file-system or stream I/O."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, Reaches
from finlint.rules.base.rule import DEL


class FileIO(Reaches):
    code = "FIN106"
    kind = "file-io"
    verb = "does file I/O in"
    merged = True

    summary = "does file-system or stream I/O"
    example = """
        class Journal:
            def __init__(self, path):
                self.path = path
                self.lines = []

            def __del__(self):
                with open(self.path, "a") as file:
                    file.writelines(self.lines)
    """
    advice = (
        "Write when there is something to write, or in `close()`; what only the finalizer writes may be lost anyway."
    )
    fix = """
        class Journal:
            def __init__(self, path):
                self.file = open(path, "a")

            def add(self, line):
                self.file.write(line)

            def __del__(self):
                self.file.close()
    """
    not_reported = (
        NOT_REPORTED + " Notes are closing, unlinking and removing what the object owns, writing what is left to write "
        "into a file that `open()` has opened before, and what only changes a folder. Writing into a child's pipe, a "
        "descriptor or what is only annotated as a stream is a warning: it may be a pipe that is full."
    )
    evidence = (DEL, "https://github.com/h5py/h5py/issues/2019")
