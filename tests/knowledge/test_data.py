"""The data files: every table parses, refers to names that exist, and there is enough of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tools import load

from finlint.knowledge.base import Knowledge
from finlint.knowledge.entries import Entry
from finlint.knowledge.libraries import COMPILED, Compiled
from finlint.knowledge.parse import Library
from finlint.knowledge.types import head
from finlint.model.codes import BLOCKING_KINDS

compiler = load("knowledge")
FILES = compiler.library_files()


@pytest.fixture(scope="module")
def libraries() -> dict[str, Library]:
    """ "group/name" -> what the file says."""
    return {f"{path.parent.name}/{path.stem}": compiler.read_library(path) for path in FILES}


@pytest.fixture(scope="module")
def entries(libraries: dict[str, Library]) -> dict[str, Entry]:
    return {name: entry for library in libraries.values() for name, entry in library.entries.items()}


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return Knowledge()


def _says_something(entry: Entry) -> bool:
    """The entry is about behaviour, not only about types."""
    return bool(
        entry.kind
        or entry.handoff
        or entry.starts_thread
        or entry.releases
        or entry.calls
        or entry.drives
        or entry.consumes
        or entry.makes_nonblocking
        or entry.makes_bounded
    )


def test_there_is_enough(libraries: dict[str, Library]) -> None:
    behaviour = {
        group: sum(
            _says_something(entry)
            for key, library in libraries.items()
            if key.startswith(group)
            for entry in library.entries.values()
        )
        for group in ("stdlib/", "thirdparty/")
    }
    assert behaviour["stdlib/"] >= 350
    assert behaviour["thirdparty/"] >= 150
    assert sum(key.startswith("thirdparty/") for key in libraries) >= 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_file_begins_with_what_it_holds(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# "), "a comment that says what the library is and where the claims come from"


def test_names_stand_in_the_file_of_their_library(libraries: dict[str, Library]) -> None:
    for key, library in libraries.items():
        stem = key.rpartition("/")[2]
        wrong = [name for name in library.entries if name.partition(".")[0].lstrip("_") != stem.lstrip("_")]
        assert not wrong, key


def test_kinds_are_those_of_the_rules(entries: dict[str, Entry]) -> None:
    assert {entry.kind for entry in entries.values()} - {""} <= BLOCKING_KINDS
    assert BLOCKING_KINDS - {entry.kind for entry in entries.values()} == {"busy-loop"}


def test_parameters_that_fields_name_exist(entries: dict[str, Entry]) -> None:
    for entry in entries.values():
        parameters = {parameter.lstrip("*") for parameter in entry.parameters}
        named = {item.parameter for item in (*entry.nonblocking, *entry.only_if, *entry.makes_nonblocking)}
        named |= {item.parameter for item in entry.defaults} | {item[0].parameter for item in entry.returns_if}
        named |= {*entry.calls, *entry.drives, *entry.consumes, *entry.nonblocking_given}
        named |= {entry.bound, entry.makes_bounded, entry.bounds_result} - {""}
        assert named <= parameters, entry.name
        if entry.returns.gives not in ("type", "unknown", "receiver", "held"):
            assert entry.returns.name in parameters, entry.name


def test_constructor_parameters_that_methods_name_exist(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    for entry in entries.values():
        named = {item.parameter for item in (*entry.receiver_nonblocking, *entry.receiver_only_if)}
        named |= {item.partition(".")[0] for item in entry.receiver_calls} | {entry.kind_from_receiver} - {""}
        if named:
            owner = knowledge.entry(entry.name.rpartition(".")[0])
            assert owner is not None
            assert named <= {parameter.lstrip("*") for parameter in owner.parameters}, entry.name


def test_no_reference_is_orphaned(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    for entry in entries.values():
        for reference in (entry.enter, entry.exit, entry.iterate):
            assert not reference or knowledge.entry(reference) is not None, (entry.name, reference)
        for base in entry.bases:
            assert knowledge.is_class(base) or knowledge.entry(base) is not None, (entry.name, base)


def test_methods_have_a_class(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    # A module whose name is capitalised, such as PIL.Image, holds classes itself.
    modules = {name.rpartition(".")[0] for name in entries if knowledge.is_class(name)}
    for name in entries:
        owner = name.rpartition(".")[0]
        if owner.rpartition(".")[2][:1].isupper() and "." in owner and owner not in modules:
            known = knowledge.entry(owner)
            assert knowledge.is_class(owner) or (known is not None and known.type), name


def test_entries_are_found_by_their_own_name(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    for name, entry in entries.items():
        assert knowledge.canonical(name) == name
        assert knowledge.entry(name) == entry


def test_aliases_lead_to_entries(libraries: dict[str, Library], knowledge: Knowledge) -> None:
    for library in libraries.values():
        for alias, target in library.aliases.items():
            assert alias not in library.entries, alias
            assert knowledge.canonical(alias) == knowledge.canonical(target), alias
            known = knowledge.entry(target) is not None or knowledge.returns(target)
            assert known or knowledge.knows_module(target), alias


def test_classes_are_the_ones_that_typeshed_types_name(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    """A type that comes from the stubs under its defining name must arrive at our entry."""
    for name, entry in entries.items():
        defined = knowledge.stubs.exported(name)
        if entry.is_class and defined:
            assert knowledge.canonical(defined) == name, (name, defined)


def test_types_that_entries_give_are_known(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    """Every class that ``returns`` and ``attributes`` of the standard library name exists."""
    for entry in entries.values():
        if entry.name.partition(".")[0] not in sys.stdlib_module_names:
            continue
        for text in (entry.returns.type, *(type_ for _, type_ in entry.attributes)):
            if "." in text and " " not in text:
                name = head(text)
                assert knowledge.is_class(name) or knowledge.entry(name) is not None, (entry.name, name)


#: What exists at run time though the stubs do not have it: other platforms and versions, names that are made at
#: run time, and methods that only the concrete classes below our entry have.
_NOT_IN_STUBS = (
    *("msvcrt.", "select.kqueue", "select.devpoll", "selectors.KqueueSelector", "os.startfile", "ctypes.WinDLL"),
    *("pathlib.Path.copy", "pathlib.Path.move", "threading.RLock.locked"),
    *("concurrent.futures.InterpreterPoolExecutor", "concurrent.futures._base.ResultIterator"),
    *("multiprocessing.managers.", "os.ScandirIterator", "ctypes.cdll.", "io.IOBase."),
)


def test_entries_are_not_misspelt(entries: dict[str, Entry], knowledge: Knowledge) -> None:
    """A misspelt name would never match: what the stubs' modules do not have must be listed above."""
    for name in entries:
        module, rest = knowledge.stubs.split(name)
        private = "_" in (rest[:1], rest.rpartition(".")[2][:1])
        if private or not knowledge.stubs.is_module(module) or name.startswith(_NOT_IN_STUBS):
            continue
        owner, _, last = name.rpartition(".")
        assert knowledge.member(owner, last) is not None, name
        known = any(knowledge.stubs.has_member(stub, last) for stub in (owner, *knowledge.stub_ancestors(owner)))
        assert known, name


def test_compiled_form_equals_the_toml(entries: dict[str, Entry], libraries: dict[str, Library]) -> None:
    assert Path(COMPILED).read_text(encoding="utf-8") == compiler.compile_all(), "run python docs/tools/knowledge.py"
    compiled = Compiled()
    for name, entry in entries.items():
        assert compiled.table(name.partition(".")[0]).entry(name) == entry
    for library in libraries.values():
        for alias, target in library.aliases.items():
            assert compiled.table(alias.partition(".")[0]).aliases[alias] == target


def test_reading_entries_imports_little() -> None:
    """A run pays for JSON alone: not for TOML, ast, difflib or pathlib."""
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}; import json, re, typing; before = set(sys.modules)\n"
        "from finlint.knowledge.base import Knowledge\n"
        "k = Knowledge(); k.entry('threading.Lock.acquire'); k.call_type('list[str]', 'pop')\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    assert not set(result.stdout.split()) & {"tomllib", "tomli", "ast", "difflib", "pathlib", "dataclasses"}
