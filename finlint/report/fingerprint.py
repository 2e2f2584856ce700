"""A name for a finding that lasts: for baselines, SARIF, GitLab and Code Climate, and JSON.

It is made from what the finding is about: code, file, finalizer, the functions of the chain by name, and the call that
is the culprit. Lines, formatting, the words of messages, and who else holds a lock do not count: they change with
edits that have nothing to do with the finding.
"""

from __future__ import annotations

import hashlib
import re

from finlint.model.finding import FileError, Finding
from finlint.report.view import View

#: Changes whenever what a fingerprint is made from does: SARIF's readers compare only those of one scheme.
SCHEME = "finlint/v2"


def fingerprint(finding: Finding, view: View) -> str:
    """16 hexadecimal digits; findings of a file that are alike in all that is named above have the same."""
    parts = [
        view.posix(finding.path),
        finding.code,
        finding.culprit.call if finding.culprit else "",
        *finding.names,
    ]
    return _digest(parts)


def error_fingerprint(error: FileError, view: View) -> str:
    """The same for a file that cannot be read; its message may name lines."""
    return _digest([view.posix(error.path), "FIN901", re.sub(r"\d+", "", error.message)])


def fingerprints(view: View) -> list[str]:
    """One for each finding, in order; the second and later of a kind get ``-1``, ``-2``: they must be unique."""
    seen: dict[str, int] = {}
    out = []
    for finding in view.report.findings:
        name = fingerprint(finding, view)
        count = seen.get(name, 0)
        seen[name] = count + 1
        out.append(name if not count else f"{name}-{count}")
    return out


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
