"""FIN901: the file cannot be read or parsed."""

from __future__ import annotations

from finlint.model.finding import FileError
from finlint.rules.base.rule import Rule


class ParseError(Rule[FileError]):
    """A run says it as a ``FileError``, not as a finding: whoever reads the file knows, and nobody is asked."""

    code = "FIN901"
    kind = "parse-error"

    summary = "the file cannot be read or parsed"
    why = "A file that is not read is not checked."
    advice = "Mend the file, or exclude it (`exclude` in the configuration)."
    not_reported = (
        "Syntax that is newer than the running interpreter, where LibCST can read it; the syntax of files that "
        "cannot hold a finalizer, in runs of more than a megabyte of them."
    )
    evidence = ("https://peps.python.org/pep-0263/",)
