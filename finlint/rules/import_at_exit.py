"""FIN406: an import in a finalizer, which fails while the interpreter exits."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.escaping_exceptions import imports
from finlint.analysis.properties.lost_reference import REFERENCES
from finlint.model.finding import Culprit, Finding, Hop
from finlint.rules.base.describe import describe
from finlint.rules.base.rule import DEL, FinalizerPass, FinalizerRule


class ImportAtExit(FinalizerRule):
    code = "FIN406"
    kind = "import-at-exit"
    default = False
    claims = ("raised",)

    summary = "imports a module, which fails while the interpreter exits"
    why = (
        "What is still alive at exit is finalized when the import system is gone: `import` raises `ImportError: "
        "sys.meta_path is None, Python is likely shutting down`, also of modules that were imported before, and the "
        "rest of the finalizer is left out. Before that, the first import of a module runs its body in the middle of "
        "whatever was interrupted, and takes the module's import lock."
    )
    example = """
        class Client:
            def __del__(self):
                import asyncio

                asyncio.get_event_loop_policy()
    """
    advice = "Import at the top of the module; what the finalizer needs then, keep in a default value or an attribute."
    fix = """
        import asyncio


        class Client:
            def __del__(self, policy=asyncio.get_event_loop_policy):
                policy()
    """
    not_reported = (
        "Imports whose ImportError is caught or suppressed, those in functions that ask `sys.is_finalizing()` or look "
        "at `sys.meta_path`, those in a handler, and callbacks of `weakref.finalize`, `multiprocessing.util.Finalize` "
        "and `finlint.runtime`: these run before the import system goes, or not at all."
    )
    evidence = (
        DEL,
        "https://github.com/googleapis/python-genai/issues/1432",
        "https://github.com/ray-project/ray/issues/35304",
        "https://github.com/aiidateam/aiida-core/issues/5316",
        "https://github.com/python/cpython/issues/91577",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, summaries = about
        if finalizer.registration is not None and finalizer.registrar not in REFERENCES:
            return
        reported: set[object] = set()
        for edge in finalizer.summary.edges:
            for found in imports(edge.target, evaluator, summaries):
                if (found.path, found.span) in reported:
                    continue
                reported.add((found.path, found.span))
                here = found.path == finalizer.module.path
                path, span = (found.path, found.span) if here else (found.at_path, found.at)
                says = f"imports `{found.what}`, which raises ImportError while the interpreter exits"
                finding = self.finding(
                    finalizer,
                    f"{describe(finalizer)} {says}",
                    culprit=f"import {found.what}",
                    path=path,
                    span=span,
                )
                place = found.path, found.span.line, found.span.column
                if (found.path, found.span) != (found.at_path, found.at):
                    way = Hop(found.at_path, found.at.line, found.at.column, "the call that imports it")
                    finding = finding._replace(trace=(way, Hop(*place, f"import {found.what}")))
                yield finding._replace(culprit=Culprit(f"import {found.what}", *place))
