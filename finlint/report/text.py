"""For people: text with the source, the registration and the chain; and concise, one line each."""

from __future__ import annotations

from finlint.model.finding import FileError, Finding
from finlint.model.source import Span
from finlint.model.ways_out import WAY_OUT
from finlint.report.plain import plain
from finlint.report.view import View, error_message, one_line

_CODES = {"bold": "1", "red": "1;31", "yellow": "1;33", "cyan": "36", "blue": "1;34", "dim": "2"}
_OF_SEVERITY = {"error": "red", "warning": "yellow", "note": "cyan"}
#: A chain longer than this says nothing more by its middle.
_MOST_HOPS = 12


class Palette:
    """Paints where there is colour, and leaves text alone where there is none."""

    def __init__(self, color: bool) -> None:
        self._color = color

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self._color else text


def render_concise(view: View) -> str:
    """``path:line:column: CODE message``, one a line; ``[*]`` after the code where there is a safe fix."""
    paint = Palette(view.color)
    out = []
    for item in view.items():
        if isinstance(item, FileError):
            place = f"{view.shown(item.path)}:{item.line}:{item.column}"
            out.append(f"{paint('bold', place)}: {paint('red', 'FIN901')} {error_message(item)}\n")
        else:
            place = f"{view.shown(item.path)}:{item.span.line}:{item.span.column}"
            code = paint(_OF_SEVERITY[item.severity.value], item.code) + _mark(item, view, paint)
            out.append(f"{paint('bold', place)}: {code} {view.sentence(item)}\n")
    return "".join(out)


def render_text(view: View) -> str:
    paint = Palette(view.color)
    blocks = []
    for item in view.items():
        if isinstance(item, FileError):
            place = f"{view.shown(item.path)}:{item.line}:{item.column}"
            head = f"{paint('bold', place)}: {paint('red', 'FIN901')} [parse-error] {error_message(item)}"
            span = Span(item.line, item.column, item.line, item.column + 1)
            blocks.append("\n".join([head, *_frame(item.path, span, "red", view, paint)]) + "\n")
        else:
            blocks.append(_block(item, view, paint))
    return "\n".join(blocks) + ("\n" if blocks else "")


def _block(finding: Finding, view: View, paint: Palette) -> str:
    style = _OF_SEVERITY[finding.severity.value]
    place = f"{view.shown(finding.path)}:{finding.span.line}:{finding.span.column}"
    sure = "" if finding.confidence.value == "high" else f", {finding.confidence.value} confidence"
    head = f"{paint('bold', place)}: {paint(style, finding.code)}{_mark(finding, view, paint)} [{finding.kind}]"
    out = [f"{head} {one_line(finding.said)} ({finding.severity.value}{sure})"]
    out += _frame(finding.path, finding.span, style, view, paint)
    registration = finding.registration
    if registration is not None:
        where = f"{view.shown(registration.path)}:{registration.line}:{registration.column}"
        out.append(f"   {paint('blue', '=')} {registration.how} `{plain(registration.registrar)}` at {where}")
    if len(finding.trace) > 1 or (finding.trace and finding.trace[0].path != finding.path):
        out.append(f"   {paint('blue', '=')} the chain:")
        hops = list(enumerate(finding.trace, 1))
        for number, hop in hops if len(hops) <= _MOST_HOPS else [*hops[:6], *hops[-6:]]:
            if number == len(hops) - 5 and len(hops) > _MOST_HOPS:
                out.append(f"       ... {len(hops) - _MOST_HOPS} more ...")
            where = f"{view.shown(hop.path)}:{hop.line}:{hop.column}"
            out.append(f"     {number}. {where}  {paint('dim', _printable(' '.join(hop.text.split())))}")
    for hop in finding.related:
        out.append(f"   {paint('blue', '=')} {view.shown(hop.path)}:{hop.line}:{hop.column}: {_printable(hop.text)}")
    if fix := view.fixes.get(finding):
        options = "--fix" if fix.safe else "--fix --unsafe-fixes"
        out.append(f"   {paint('blue', '=')} fix: {fix.title} ({options})")
    elif finding.code in WAY_OUT:
        out.append(f"   {paint('blue', '=')} help: {WAY_OUT[finding.code]}")
    return "\n".join(out) + "\n"


def _mark(finding: Finding, view: View, paint: Palette) -> str:
    """``[*]`` where ``--fix`` may mend it."""
    fix = view.fixes.get(finding)
    return f" [{paint('cyan', '*')}]" if fix is not None and fix.safe else ""


def _frame(path: str, span: Span, style: str, view: View, paint: Palette) -> list[str]:
    """The line with a caret under what is meant, and the two lines around it."""
    lines = view.source(path)
    number = span.line
    if not 0 < number <= len(lines) or not lines[number - 1].strip():
        return []
    first, last = max(1, number - 1), min(len(lines), number + 1)
    while first < number and not lines[first - 1].strip():
        first += 1
    while last > number and not lines[last - 1].strip():
        last -= 1
    width = len(str(last))
    bar = paint("blue", "|")
    out = []
    for at in range(first, last + 1):
        line = lines[at - 1].rstrip()
        start = span.column - 1 if at == number else 0
        end = span.end_column - 1 if at == span.end_line else len(line)
        line, start, end = _around(line, start, end)
        out.append(f" {paint('blue', str(at).rjust(width))} {bar} {_printable(line)}".rstrip())
        if at == number:
            before = _width(_printable(line[:start]))
            carets = "^" * max(1, _width(_printable(line[start:end])))
            out.append(f" {' ' * width} {bar} {' ' * before}{paint(style, carets)}")
    return out


#: Characters of a line that are shown. A generated line of a megabyte may have thousands of findings.
_SHOWN = 400


def _around(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Of a line that is too long what is around the columns ``start`` to ``end``, and where these are in it."""
    if len(line) <= _SHOWN:
        return line, start, end
    first = max(0, start - _SHOWN // 4)
    last = first + _SHOWN
    cut = "..." if first else ""
    shift = first - len(cut)
    return cut + line[first:last] + ("..." if last < len(line) else ""), start - shift, min(end, last) - shift


def _printable(text: str) -> str:
    """Tabs as four spaces; control characters, which could drive a terminal, as ``?``."""
    text = text.replace("\t", "    ")
    return plain(text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text))


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    # Loads a table of a megabyte: only for lines that need it.
    import unicodedata

    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)
