"""One page of HTML that needs nothing else: findings by root problem, filters, and each chain as a drawing.

The page is ASCII; everything that comes from a tree is escaped, and a policy in its head lets nothing run but its own
script. The filters are in the address (``page.html#severity=error&text=pool``), so that a view can be linked to.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from html import escape

from finlint.model.finding import FileError, Finding
from finlint.report.chain import Step, arrows, by_problem, steps
from finlint.report.htmlpage import SCRIPT, STYLE
from finlint.report.plain import plain
from finlint.report.view import View, error_message, one_line

#: Of a drawing, in pixels.
_LANE, _BOX, _ROW, _HEAD = 330, 300, 52, 28
#: Characters that fit into a box.
_FITS = 38


def render_html(view: View) -> str:
    findings, errors = view.report.findings, view.report.errors
    problems = by_problem(findings)
    codes = sorted({f.code for f in findings} | ({"FIN901"} if errors else set()))
    levels = Counter(f.severity.value for f in findings)
    levels["error"] += len(errors)
    counted = ", ".join(_count(levels[level], level) for level in ("error", "warning", "note") if levels[level])
    total = len(findings) + len(errors)
    summary = view.report.summary
    sections = [_problem(group, view) for group in problems] + [_error(error, view) for error in errors]
    policy = f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}"
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>finlint: {_count(total, "finding")}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>finlint {escape(view.version)}</h1>
<p>{_count(len(sections), "problem")}, {_count(total, "finding")} ({counted or "none"}) in
{_count(summary.files, "file")} with {_count(summary.registrations, "finalizer")}.
Shown: <span id="seen">{total}</span>.</p>
</header>
<form>
<select name="severity" aria-label="severity">{_options("every severity", ["error", "warning", "note"])}</select>
<select name="code" aria-label="rule">{_options("every rule", codes)}</select>
<input name="text" type="search" placeholder="path, function, text" aria-label="text">
</form>
<main>
{"".join(sections) or "<p>No findings.</p>"}
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _options(all_of_them: str, values: list[str]) -> str:
    one_each = "".join(f'<option value="{value}">{value}</option>' for value in values)
    return f'<option value="">{all_of_them}</option>{one_each}'


def _text(text: str) -> str:
    return escape(plain(text))


def _problem(group: list[Finding], view: View) -> str:
    culprit = group[0].culprit
    title = ""
    if culprit is not None:
        place = f"{view.shown(culprit.path)}:{culprit.line}"
        title = f"<h2><code>{_text(culprit.call)}</code> at {escape(place)}</h2>"
    return f"<section>\n{title}{''.join(_finding(finding, view) for finding in group)}</section>\n"


def _finding(finding: Finding, view: View) -> str:
    level = finding.severity.value
    place = f"{view.shown(finding.path)}:{finding.span.line}:{finding.span.column}"
    sure = "" if finding.confidence.value == "high" else f", {finding.confidence.value} confidence"
    fix = view.fixes.get(finding)
    options = "" if fix is None else f"--fix{'' if fix.safe else ' --unsafe-fixes'}"
    mend = "" if fix is None else f'<p class="message">Fix: {_text(fix.title)} ({options})</p>'
    return (
        f'<article data-severity="{level}" data-code="{finding.code}">'
        f'<span class="badge {level}">{finding.code} {_text(finding.kind)}</span> '
        f'<span class="place">{escape(place)} ({level}{sure})</span>'
        f'<p class="message">{_text(one_line(finding.said))}</p>{mend}'
        f'<div class="drawing">{_drawing(steps(finding, view))}</div></article>\n'
    )


def _error(error: FileError, view: View) -> str:
    place = f"{view.shown(error.path)}:{error.line}:{error.column}"
    return (
        '<section><article data-severity="error" data-code="FIN901">'
        '<span class="badge error">FIN901 parse-error</span> '
        f'<span class="place">{escape(place)}</span><p class="message">{_text(error_message(error))}</p>'
        "</article></section>\n"
    )


def _drawing(chain: list[Step]) -> str:
    """A lane for each file, a row for each step; the way goes down, and who holds the lock points at its end."""
    lanes = {path: number for number, path in enumerate(dict.fromkeys(step.path for step in chain))}
    width, height = _LANE * len(lanes), _HEAD + _ROW * len(chain)
    out = [f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">']
    for path, number in lanes.items():
        shown = path if len(path) <= _FITS + 4 else "..." + path[-_FITS - 1 :]
        title = f"<title>{escape(path)}</title>"
        out.append(f'<text class="lane" x="{_LANE * number + 4}" y="16">{title}{escape(shown)}</text>')
    at = [(_LANE * lanes[step.path] + 4, _HEAD + _ROW * number) for number, step in enumerate(chain)]
    out += [_arrow(at[a], at[b], "holds" if holds else "") for a, b, holds in arrows(chain)]
    out += [_box(step, place) for step, place in zip(chain, at, strict=True)]
    return "".join(out) + "</svg>"


def _arrow(start: tuple[int, int], end: tuple[int, int], kind: str) -> str:
    """From the lower side of one box to the upper side of another; upwards where the other is above."""
    down = end[1] > start[1]
    x1, y1 = start[0] + _BOX // 2, start[1] + (34 if down else 0)
    x2, y2 = end[0] + _BOX // 2, end[1] + (0 if down else 34)
    middle = (y1 + y2) // 2
    tip = -5 if down else 5
    head = f"M{x2 - 4} {y2 + tip}L{x2} {y2}L{x2 + 4} {y2 + tip}"
    return f'<path class="{kind}" d="M{x1} {y1}C{x1} {middle} {x2} {middle} {x2} {y2}{head}"/>'


def _box(step: Step, place: tuple[int, int]) -> str:
    x, y = place
    text = f"{step.line}: {step.text}"
    shown = text if len(text) <= _FITS else text[: _FITS - 3] + "..."
    return (
        f'<g class="{step.role}"><title>{step.role}: {escape(f"{step.path}:{text}")}</title>'
        f'<rect x="{x}" y="{y}" width="{_BOX}" height="34" rx="6"/>'
        f'<text x="{x + 8}" y="{y + 22}">{escape(shown)}</text></g>'
    )
