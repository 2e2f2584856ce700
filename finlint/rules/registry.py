"""All rules, and the order in which they are asked. A rule is known by standing in a module of this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from finlint import rules
from finlint.analysis.properties.asked_in_vain import of_finalizer as of_finalizer_in_vain
from finlint.analysis.properties.kept_alive import kept_until_exit
from finlint.model.finding import Confidence, Finding, Severity
from finlint.model.limits import CODE_DEPTH
from finlint.rules.base.reaching import Reached, Reaches, is_certain, kept
from finlint.rules.base.rule import FinalizerPass, FinalizerRule, ModulePass, ModuleRule, Rule

#: What a rule must say; the rest of ``Rule`` has a value for those who say nothing.
_REQUIRED = ("code", "kind", "summary", "why", "advice", "not_reported", "evidence")


class DeclarationError(TypeError):
    """A rule that does not say all that it must, or says it twice: a fault in this package, never in what is linted."""


def _declared() -> Iterator[Rule[Any]]:
    for found in pkgutil.iter_modules(rules.__path__):
        if found.ispkg or f"{rules.__name__}.{found.name}" == __name__:
            continue
        module = importlib.import_module(f"{rules.__name__}.{found.name}")
        for value in list(vars(module).values()):
            if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
                missing = [name for name in _REQUIRED if not hasattr(value, name)]
                if missing:
                    raise DeclarationError(f"{module.__name__}.{value.__name__} does not say its {', '.join(missing)}")
                yield value()


def _by_code() -> dict[str, Rule[Any]]:
    out: dict[str, Rule[Any]] = {}
    for rule in sorted(_declared(), key=lambda rule: rule.code):
        if rule.code in out or any(rule.kind == other.kind for other in out.values()):
            raise DeclarationError(f"{rule.code} ({rule.kind}) is declared twice")
        out[rule.code] = rule
    return out


#: code -> rule, in the order in which rules are listed.
RULES: dict[str, Rule[Any]] = _by_code()

_REACHES = [rule for rule in RULES.values() if isinstance(rule, Reaches)]
_OF_FINALIZER = [rule for rule in RULES.values() if isinstance(rule, FinalizerRule)]
#: Ends the message of what is said of a finalizer that runs then.
_AT_EXIT_ONLY = " (at exit only: FIN301)"
#: Ends the message of what comes of a weak reference to the object itself: at exit it may be alive.
_IN_VAIN = " (not before exit: the weak reference is dead by then)"
#: What fails at exit.
_AT_EXIT = "FIN202"
_OF_MODULE = [rule for rule in RULES.values() if isinstance(rule, ModuleRule)]


def of_reached(reached: Reached) -> list[Finding]:
    """What one finalizer comes to by calls; notes where it never runs before exit, which is FIN301."""
    finalizer = reached.finalizer
    all_found = chain.from_iterable(rule.run(reached) for rule in _REACHES)
    found = list(kept(filter(is_certain, all_found) if reached.is_generator else all_found))
    # Who keeps the instances is a search in the package, and asked only where there is something to say.
    if found and finalizer.owner is not None and any(kept_until_exit(finalizer.owner, reached.summaries.evaluator)):
        return [_as_note(finding, _AT_EXIT_ONLY) for finding in found]
    if found and finalizer.registration is not None and _is_in_vain(reached):
        return [finding if finding.code == _AT_EXIT else _as_note(finding, _IN_VAIN) for finding in found]
    return found


def _is_in_vain(reached: Reached) -> bool:
    """Whether the callback asks a weak reference for the object that has died, and does nothing else."""
    found = of_finalizer_in_vain(reached.finalizer, reached.summaries.evaluator)
    return found is not None and not found.error


def at_exit(reached: Iterable[Finding], by_itself: Iterable[Finding]) -> Iterator[Finding]:
    """What a finalizer comes to, where what is wrong with it ``by_itself`` says that it does not run before exit: notes
    then, as it would be a function of ``atexit``, but for what is about the exit."""
    kept_until_exit = any(f.code == "FIN301" and f.confidence is Confidence.HIGH for f in by_itself)
    for finding in reached:
        yield _as_note(finding, _AT_EXIT_ONLY) if kept_until_exit and finding.code != _AT_EXIT else finding


def _as_note(finding: Finding, ending: str) -> Finding:
    """A finding as a note whose message ends by saying why it is one."""
    if finding.message.endswith(ending):
        return finding
    return finding._replace(severity=Severity.NOTE, message=f"{finding.message}{ending}")


def of_finalizer(about: FinalizerPass) -> Iterator[Finding]:
    """What is wrong with one finalizer by itself."""
    for rule in _OF_FINALIZER:
        yield from _within_reach(rule.run(about))


def of_module(about: ModulePass) -> Iterator[Finding]:
    """What is wrong with one module."""
    for rule in _OF_MODULE:
        yield from _within_reach(rule.run(about))


def _within_reach(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Code may nest more deeply than Python can follow: what a rule has found until then stands."""
    try:
        yield from findings
    except RecursionError:
        CODE_DEPTH.hit()
