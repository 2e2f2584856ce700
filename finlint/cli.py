"""``finlint PATH...``: arguments in, report out, exit status 0, 1 or 2."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from finlint.config import ConfigError, ConfigFinder, confidence_of, default_cache_dir, severity_of
from finlint.knowledge.entries import KnowledgeError
from finlint.lint import Outcome, Overrides, Policies, Texts, analyse, merged_settings
from finlint.model.finding import FileError, Finding, Report, Summary
from finlint.model.settings import Settings
from finlint.options import COMMANDS, main_parser, split, use_utf8
from finlint.report.formats import FORMATS, READABLE, render
from finlint.report.view import View
from finlint.selection import UnknownCodeError, codes_of
from finlint.syntax.discover import discover

if TYPE_CHECKING:
    from finlint.model.task import Statistics

#: A run that is shorter needs no progress bar.
PATIENCE = 1.0


class UsageError(Exception):
    """What is wrong with the arguments, in one line."""


def run(arguments: Sequence[str]) -> int:
    """The whole command. Never raises but for SystemExit of the argument parser."""
    use_utf8()
    verbose = "--verbose" in arguments or "-v" in arguments
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader (`| head`) has seen enough. What is left in the buffer must not fail at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    except (UsageError, ConfigError, UnknownCodeError, KnowledgeError) as error:
        say(f"finlint: error: {' '.join(str(error).split())}")
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        say(f"finlint: error: {where}{error.strerror or error}")
        return 2
    except Exception as error:
        if verbose:
            import traceback

            traceback.print_exc()
        hint = "" if verbose else "; --verbose shows where"
        say(f"finlint: internal error: {type(error).__name__}: {' '.join(str(error).split())}{hint}; please report it")
        return 2


def _run(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        # The commands, like baselines and file outputs below, load what most runs have no use for.
        from finlint.commands import run_command

        return run_command(arguments[0], arguments[1:])
    options = main_parser().parse_args(arguments)
    command = Command(options)
    return command.watch() if options.watch else command.once()


def say(line: str) -> None:
    """One line to standard error, which may be closed."""
    try:
        print(line, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        pass


class Command:
    """One invocation: its options, and what is made from them once."""

    def __init__(self, options: Namespace) -> None:
        """Raises UsageError, ConfigError, UnknownCodeError."""
        self.options = options
        self.outputs = _outputs(options)
        select, ignore, extend = split(options.select), split(options.ignore), split(options.extend_select)
        for name, selectors in (("--select", select), ("--ignore", ignore), ("--extend-select", extend)):
            for selector in selectors or ():
                try:
                    codes_of(selector)
                except UnknownCodeError as error:
                    raise UsageError(f"{name}: {error}") from None
        try:
            least = None if options.min_severity is None else severity_of(options.min_severity)
        except ConfigError as error:
            raise UsageError(f"--min-severity {error}") from None
        try:
            sure = None if options.min_confidence is None else confidence_of(options.min_confidence)
        except ConfigError as error:
            raise UsageError(f"--min-confidence {error}") from None
        self.overrides = Overrides(
            select, ignore or (), extend or (), least, sure, split(options.exclude), split(options.extend_exclude) or ()
        )
        if options.isolated and options.config:
            raise UsageError("--isolated and --config exclude each other")
        if options.baseline and options.write_baseline:
            raise UsageError("--baseline and --write-baseline exclude each other: writing takes all findings")
        paths = options.paths or ["."]
        if "-" in paths and len(paths) > 1:
            raise UsageError("`-` reads standard input, and stands alone")
        if "-" in paths and (options.watch or options.add_ignore):
            raise UsageError("standard input can be neither watched nor changed")
        if options.unsafe_fixes and not (options.fix or options.diff):
            raise UsageError("--unsafe-fixes says which fixes: --fix writes them, --diff shows them")
        if (options.fix or options.diff) and (options.add_ignore or options.write_baseline):
            raise UsageError("--fix and --diff come first: run again with --add-ignore or --write-baseline")
        if options.stdin_filename and "-" not in paths:
            raise UsageError("--stdin-filename goes with `-`, which reads standard input")
        self.paths: list[str] = paths

    # -- running

    def once(self) -> int:
        """Lint and report. Returns the exit status; raises what ``run`` turns into a line."""
        options = self.options
        started = time.perf_counter()
        finder = ConfigFinder(isolated=options.isolated, explicit=options.config)
        policies = Policies(finder, self.overrides)
        here = finder.of_folder(os.getcwd())
        force = options.force_exclude or here.force_exclude
        overlay: dict[str, bytes] = {}
        missing: tuple[str, ...] = ()
        errors: tuple[FileError, ...] = ()
        stamps = None
        if self.paths == ["-"]:
            name = options.stdin_filename or "<stdin>"
            overlay[name] = sys.stdin.buffer.read()
            found = discover([name], policies.excluder_of, force_exclude=force) if os.path.exists(name) else None
            files: tuple[str, ...] = (name,) if found is None or found.files else ()
        else:
            found = discover(
                self.paths,
                policies.excluder_of,
                force_exclude=force,
                respect_gitignore=here.respect_gitignore and not options.no_respect_gitignore,
            )
            files, errors, missing, stamps = found
        for path in missing:
            say(f"finlint: error: no such file or folder: `{path}`{self._meant(path)}")
        if options.show_files:
            for file in files:
                print(file)
            return 2 if missing else 0
        if not files and not errors:
            if not missing and not force:
                say(f"finlint: warning: no Python files in {', '.join(self.paths)}")
            if missing:
                return 2
        discovered = time.perf_counter()
        policies.of_files(files)
        configs = finder.all()
        settings = merged_settings(
            configs,
            Settings(prefilter=not options.no_prefilter, jobs=options.jobs),
            follow_installed=options.follow_installed,
            cache_dir=self._cache_dir([c.cache_dir for c in configs]),
        )
        texts = Texts(overlay)
        progress = Progress.on(sys.stderr)
        done: list[Statistics] = []
        try:
            outcome = analyse(
                files,
                policies,
                settings,
                texts,
                overlay=overlay,
                progress=progress,
                errors=errors,
                statistics=done.append if options.verbose else None,
                stamps=stamps,
            )
        finally:
            if progress is not None:
                progress.close()
        analysed = time.perf_counter()
        if options.fix or options.diff:

            def lint(changed: Mapping[str, bytes]) -> Outcome:
                now = {**overlay, **changed}
                return analyse(files, policies, settings, Texts(now), overlay=now, errors=errors)

            status = self._fix(outcome, texts, files, lint, here.baseline)
        else:
            status = self._finish(outcome, texts, here.baseline)
        if options.verbose:
            summary = outcome.report.summary
            read = ", ".join(dict.fromkeys(c.origin for c in configs if c.origin)) or "none"
            say(f"configuration: {read}")
            say(f"files: {summary.files}, analysed: {summary.analysed}, registrations: {summary.registrations}")
            for statistics in done:
                work = statistics.work
                say(
                    f"read {statistics.files} files, {statistics.bytes} bytes;"
                    f" {statistics.candidates} may hold a finalizer;"
                    f" {statistics.tasks} questions, {statistics.kept} of them answered from the cache"
                )
                say(
                    f"parsed {work.outlined} characters for outlines, {work.sliced} in slices, {work.checked} to check"
                    f" their syntax, {work.libcst} with LibCST; ran {statistics.frames} bodies;"
                    f" {statistics.workers or 'no'} worker processes"
                )
            say(f"found files in {discovered - started:.3f} s, analysed them in {analysed - discovered:.3f} s")
        return 2 if missing else status

    def _meant(self, path: str) -> str:
        """What may have been meant by a path that is not there."""
        if path in COMMANDS:
            return f"; the command `{path}` comes first: `finlint {path} ...`"
        if path in ("check", "lint", "run"):
            return "; linting needs no command: `finlint PATH`"
        if path in ("help", "version"):
            return f"; try `finlint --{path}`"
        try:
            codes_of(path)
        except UnknownCodeError:
            return _near(path)
        return f"; to read about a rule: `finlint rule {path}`"

    def _cache_dir(self, configured: Sequence[str | None]) -> str | None:
        if self.options.no_cache:
            return None
        named: str | None = self.options.cache_dir
        return named or next((path for path in configured if path), None) or default_cache_dir()

    # -- what comes after the analysis

    def _finish(
        self,
        outcome: Outcome,
        texts: Texts,
        configured_baseline: str | None,
        fixed: Sequence[str] = (),
        stream: TextIO | None = None,
    ) -> int:
        """Report what is wanted of ``outcome``; ``fixed`` are lines that the summary says before and after its own."""
        options = self.options
        report = self._touched(outcome.report)
        if options.write_baseline:
            from finlint import atomic, baseline

            view = View(report, os.getcwd(), texts.lines)
            atomic.write_bytes(options.write_baseline, baseline.write(view).encode())
            count = len(report.findings)
            say(f"Wrote {count} finding{'s' * (count != 1)} to {options.write_baseline}")
            return 0
        report = self._unknown(report, texts, configured_baseline)
        if options.add_ignore:
            return _add_ignore(report, texts)
        view = View(report, os.getcwd(), texts.lines)
        self._write(view, outcome.suppressed, fixed, stream or sys.stdout)
        return 1 if (report.findings or report.errors) and not options.exit_zero else 0

    def _touched(self, report: Report) -> Report:
        """What ``--diff-base`` leaves."""
        if not self.options.diff_base:
            return report
        from finlint.changes import Changes, ChangesError

        try:
            changes = Changes(self.options.diff_base)
        except ChangesError as error:
            revision = self.options.diff_base
            raise UsageError(f"--diff-base {revision}: {error}; name a revision of the repository, as `HEAD`") from None
        report = _only(report, tuple(f for f in report.findings if changes.touch(f)))
        return report._replace(errors=tuple(e for e in report.errors if changes.touch(e)))

    def _unknown(self, report: Report, texts: Texts, configured_baseline: str | None, *, quiet: bool = False) -> Report:
        """What the baseline does not hold; says on standard error which of its entries no longer occur."""
        known = self.options.baseline or configured_baseline
        if not known:
            return report
        from finlint import baseline

        try:
            fresh, gone = baseline.subtract(View(report, os.getcwd(), texts.lines), baseline.read(known))
        except baseline.BaselineError as error:
            raise UsageError(str(error)) from None
        if gone and not self.options.diff_base and not quiet:
            say(f"finlint: note: {len(gone)} of {known} no longer occur; `--write-baseline {known}` drops them:")
            for entry in gone:
                say(f"  {entry.path}: {entry.code} {entry.message}")
        return _only(report, fresh)

    def _fix(
        self,
        outcome: Outcome,
        texts: Texts,
        files: Sequence[str],
        lint: Callable[[Mapping[str, bytes]], Outcome],
        configured_baseline: str | None,
    ) -> int:
        """Mend what would be reported; write it, or print the difference."""
        from functools import cache

        from finlint import atomic, fixing

        options = self.options
        read = cache(texts.data)
        wanted = self._unknown(self._touched(outcome.report), texts, configured_baseline, quiet=True).findings
        done = fixing.fix(outcome, wanted, files, read, lint, unsafe=options.unsafe_fixes)
        view = View(_EMPTY, os.getcwd(), texts.lines)
        more = f"{done.more} fixable with --unsafe-fixes." if done.more else ""
        if options.diff:
            for path, data in sorted(done.texts.items()):
                sys.stdout.write(fixing.diff(view.path(path), read(path), data))
            sys.stdout.flush()
            say(f"Would fix {_count(len(done.fixed), 'finding')}." if done.fixed else "Nothing to fix.")
            if more:
                say(more)
            return 1 if done.texts and not options.exit_zero else 0
        fixed = (
            f"Fixed {_count(len(done.fixed), 'finding')} in {_count(len(done.texts), 'file')}." if done.fixed else ""
        )
        after = Texts(done.texts)
        if self.paths == ["-"]:
            # The text is what was asked for; what is said about it goes elsewhere.
            name = next(iter(files), "")
            text = done.texts.get(name, read(name)) if name else b""
            after = Texts({name: text})
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
            return self._finish(done.outcome, after, configured_baseline, (fixed, more), sys.stderr)
        for path, data in sorted(done.texts.items()):
            if texts.data(path) != read(path):
                raise UsageError(f"{view.path(path)} has changed in the meantime, and is left alone: run again")
            atomic.write_bytes(path, data)
        return self._finish(done.outcome, after, configured_baseline, (fixed, more))

    def _write(self, view: View, suppressed: int, fixed: Sequence[str], stream: TextIO) -> None:
        readable = False
        for name, target in self.outputs:
            colored = view._replace(color=use_color(self.options.color, stream) and target is None)
            text = _statistics(name, view) if self.options.statistics else render(name, colored)
            if target is None:
                stream.write(text)
                readable = name in READABLE
            else:
                from finlint import atomic

                atomic.write_bytes(target, text.encode("utf-8", "backslashreplace"))
        line = "\n".join(filter(None, [*fixed[:1], _summary(view.report, suppressed), *fixed[1:]]))
        if readable and self.outputs[0][0] == "text" and not self.options.statistics:
            print(line, file=stream)
        elif readable or all(target is not None for _, target in self.outputs):
            stream.flush()
            say(line)

    # -- watching

    def watch(self) -> int:
        """Lint, then again after each change, until interrupted."""
        try:
            from watchfiles import watch
        except ImportError:
            raise UsageError('--watch needs watchfiles: pip install "flake8-finlint[watch]"') from None
        self._safely()
        roots = [path for path in self.paths if os.path.exists(path)]
        if not roots:
            return 2
        for changes in watch(*roots, raise_interrupt=True):
            changed = [path for _, path in changes if path.endswith((".py", ".toml")) or path in self.paths]
            if changed:
                # Everything again: only so is what depends on the changed files right, and the cache makes it cheap.
                shown = View(_EMPTY, os.getcwd(), lambda path: [])
                say(f"\n{len(changed)} changed: {', '.join(sorted({shown.path(path) for path in changed})[:5])}")
                self._safely()
        return 0

    def _safely(self) -> None:
        """A wrong configuration while it is being edited must not end the watch."""
        try:
            self.once()
            sys.stdout.flush()
        except (ConfigError, UnknownCodeError, KnowledgeError) as error:
            say(f"finlint: error: {error}")


_EMPTY = Report((), (), Summary(0, 0, 0, 0))


def _near(path: str) -> str:
    """The entry of the path's folder, or the command, that is spelled nearly like it."""
    import difflib

    folder, name = os.path.split(path)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"; the folder `{folder}` is not there either"
    if near := difflib.get_close_matches(name, names, 1):
        return f", did you mean `{os.path.join(folder, near[0])}`?"
    near = difflib.get_close_matches(path, COMMANDS, 1)
    return f", did you mean the command `finlint {near[0]}`?" if near else ""


