"""JUnit XML: a suite for each file with findings, a case for each finding; a clean run has one that passed."""

from __future__ import annotations

from finlint.model.finding import FileError, Finding
from finlint.report.plain import plain, plain_path
from finlint.report.view import View, error_message


def render_junit(view: View) -> str:
    suites: dict[str, list[Finding | FileError]] = {}
    for item in view.items():
        suites.setdefault(plain_path(view.posix(item.path)), []).append(item)
    total = sum(map(len, suites.values()))
    out = ['<?xml version="1.0" encoding="utf-8"?>']
    out.append(f'<testsuites name="finlint" tests="{max(total, 1)}" failures="{total}" errors="0">')
    for path, items in suites.items():
        out.append(f'  <testsuite name="{_xml(path)}" tests="{len(items)}" failures="{len(items)}" errors="0">')
        for item in items:
            out += _case(path, item, view)
        out.append("  </testsuite>")
    if not suites:
        out.append('  <testsuite name="finlint" tests="1" failures="0" errors="0">')
        out.append('    <testcase classname="finlint" name="no findings"/>')
        out.append("  </testsuite>")
    out.append("</testsuites>")
    return "\n".join(out) + "\n"


def _case(path: str, item: Finding | FileError, view: View) -> list[str]:
    if isinstance(item, FileError):
        code, line, column, message, body = "FIN901", item.line, item.column, error_message(item), ""
    else:
        code, line, column, message = item.code, item.span.line, item.span.column, view.sentence(item)
        body = "".join(
            f"\n{plain_path(view.posix(hop.path))}:{hop.line}:{hop.column} {plain(hop.text)}" for hop in item.trace
        )
    name = f"{code} at line {line}, column {column}"
    text = _xml(f"{path}:{line}:{column}: {message}{body}")
    return [
        f'    <testcase classname="{_xml(path)}" name="{_xml(name)}" file="{_xml(path)}" line="{line}">',
        f'      <failure type="{code}" message="{_xml(message)}">{text}</failure>',
        "    </testcase>",
    ]


def _xml(text: str) -> str:
    """Escaped for text and attributes; characters that XML 1.0 cannot hold become ``?``."""
    text = "".join(c if _allowed(c) else "?" for c in text)
    for raw, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(raw, escaped)
    return text


def _allowed(c: str) -> bool:
    return c in "\t\n\r" or (c >= " " and not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")
