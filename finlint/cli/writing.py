"""A report to its outputs, and the line that sums it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

from finlint.cli.request import Request
from finlint.cli.terminal import count, say, use_color
from finlint.model.finding import Finding, OfferedFix, Report
from finlint.report.formats import READABLE, render
from finlint.report.view import View


def write(request: Request, view: View, suppressed: int, stream: TextIO, *, before: str = "", after: str = "") -> None:
    """Write the outputs of a request; ``before`` and ``after`` are lines around the summary. Raises OSError."""
    options = request.options
    readable = False
    for name, target in request.outputs:
        colored = view._replace(color=use_color(options.color, stream) and target is None)
        text = _statistics(name, view) if options.statistics else render(name, colored)
        if target is None:
            stream.write(text)
            readable = name in READABLE
        else:
            from finlint import atomic

            atomic.write_bytes(target, text.encode("utf-8", "backslashreplace"))
    if request.quiet:
        return
    lines = list(filter(None, [before, summary(view.report, suppressed), after]))
    if readable and request.outputs[0].format == "text" and not options.statistics:
        print(*lines, sep="\n", file=stream)
    elif readable or all(output.file is not None for output in request.outputs):
        stream.flush()
        for line in lines:
            say(line)


def fixable(fixes: Mapping[Finding, OfferedFix]) -> str:
    """One line of how many findings have a fix; empty where none has."""
    safe = sum(fix.safe for fix in fixes.values())
    unsafe = len(fixes) - safe
    parts = [f"[*] {safe} fixable with --fix"] if safe else []
    if unsafe:
        parts.append(f"{unsafe} {'more ' if safe else 'fixable '}with --fix --unsafe-fixes")
    return ", ".join(parts) + "." if parts else ""


def summary(report: Report, suppressed: int) -> str:
    """One line of what was found, and in how much."""
    done = report.summary
    scope = f"{count(done.files, 'file')}, {count(done.registrations, 'registration')}"
    hidden = f", {suppressed} suppressed" if suppressed else ""
    if not report.findings and not report.errors:
        return f"No findings ({scope}{hidden})."
    what = []
    if report.findings:
        places = len({finding.path for finding in report.findings})
        what.append(f"{count(len(report.findings), 'finding')} in {count(places, 'file')}")
    if report.errors:
        what.append(count(len(report.errors), "unreadable file"))
    return f"Found {' and '.join(what)} ({scope}{hidden})."


def _statistics(name: str, view: View) -> str:
    """How often each rule reports: a table, or JSON where the format is not for people."""
    import json

    from finlint.rules.registry import RULES

    counts: dict[str, int] = {}
    for finding in view.report.findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    if view.report.errors:
        counts["FIN901"] = counts.get("FIN901", 0) + len(view.report.errors)
    rows = [(number, RULES[code]) for code, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if name not in READABLE:
        return json.dumps([{"code": r.code, "kind": r.kind, "count": number} for number, r in rows], indent=2) + "\n"
    width = max((len(str(number)) for number, _ in rows), default=1)
    return "".join(f"{number:>{width}}  {r.code}  {r.kind:<18}  {r.summary}\n" for number, r in rows)
