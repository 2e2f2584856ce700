"""Bakes the types of the standard library from typeshed into ``data/typeshed.jsonl``.

Run ``python docs/tools/typeshed.py`` (``--check`` only compares) with ``typeshed_client`` installed: a tool
for developing finlint, never imported by it. After a first line that names the release of typeshed_client, each
line of the result holds one top-level library:

    {"queue": {"queue": {"x": {exports}, "f": {function: result}, "v": {variable: type},
                         "c": {class: [bases, type variables, {method: result}, {attribute: type}]}}}}

Types are written as ``finlint.knowledge.entries.Entry.returns`` has them: qualified names, builtins bare,
``A | None``, generics in brackets, type variables of a class as ``~T``, "self", and "" for unknown or Any.
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import typeshed_client
from typeshed_client.parser import ImportedName, NameInfo, OverloadedName

from finlint.knowledge.libraries import DATA
from finlint.knowledge.types import arguments, members

TARGET = Path(DATA) / "typeshed.jsonl"
#: The newest supported version describes what it has; the oldest adds what was removed since.
VERSIONS = ((3, 13), (3, 10))
#: Large, and nobody's finalizer: left out.
SKIPPED = frozenset(
    {"tkinter", "turtle", "turtledemo", "lib2to3", "distutils", "idlelib", "encodings", "pydoc_data", "ensurepip"}
    | {"unittest", "msilib", "curses", "xml", "pyexpat", "lib-dynload", "this", "antigravity", "venv", "wsgiref"}
    | {"ast", "_ast", "opcode", "_opcode", "symtable", "token", "tokenize", "winreg", "winsound", "_winapi"}
    | {"_typeshed", "_curses", "_curses_panel", "_tkinter", "_msi", "_locale", "_decimal", "symbol"}
)
_MAX_UNION = 6
_UNKNOWN = ""
#: Special forms that stand for their (first) argument.
_TRANSPARENT = frozenset({"Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "Unpack"})
_BOOLS = frozenset({"TypeGuard", "TypeIs"})
_TYPING = frozenset({"typing", "typing_extensions"})
#: Names that typing gives to classes that live elsewhere.
_REAL = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Type": "type",
    "Text": "str",
    "Deque": "collections.deque",
    "DefaultDict": "collections.defaultdict",
    "OrderedDict": "collections.OrderedDict",
    "Counter": "collections.Counter",
    "ChainMap": "collections.ChainMap",
}


class Found(NamedTuple):
    """What a name in a stub stands for; ``kind`` is class, function, variable, module, alias or typevar."""

    kind: str
    module: str
    name: str
    info: NameInfo | None


class Modules:
    """The stubs of one Python version, parsed when asked for."""

    def __init__(self, python: tuple[int, int]) -> None:
        self.context = typeshed_client.get_search_context(
            version=python,
            platform="linux",
            search_path=[],
            implementation_name="cpython",
            implementation_version=python,
        )
        self._names: dict[str, dict[str, NameInfo] | None] = {}

    def names(self, module: str) -> dict[str, NameInfo] | None:
        if module not in self._names:
            self._names[module] = typeshed_client.get_stub_names(module, search_context=self.context)
        return self._names[module]

    def all(self) -> Iterator[str]:
        """Every module of the standard library, sorted."""
        root = Path(str(self.context.typeshed))
        for path in sorted(root.rglob("*.pyi")):
            parts = path.relative_to(root).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            if parts and parts[0] not in SKIPPED and self.names(".".join(parts)) is not None:
                yield ".".join(parts)

    def find(self, module: str, name: str, depth: int = 0) -> Found | None:
        """What ``name`` means in ``module``, imports followed; builtins last."""
        if depth > 20:
            return None
        names = self.names(module)
        info = names.get(name) if names is not None else None
        if info is None:
            submodule = f"{module}.{name}"
            if names is not None and self.names(submodule) is not None:
                return Found("module", submodule, "", None)
            return self.find("builtins", name, depth + 1) if module != "builtins" else None
        node = info.ast
        if isinstance(node, ImportedName):
            target = ".".join(node.module_name)
            if node.name is None:
                return Found("module", target, "", None)
            if target == module and node.name == name:
                return Found("module", f"{module}.{name}", "", None)
            return self._imported(target, node.name, depth)
        if isinstance(node, ast.ClassDef):
            return Found("class", module, name, info)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, OverloadedName)):
            return Found("function", module, name, info)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            func = node.value.func
            called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
            if called in ("TypeVar", "ParamSpec", "TypeVarTuple"):
                return Found("typevar", module, name, info)
        if isinstance(node, ast.Assign) or type(node).__name__ == "TypeAlias":
            return Found("alias", module, name, info)
        if isinstance(node, ast.AnnAssign):
            text = ast.unparse(node.annotation)
            return Found("alias" if "TypeAlias" in text else "variable", module, name, info)
        return None

    def _imported(self, module: str, name: str, depth: int) -> Found | None:
        names = self.names(module)
        if names is not None and name in names:
            return self.find(module, name, depth + 1)
        submodule = f"{module}.{name}"
        if self.names(submodule) is not None:
            return Found("module", submodule, "", None)
        return None


class Evaluator:
    """Annotations of one module to type expressions."""

    def __init__(self, modules: Modules, module: str, own: frozenset[str] = frozenset(), depth: int = 0) -> None:
        self.modules = modules
        self.module = module
        self.own = own
        self.depth = depth

    def type(self, node: ast.AST | None) -> str:
        """The type expression of an annotation; "" for what has none."""
        if node is None or self.depth > 12:
            return _UNKNOWN
        if isinstance(node, ast.Constant):
            if node.value is None:
                return "None"
            if isinstance(node.value, str):
                try:
                    return self.type(ast.parse(node.value, mode="eval").body)
                except SyntaxError:
                    return _UNKNOWN
            return _UNKNOWN
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return union([self.type(node.left), self.type(node.right)])
        if isinstance(node, ast.Subscript):
            return self._subscript(node)
        found = self.resolve(node)
        if found is None:
            return _UNKNOWN
        return self._named(found)

    def resolve(self, node: ast.AST) -> Found | None:
        """What a name or dotted name of a stub refers to."""
        if isinstance(node, ast.Name):
            return self.modules.find(self.module, node.id)
        if isinstance(node, ast.Attribute):
            base = self.resolve(node.value)
            if base is None:
                return None
            if base.kind == "module":
                return self.modules.find(base.module, node.attr)
            if base.kind == "class" and base.info is not None:
                child = (base.info.child_nodes or {}).get(node.attr)
                if child is not None and isinstance(child.ast, ast.ClassDef):
                    return Found("class", base.module, f"{base.name}.{node.attr}", child)
                return self._member(base, node.attr)
            if base.kind == "variable" and base.info is not None and isinstance(base.info.ast, ast.AnnAssign):
                inner = Evaluator(self.modules, base.module, depth=self.depth + 1)
                owner = inner.resolve(base.info.ast.annotation)
                return self._member(owner, node.attr) if owner is not None else None
        return None

    def _member(self, owner: Found, attribute: str) -> Found | None:
        """A method of a class or of one of its bases."""
        if owner.kind != "class" or owner.info is None or self.depth > 12:
            return None
        child = (owner.info.child_nodes or {}).get(attribute)
        if child is not None:
            return Found("function", owner.module, f"{owner.name}.{attribute}", child)
        inner = Evaluator(self.modules, owner.module, depth=self.depth + 1)
        assert isinstance(owner.info.ast, ast.ClassDef)
        for base in owner.info.ast.bases:
            resolved = inner.resolve(base.value if isinstance(base, ast.Subscript) else base)
            found = inner._member(resolved, attribute) if resolved is not None else None
            if found is not None:
                return found
        return None

    def _named(self, found: Found) -> str:
        if found.kind == "typevar":
            return f"~{found.name}" if found.name in self.own else _UNKNOWN
        if found.module in _TYPING:
            special = self._special(found.name)
            if special is not None:
                return special
        if found.kind == "class":
            return found.name if found.module == "builtins" else f"{found.module}.{found.name}"
        if found.kind == "alias" and found.info is not None:
            inner = Evaluator(self.modules, found.module, self.own, self.depth + 1)
            return inner.type(getattr(found.info.ast, "value", None))
        return _UNKNOWN

    @staticmethod
    def _special(name: str) -> str | None:
        if name == "Self":
            return "self"
        if name in ("Any", "Optional", "Union", "Generic", "Protocol", "Literal", "TypeAlias"):
            return _UNKNOWN
        if name in ("NoReturn", "Never"):
            return "typing.NoReturn"
        if name == "Callable":
            return "collections.abc.Callable"
        if name in _BOOLS:
            return "bool"
        if name in ("LiteralString", "AnyStr"):
            return "str"
        return _REAL.get(name)

    def _subscript(self, node: ast.Subscript) -> str:
        head = node.value
        items = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        name = head.attr if isinstance(head, ast.Attribute) else getattr(head, "id", "")
        found = self.resolve(head)
        if found is not None and found.module in _TYPING:
            if name == "Optional":
                return union([self.type(items[0]), "None"])
            if name == "Union":
                return union([self.type(item) for item in items])
            if name == "Literal":
                return union([_literal_type(item) for item in items])
            if name in _TRANSPARENT:
                return self.type(items[0])
            if name in _BOOLS:
                return "bool"
            if name in ("Callable", "Concatenate"):
                return "collections.abc.Callable"
        outer = self.type(head)
        if not outer or outer == "collections.abc.Callable" or " | " in outer:
            return outer
        if outer.endswith("]"):
            return outer
        arguments = [
            "..." if isinstance(item, ast.Constant) and item.value is ... else self.type(item) or "typing.Any"
            for item in items
        ]
        return f"{outer}[{', '.join(arguments)}]"


def union(types: list[str]) -> str:
    """``A | B`` of the types that are known, without repeats; "" where nothing or too much is known."""
    flat: dict[str, None] = {}
    for item in types:
        for part in members(item):
            flat[part] = None
    known = [part for part in flat if part]
    if not known or known == ["None"] or len(known) > _MAX_UNION:
        return _UNKNOWN if any(not part for part in flat) or len(known) != 1 else "None"
    return " | ".join(known)


def _literal_type(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return "None" if node.value is None else type(node.value).__name__
    return _UNKNOWN


class ModuleBaker:
    """One module's part of the table."""

    def __init__(self, modules: Modules, module: str) -> None:
        self.modules = modules
        self.module = module
        self.evaluator = Evaluator(modules, module)

    def bake(self) -> dict[str, Any]:
        exports: dict[str, str] = {}
        functions: dict[str, str] = {}
        variables: dict[str, str] = {}
        classes: dict[str, Any] = {}
        for name, info in sorted((self.modules.names(self.module) or {}).items()):
            node = info.ast
            if isinstance(node, ast.ClassDef):
                self._class(name, info, classes)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, OverloadedName)):
                functions[name] = self.result(node, frozenset())
            elif isinstance(node, ast.AnnAssign) and "TypeAlias" not in ast.unparse(node.annotation):
                found = self.evaluator.type(node.annotation)
                if found:
                    variables[name] = found
            elif info.is_exported or isinstance(node, ast.Assign):
                target = self._export(name, node)
                if target:
                    exports[name] = target
        table = {"x": exports, "f": functions, "v": variables, "c": classes}
        return {key: part for key, part in table.items() if part}

    def _export(self, name: str, node: Any) -> str:
        """The name that an import or an alias of the module stands for, where it is a class or a function."""
        if isinstance(node, ImportedName):
            found = self.modules.find(self.module, name)
        elif isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
            found = self.evaluator.resolve(node.value)
        else:
            return ""
        for _ in range(4):
            if found is None or found.kind != "alias" or found.info is None:
                break
            value = getattr(found.info.ast, "value", None)
            found = Evaluator(self.modules, found.module).resolve(value) if value is not None else None
        if found is None or found.kind not in ("class", "function") or found.module in SKIPPED:
            return ""
        target = f"{found.module}.{found.name}"
        return target if target != f"{self.module}.{name}" else ""

    def _class(self, name: str, info: NameInfo, classes: dict[str, Any]) -> None:
        assert isinstance(info.ast, ast.ClassDef)
        node = info.ast
        parameters = self._type_parameters(node)
        own = frozenset(parameters)
        evaluator = Evaluator(self.modules, self.module, own)
        bases = [base for base in map(evaluator.type, node.bases) if base and base != "object"]
        methods: dict[str, str] = {}
        attributes: dict[str, str] = {}
        for child_name, child in sorted((info.child_nodes or {}).items()):
            item = child.ast
            if isinstance(item, ast.ClassDef):
                self._class(f"{name}.{child_name}", child, classes)
            elif isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, OverloadedName)):
                if _is_property(item):
                    attributes[child_name] = self.result(_first(item), own)
                elif child_name not in ("__init__", "__new__", "__class_getitem__", "__init_subclass__"):
                    methods[child_name] = self.result(item, own)
            elif isinstance(item, ast.AnnAssign):
                attributes[child_name] = evaluator.type(item.annotation)
            elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Name):
                methods[child_name] = methods.get(item.value.id, _UNKNOWN)
        classes[name] = [bases, parameters, methods, attributes]

    def _type_parameters(self, node: ast.ClassDef) -> list[str]:
        """Type variables of a class: of ``Generic[...]`` or ``Protocol[...]``, else in order of appearance."""
        named: list[str] = [item.name for item in getattr(node, "type_params", ())]
        seen: list[str] = []
        for base in node.bases:
            if not isinstance(base, ast.Subscript):
                continue
            variables = [
                item.id
                for item in ast.walk(base.slice)
                if isinstance(item, ast.Name)
                and (found := self.modules.find(self.module, item.id)) is not None
                and found.kind == "typevar"
            ]
            head = base.value.attr if isinstance(base.value, ast.Attribute) else getattr(base.value, "id", "")
            if head in ("Generic", "Protocol"):
                return variables
            seen += variables
        return named or list(dict.fromkeys(seen))

    def result(self, node: Any, own: frozenset[str]) -> str:
        """Type of the result of a function; of overloads, the union of their results."""
        if isinstance(node, OverloadedName):
            results = [
                self.result(item, own)
                for item in node.definitions
                if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
            return union(results)
        result = Evaluator(self.modules, self.module, own).type(node.returns)
        if not result and isinstance(node.returns, ast.Name):
            result = self._passed_through(node, node.returns.id)
        decorators = {_last_name(item) for item in node.decorator_list}
        if "contextmanager" in decorators:
            inner = arguments(result)
            return f"contextlib._GeneratorContextManager[{inner[0]}]" if inner else _UNKNOWN
        if isinstance(node, ast.AsyncFunctionDef):
            return f"collections.abc.Coroutine[typing.Any, typing.Any, {result or 'typing.Any'}]"
        return result

    def _passed_through(self, node: ast.FunctionDef | ast.AsyncFunctionDef, variable: str) -> str:
        """ "arg:NAME" for ``def f(x: _T) -> _T``; "self" where x is the receiver."""
        found = self.modules.find(self.module, variable)
        if found is None or found.kind != "typevar":
            return _UNKNOWN
        for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if isinstance(item.annotation, ast.Name) and item.annotation.id == variable:
                return "self" if item.arg == "self" else f"arg:{item.arg.lstrip('_')}"
        return _UNKNOWN


def _last_name(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _first(node: Any) -> Any:
    return node.definitions[0] if isinstance(node, OverloadedName) else node


def _is_property(node: Any) -> bool:
    decorators = getattr(_first(node), "decorator_list", [])
    return any(_last_name(item) in ("property", "cached_property") for item in decorators)


def bake() -> str:
    """The whole table as text."""
    libraries: dict[str, dict[str, Any]] = {}
    for python in VERSIONS:
        modules = Modules(python)
        for module in modules.all():
            table = ModuleBaker(modules, module).bake()
            old = libraries.setdefault(module.partition(".")[0], {}).setdefault(module, {})
            _merge(old, table)
    lines = [json.dumps({top: libraries[top]}, separators=(",", ":"), sort_keys=True) for top in sorted(libraries)]
    return fingerprint() + "\n" + "\n".join(lines) + "\n"


def fingerprint() -> str:
    """The first line of a table that is baked here and now."""
    return json.dumps({"": f"typeshed_client {version('typeshed_client')}"})


def fingerprint_of(table: str) -> str:
    """The first line of a table: tables of different typeshed releases are not comparable."""
    return table.partition("\n")[0]


def _merge(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Adds what ``old`` lacks; a name that moved from one section to another stays where ``old`` has it."""
    taken = {name for section in old.values() for name in section}
    for key, section in new.items():
        mine = old.setdefault(key, {})
        for name, value in section.items():
            if name not in taken:
                mine[name] = value
            elif key == "c" and name in mine:
                for index in (2, 3):
                    for member, type_ in value[index].items():
                        if member not in mine[name][2] and member not in mine[name][3]:
                            mine[name][index][member] = type_
    for key in [key for key, section in old.items() if not section]:
        del old[key]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    arguments = parser.parse_args()
    text = bake()
    if arguments.check:
        same = TARGET.read_text(encoding="utf-8") == text
        print("up to date" if same else f"{TARGET.name} differs: run python docs/tools/typeshed.py")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.name}: {len(text)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
