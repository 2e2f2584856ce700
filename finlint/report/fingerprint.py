"""A name for a finding that lasts while lines move: for baselines, SARIF and GitLab."""

from __future__ import annotations

import hashlib
import re

from finlint.model.finding import Finding
from finlint.report.view import View

_PLACES = re.compile(r"\b(?:line )?\d+(?=[:)\s,]|$)")


def fingerprint(finding: Finding, view: View) -> str:
    """16 hexadecimal digits of what the finding is about: path, code, registrar, culprit, and the chain's text."""
    parts = [
        view.posix(finding.path),
        finding.code,
        finding.registration.registrar if finding.registration else "",
        finding.culprit.call if finding.culprit else "",
        # Line numbers that a message may hold move; names do not.
        _PLACES.sub("", finding.message),
        *(" ".join(hop.text.split()) for hop in finding.trace),
    ]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
