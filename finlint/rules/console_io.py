"""FIN111: reads or writes the console."""

from __future__ import annotations

from finlint.rules.base.reaching import NOT_REPORTED, WHY, Reaches
from finlint.rules.base.rule import DEL


class ConsoleIO(Reaches):
    code = "FIN111"
    kind = "console-io"
    default = False
    verb = "reads or writes the console in"
    merged = True

    summary = "reads or writes the console"
    why = WHY + " A console that is a full pipe waits for its reader, and at exit it may be gone."
    example = """
        class Connection:
            open = True

            def __del__(self):
                print("connection was not closed")
    """
    advice = "Use `warnings.warn(..., ResourceWarning)`, which the user can filter."
    fix = """
        import warnings


        class Connection:
            open = True

            def __del__(self):
                warnings.warn("connection was not closed", ResourceWarning, source=self)
    """
    not_reported = NOT_REPORTED + " `print(file=...)` to something else is judged as what that is."
    evidence = (DEL, "https://docs.python.org/3/library/exceptions.html#ResourceWarning")