def _outputs(options: Namespace) -> list[tuple[str, str | None]]:
    """(format, file or None for standard output), the main one first."""
    target = None if options.output_file in (None, "-") else options.output_file
    outputs: list[tuple[str, str | None]] = [(options.output_format, target)]
    for value in options.output or ():
        name, equals, path = value.partition("=")
        if name not in FORMATS or not equals or not path:
            raise UsageError(f"--output {value}: must be FORMAT=FILE, the format one of {', '.join(FORMATS)}")
        outputs.append((name, path))
    return outputs


def _only(report: Report, findings: tuple[Finding, ...]) -> Report:
    return report._replace(findings=findings, summary=report.summary._replace(findings=len(findings)))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _summary(report: Report, suppressed: int) -> str:
    summary = report.summary
    scope = f"{_count(summary.files, 'file')}, {_count(summary.registrations, 'registration')}"
    hidden = f", {suppressed} suppressed" if suppressed else ""
    if not report.findings and not report.errors:
        return f"No findings ({scope}{hidden})."
    what = []
    if report.findings:
        places = len({finding.path for finding in report.findings})
        what.append(f"{_count(len(report.findings), 'finding')} in {_count(places, 'file')}")
    if report.errors:
        what.append(_count(len(report.errors), "unreadable file"))
    return f"Found {' and '.join(what)} ({scope}{hidden})."


