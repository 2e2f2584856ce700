from finlint.api import LintError as LintError
from finlint.api import Result as Result
from finlint.api import lint as lint
from finlint.model.finding import Confidence as Confidence
from finlint.model.finding import FileError as FileError
from finlint.model.finding import Finding as Finding
from finlint.model.finding import Severity as Severity

__version__: str
DISTRIBUTION: str
__all__ = ["Confidence", "FileError", "Finding", "LintError", "Result", "Severity", "__version__", "lint"]
