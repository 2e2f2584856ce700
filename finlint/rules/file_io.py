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
    not_reported = NOT_REPORTED + " Closing, unlinking and removing what the object owns are notes."
    evidence = (DEL, "https://github.com/h5py/h5py/issues/2019")
