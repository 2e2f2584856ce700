"""Where a module's text may name a registrar: decided by words, before anything is evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlint.analysis.nodes import ModuleNode, word_starts
from finlint.model import ir


def mentioned_at(module: ModuleNode, words: frozenset[str], everyday: frozenset[str] = frozenset()) -> Iterator[int]:
    """The lines where ``module`` may name a registrar by one of ``words``, or by what it calls them.

    ``everyday`` words (``ref``, ``proxy``) have many meanings: they count where an import brings them, or as an
    attribute of what an import brings. What certainly registers nothing (``ref(x)`` without a callback, an import, an
    ``isinstance``) does not count.
    """
    text = module.source.text
    names = set(words)
    if not any(word in text for word in _WORDS_OF_GC):
        # Keras and its kin have callbacks of their own.
        names.discard("callbacks")
    attributes = {word for word in names & everyday if not _imports(text, word)}
    names -= attributes
    names |= _own_names(module, words)
    names.discard("")
    forms = []
    if names:
        forms.append(r"\b(?:" + "|".join(sorted(map(re.escape, names))) + r")\b")
    if attributes:
        # Of a chain, ``multiprocessing.util.Finalize``, at least one part has to be a module's name.
        forms.append(r"(?<![\w.])((?:\w+\s*\.\s*)+)(?:" + "|".join(sorted(map(re.escape, attributes))) + r")\b")
    if not forms:
        return
    imported = imported_names(text) if attributes else frozenset()
    line, at = 1, 0
    for match in re.finditer("|".join(forms), text):
        if attributes and match[1] and not any(p in imported or "weakref" in p for p in _WORD.findall(match[1])):
            continue
        if registers_nothing(text, match.start(), match.end()):
            continue
        line += text.count("\n", at, match.start())
        at = match.start()
        yield line


#: One of these stands in every file that names the collector's module.
_WORDS_OF_GC = ("gc.callbacks", "gc import", "gc as ", "import gc")

#: Registrars whose callback may be left out: it is the second argument.
_OPTIONAL = frozenset({"ref", "proxy", "ReferenceType", "WeakMethod"})


def registers_nothing(text: str, start: int, end: int) -> bool:
    """Whether the mention of a registrar at ``text[start:end]`` (a chain of names) is none of a registration.

    Sure by what stands around it, and False where it is not: an import that gives no other name, the class in
    ``isinstance(x, ref)``, an annotation ``ref[T]``, and ``ref(x)``, which has no callback.
    """
    first = text.rfind("\n", 0, start) + 1
    before = text[first:start]
    after = text[end : end + 1]
    if after == "(":
        return text[start:end].rpartition(".")[2].strip() in _OPTIONAL and _is_single_argument(text, end)
    if _IMPORTING.match(before):
        rest = text[end : end + 4]
        return rest.split() != ["as"] and not rest.startswith(" as ")
    if after == "[":
        close = text.find("]", end)
        return close >= 0 and "\n" not in text[end:close] and text[close + 1 : close + 2] != "("
    asked = before.rfind("isinstance(")
    if asked >= 0 and after in (")", ",", " "):
        return before.count("(", asked) > before.count(")", asked) and "lambda" not in before[asked:]
    return False


_IMPORTING = re.compile(r"[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import\b[^#;]*\Z")

#: Longer arguments are rare, and looked at as a whole later.
_MAX_ARGUMENT = 200


def _is_single_argument(text: str, opening: int) -> bool:
    """Whether the parentheses that open at ``opening`` hold exactly one argument, neither spliced nor by name."""
    depth = 0
    for at in range(opening, min(opening + _MAX_ARGUMENT, len(text))):
        character = text[at]
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth == 0:
                return bool(text[opening + 1 : at].strip())
        elif character in "\"'#":
            return False
        elif depth == 1:
            if character == "*":
                return False
            if character == "=" and text[at + 1] != "=" and text[at - 1] not in "=!<>:":
                return False
            if character == ",":
                return text[at + 1 : at + 1 + _MAX_ARGUMENT].lstrip()[:1] == ")"
    return False


def imported_names(text: str) -> frozenset[str]:
    """Names that import statements of the text may bind, those within functions included, and what renames them."""
    names: set[str] = set()
    for match in _IMPORT.finditer(text):
        names.update(_WORD.findall(match[1]))
    for name, value in _RENAMED.findall(text):
        if value in names:
            names.add(name)
    return frozenset(names)


_WORD = re.compile(r"\w+")
#: What stands after the word ``import``, to the end of the statement; comments with that word do no harm.
_IMPORT = re.compile(r"\bimport\b[ \t]*(\([^)]*\)|(?:[^\n\\]|\\\n)*)")
#: ``w = weakref``, also as a default value and as an attribute.
_RENAMED = re.compile(r"\b(\w+)[ \t]*=[ \t]*(\w+)[ \t]*(?=[,)\n#;]|$)")


def _own_names(module: ModuleNode, words: frozenset[str]) -> set[str]:
    """What the module calls them: ``from weakref import ref as weak``, ``on_death = weakref.finalize``, a subclass."""
    names: set[str] = set()
    for binding in module.source.facts.bindings:
        stmt = binding.stmt
        if isinstance(stmt, ir.ImportFrom) and stmt.names[0][0] in words:
            names.add(stmt.names[0][1])
        if binding.kind == "assign" and binding.end_line - binding.line < 3:
            text = module.source.slice_text(binding.line, binding.end_line)
            if any(re.search(rf"\b{re.escape(w)}\s*$", text) for w in words):
                names.add(binding.name)
        elif binding.cls is not None and binding.cls.bases:
            header = module.source.slice_text(binding.line, min(binding.line + 2, binding.end_line))
            if any(re.search(rf"\b{re.escape(w)}\b", header) for w in words):
                names.add(binding.name)
    return names


def _imports(text: str, word: str) -> bool:
    """Whether an import statement of the text may bind ``word`` (alone on its line: within parentheses)."""
    for start in word_starts(text, word):
        first = text.rfind("\n", 0, start) + 1
        last = text.find("\n", start)
        before, after = text[first:start], text[start + len(word) : last if last >= 0 else len(text)]
        if "import" in before.partition("#")[0].split():
            return True
        if not before.strip() and first and _REST_OF_IMPORT.fullmatch(after):
            return True
    return False


_REST_OF_IMPORT = re.compile(r"\s*(?:as\s+\w+\s*)?,?\s*\)?\s*")
