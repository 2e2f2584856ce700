"""Which codes report: selectors (codes, prefixes, kinds) to a set of codes."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from finlint.model.codes import CODE_OF_KIND, DEFAULT_CODES, KIND_OF_CODE


class UnknownCodeError(ValueError):
    """A selector that matches no rule; the text names the nearest one."""


def codes_of(selector: str) -> frozenset[str]:
    """The codes that a code, a prefix of codes, a kind or ``ALL`` stands for. Raises UnknownCodeError."""
    selector = selector.strip()
    if selector.upper() == "ALL":
        return frozenset(KIND_OF_CODE)
    if selector in CODE_OF_KIND:
        return frozenset({CODE_OF_KIND[selector]})
    upper = selector.upper()
    found = frozenset(code for code in KIND_OF_CODE if upper.startswith("F") and code.startswith(upper))
    if not found:
        raise UnknownCodeError(f"unknown rule `{selector}`{_nearest(selector)}; `finlint rule --all` lists the rules")
    return found


def selected(
    select: Iterable[str] | None,
    ignore: Iterable[str] = (),
    extend_select: Iterable[str] = (),
    base: Collection[str] = DEFAULT_CODES,
) -> frozenset[str]:
    """The codes that report. The more specific selector wins; of two alike, ``ignore`` does.

    ``base`` is what reports where ``select`` is None. Raises UnknownCodeError.
    """
    chosen = set(base) if select is None else set()
    wanted = [(selector, True) for selector in (*(select or ()), *extend_select)]
    wanted += [(selector, False) for selector in ignore]
    # Sorted by how specific: "FIN" before "FIN1" before "FIN102"; True before False, so that ignoring comes last.
    for selector, adds in sorted(wanted, key=lambda item: (_weight(item[0]), not item[1])):
        if adds:
            chosen |= codes_of(selector)
        else:
            chosen -= codes_of(selector)
    return frozenset(chosen)


def _weight(selector: str) -> int:
    if selector.strip().upper() == "ALL":
        return 0
    return 6 if selector in CODE_OF_KIND else len(selector)


def _nearest(selector: str) -> str:
    import difflib

    words = [*KIND_OF_CODE, *CODE_OF_KIND]
    near = difflib.get_close_matches(selector, words, 1, 0.5) or difflib.get_close_matches(
        selector.upper(), words, 1, 0.5
    )
    return f", did you mean `{near[0]}`?" if near else ""
