"""The report for people: a code frame with a caret, the kind, the registration, and the chain."""

from __future__ import annotations

from collections.abc import Callable

from finlint.model.finding import Finding, Report, Severity
from finlint.report.paths import shown

_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.NOTE: "36;1"}


class Style:
    """ANSI colours, or none."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def render(report: Report, line_of: Callable[[str, int], str], *, colour: bool = False) -> str:
    """``line_of(path, line)`` gives a line of source, or "" where it is not to be had."""
    style = Style(colour)
    parts = [
        f"{style.paint(f'{shown(e.path)}:{e.line}:1', '1')}: {style.paint('FIN901', '31;1')} {e.message} [parse-error]\n"
        for e in report.errors
    ]
    parts += [_finding(f, line_of, style) for f in report.findings]
    return "\n".join(parts) + ("\n" if parts else "") + summary(report) + "\n"


def _finding(finding: Finding, line_of: Callable[[str, int], str], style: Style) -> str:
    span = finding.span
    code = style.paint(finding.code, _COLOURS[finding.severity])
    where = style.paint(f"{shown(finding.path)}:{span.line}:{span.column}", "1")
    out = [f"{where}: {code} {finding.message} [{finding.kind}, {finding.severity.value}]"]
    source = line_of(finding.path, span.line)
    if source:
        number = str(span.line)
        gutter = " " * len(number)
        end = span.end_column if span.end_line == span.line else len(source) + 1
        # Tabs keep their width under the caret.
        indent = "".join("\t" if c == "\t" else " " for c in source[: span.column - 1])
        caret = indent + "^" * max(1, end - span.column)
        out.append(f"{gutter} |")
        out.append(f"{number} | {source}")
        out.append(f"{gutter} | {style.paint(caret, _COLOURS[finding.severity])}")
    registration = finding.registration
    if registration is not None:
        place = f"{shown(registration.path)}:{registration.line}"
        out.append(f"  registered by {registration.registrar} at {place}")
    if len(finding.trace) > 1:
        out.append("  chain:")
        width = max(len(f"{shown(h.path)}:{h.line}") for h in finding.trace)
        out += [f"    {f'{shown(h.path)}:{h.line}':<{width}}  {h.text}" for h in finding.trace]
    return "\n".join(out) + "\n"


def summary(report: Report) -> str:
    """One line of counts."""
    counts = report.summary
    found = len(report.findings)
    what = "no findings" if not found else "1 finding" if found == 1 else f"{found} findings"
    errors = len(report.errors)
    unreadable = f", {errors} unreadable" if errors else ""
    return (
        f"{what} in {counts.files} {_plural(counts.files, 'file')}{unreadable} "
        f"({counts.registrations} {_plural(counts.registrations, 'finalizer')}, "
        f"{counts.analysed} {_plural(counts.analysed, 'file')} read closely)"
    )


def _plural(count: int, word: str) -> str:
    return word if count == 1 else word + "s"
