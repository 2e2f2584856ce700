"""FIN901-FIN902: about the run itself."""

from finlint.rules.texts.text import Text

TEXTS = {
    "FIN901": Text(
        "the file cannot be read or parsed",
        "A file that is not read is not checked.",
        advice="Mend the file, or exclude it (`exclude` in the configuration).",
        silent="Syntax that is newer than the running interpreter, where LibCST can read it; the syntax of files that "
        "cannot hold a finalizer, in runs of more than a megabyte of them.",
        evidence=("https://peps.python.org/pep-0263/",),
    ),
    "FIN902": Text(
        "a suppression that suppresses nothing",
        "It hides the next finding on its line, which somebody should see.",
        """
import time


class Job:
    def __del__(self):
        self.done = True  # finlint: ignore[FIN103] -- it was time.sleep(1)
""",
        "Remove the comment.",
        """
class Job:
    def __del__(self):
        self.done = True
""",
        "Suppressions of codes that are not selected, and a bare `# noqa`, which may be meant for another tool.",
        ("https://docs.astral.sh/ruff/rules/unused-noqa/",),
    ),
}