def _statistics(name: str, view: View) -> str:
    counts: dict[str, int] = {}
    for finding in view.report.findings:
        counts[finding.code] = counts.get(finding.code, 0) + 1
    if view.report.errors:
        counts["FIN901"] = counts.get("FIN901", 0) + len(view.report.errors)
    from finlint.report.rule_text import rule_text

    rows = [(count, rule_text(code)) for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    if name not in READABLE:
        import json

        return json.dumps([{"code": r.code, "kind": r.kind, "count": count} for count, r in rows], indent=2) + "\n"
    width = max((len(str(count)) for count, _ in rows), default=1)
    return "".join(f"{count:>{width}}  {r.code}  {r.kind:<18}  {r.summary}\n" for count, r in rows)


def _add_ignore(report: Report, texts: Texts) -> int:
    """Write a comment for each finding: on its line, or where none fits there, on its last or the registration's."""
    from finlint import atomic
    from finlint.syntax.reading import decode
    from finlint.syntax.suppressions import insert

    wanted: dict[str, dict[int, list[str]]] = {}
    for finding in report.findings:
        wanted.setdefault(finding.path, {}).setdefault(finding.span.line, []).append(finding.code)
    written, lost = 0, 0
    for path, lines in sorted(wanted.items()):
        data = texts.data(path)
        encoding, text = _decoded(data)
        if text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff") != decode(data):
            lost += len(lines)
            continue
        changed, rest = insert(text, lines)
        for line in rest:
            say(f"finlint: warning: {path}:{line}: no place for a comment at the end of this line")
        written += len(lines) - len(rest)
        lost += len(rest)
        if changed != text:
            atomic.write_bytes(path, changed.encode(encoding))
    say(f"Wrote {written} comment{'' if written == 1 else 's'}" + (f", {lost} found no place" if lost else ""))
    return 1 if lost or report.errors else 0


def _decoded(data: bytes) -> tuple[str, str]:
    import io
    import tokenize

    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return encoding, data.decode(encoding)


# -- the terminal


def use_color(choice: str, stream: TextIO) -> bool:
    """Whether to colour: the option first, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """A bar on a terminal, once the run has taken longer than PATIENCE."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._drawn = 0.0
        self._shown = False

    @classmethod
    def on(cls, stream: TextIO) -> Progress | None:
        return cls(stream) if stream is not None and stream.isatty() else None

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._started < PATIENCE or now - self._drawn < 0.1 or not total:
            return
        self._drawn, self._shown = now, True
        filled = 30 * done // total
        self._stream.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total}\x1b[K")
        self._stream.flush()

    def close(self) -> None:
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
