"""Modules by name: which file an import means, seen from the file that imports."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from finlint.analysis.program.disk import Disk
from finlint.analysis.program.packages import PACKAGE_FILES, Packages, listed
from finlint.analysis.program.symbols import ModuleNode, Source
from finlint.model import ir
from finlint.model.limits import CALLER_MODULES, FILE_SIZE, NEIGHBOURS, PACKAGES_BESIDE
from finlint.model.reads import BUT, File, Folder, Form, Kept, Reads, Search
from finlint.scan.words import IMPORTS, SUBCLASSES, TESTING

#: Names of the runtime are registrars and channels, not code to follow.
_ALWAYS_LIBRARY = frozenset({"finlint.runtime"})


class LibraryNames(Protocol):
    """What linking needs to know of the knowledge base."""

    def knows_module(self, module: str) -> bool: ...


class Project:
    """The files of a run and those that they import, as modules.

    ``load`` gives the source of a path, or None where it cannot be read. ``src`` are folders that absolute
    imports are looked up in besides the importing file's own root; ``installed`` are searched last.
    """

    def __init__(
        self,
        load: Callable[[str], Source | None],
        library: LibraryNames,
        src: Iterable[str] = (),
        installed: Iterable[str] = (),
        peek: Callable[[str], bytes | None] = lambda path: None,
        disk: Disk | None = None,
        reads: Reads | None = None,
    ) -> None:
        self._load = load
        self._peek = peek
        self._disk = disk if disk is not None else Disk()
        self._library = library
        self._src = tuple(os.path.abspath(folder) for folder in src)
        self._installed = tuple(installed)
        self._by_path: dict[str, ModuleNode | None] = {}
        self.reads = reads if reads is not None else Reads()
        self._packages = Packages(self._listing)
        self._roots: Kept[str, tuple[str, str]] = Kept(self.reads)
        self._found: Kept[tuple[str, str], str | None] = Kept(self.reads)
        self._places: dict[tuple[str, str], list[str]] = {}
        self._stubs: Kept[ModuleNode, ModuleNode | None] = Kept(self.reads)
        self._stdlib_roots: Kept[str, bool] = Kept(self.reads)

    def close(self) -> None:
        """Take the modules apart: they and what is in them refer to each other, which costs a collector much time."""
        for module in self._by_path.values():
            if module is not None:
                module.__dict__.clear()
        self._by_path.clear()

    def at(self, path: str) -> ModuleNode | None:
        """The module in the file ``path``; None where it cannot be read."""
        key = os.path.abspath(path)
        self.reads.note(File(key))
        if key not in self._by_path:
            source = self._load(path)
            if source is None:
                self._by_path[key] = None
            else:
                base = os.path.basename(key)
                _, name = self._root(key)
                self._by_path[key] = ModuleNode(name, source, base in PACKAGE_FILES)
        return self._by_path[key]

    def _listing(self, folder: str) -> frozenset[str]:
        self.reads.note(Folder(folder))
        names = self._disk.listings.get(folder)
        if names is None:
            names = self._disk.listings[folder] = listed(folder)
        return names

    def _root(self, path: str) -> tuple[str, str]:
        """(folder that the module's name counts from, dotted name) of an absolute path."""
        return self._roots.answer(path, self._find_root, path)

    def _find_root(self, path: str) -> tuple[str, str]:
        root, name = self._packages.root(path)
        # They were listed for this file, or for one before.
        folder = os.path.dirname(path)
        while folder != root:
            self.reads.note(Folder(folder))
            folder = os.path.dirname(folder)
        self.reads.note(Folder(root))
        return root, name

    # -- imports

    def resolve(self, name: str, importer: ModuleNode) -> ModuleNode | None:
        """The project's module ``name`` for an absolute import in ``importer``; None: not of the project."""
        if name in _ALWAYS_LIBRARY:
            return None
        path = self._path_of(name, importer)
        return None if path is None else self.at(path)

    def resolve_relative(self, module: str, level: int, importer: ModuleNode) -> ModuleNode | None:
        """The module that ``from {level dots}{module} import`` means."""
        folder = self.relative_folder(level, importer)
        path = self._module_file(folder, module.split(".") if module else [])
        return None if path is None else self.at(path)

    def source_of(self, stmt: ir.ImportFrom, importer: ModuleNode) -> ModuleNode | None:
        """The project's module that a statement ``from x import y`` in ``importer`` imports from; None: none of it."""
        if stmt.level:
            return self.resolve_relative(stmt.module, stmt.level, importer)
        return self.resolve(stmt.module, importer)

    def relative_folder(self, level: int, importer: ModuleNode) -> str:
        folder = os.path.dirname(importer.absolute)
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return folder

    def submodule(self, package: ModuleNode, name: str) -> ModuleNode | None:
        if not package.is_package:
            return None
        path = self._module_file(os.path.dirname(package.absolute), [name])
        return None if path is None else self.at(path)

    def library_name(self, module: str, level: int, importer: ModuleNode) -> str:
        """The absolute name of a relative import inside the standard library's own folder; "" elsewhere."""
        here = importer.absolute
        root, _ = self._root(here)
        if not self._is_stdlib_root(root):
            return ""
        folder = os.path.relpath(self.relative_folder(level, importer), root)
        package = folder.replace(os.sep, ".") if folder != "." else ""
        return f"{package}.{module}" if package and module else package or module

    def mentioning(self, text: str, module: ModuleNode) -> list[ModuleNode]:
        """Modules of the same package, nearest first, whose text holds ``text``: its possible callers."""
        return self._neighbours_where(text, "", module)

    def matching(self, text: str, form: Form, module: ModuleNode) -> list[ModuleNode]:
        """The same for a subclass of the class ``text``, or another name of it (``finlint.scan.words``)."""
        return self._neighbours_where(text, form, module)

    def inheriting(self, text: str, module: ModuleNode) -> list[ModuleNode]:
        """The same for a subclass of the class ``text`` of a program: what a test defines (``class Fake(Base)``) says
        nothing of it."""
        return self._neighbours_where(text, SUBCLASSES, module, but_tests=True)

    def _neighbours_where(
        self, text: str, form: Form, module: ModuleNode, *, but_tests: bool = False
    ) -> list[ModuleNode]:
        """Other modules of the package with ``text`` in that ``form``, if any, nearest first; ``but_tests``: without
        those that test others.

        Packages of very many files are searched in the module's own folder only.
        """
        here = module.absolute
        root, name = self._root(here)
        top = name.partition(".")[0]
        package = os.path.join(root, top)
        folder = os.path.dirname(here)
        group = self._files_below(package if os.path.isdir(package) else folder, folder)
        found = [path for path in self._holding(group, text, form) if path != here]
        if but_tests and found:
            tests = self._tests(group)
            found = [path for path in found if path not in tests]
        found.sort(key=lambda path: (os.path.dirname(path) != folder, path))
        return self._nearest(found)

    def _tests(self, group: str) -> set[str]:
        """The files of a group that test others."""
        return {path for module in TESTING for path in self._holding(group, module, IMPORTS)}

    def beside(self, text: str, module: ModuleNode) -> list[ModuleNode]:
        """Modules of the packages beside that of ``module``, whose text holds ``text`` and names its package: possible
        callers in an application of several packages. What tests pass says nothing of the program."""
        root, name = self._root(module.absolute)
        top = name.partition(".")[0]
        group = f"{root}{BUT}{top}"
        found_all = self._searched(group, partial(self._packages_beside, group, root, top))
        if group in self._disk.crowded:
            PACKAGES_BESIDE.hit()
        if not found_all or not self._disk.groups[group][1]:
            return []
        found = self._holding(group, text, "")
        if not found:
            return []
        naming = set(self._holding(group, top, ""))
        tests = self._tests(group)
        return self._nearest([path for path in found if path in naming and path not in tests])

    def _packages_beside(self, group: str, root: str, top: str) -> tuple[list[str], list[str]]:
        """Folders and Python files of the packages in ``root`` but ``top``; no files where the packages are many, as in
        a folder that they are installed in."""
        inits = ((name, os.path.join(root, name, "__init__.py")) for name in sorted(listed(root)) if name != top)
        names = [name for name, init in inits if os.path.isfile(init)]
        folders = [root]
        paths: list[str] = []
        if len(names) > PACKAGES_BESIDE:
            self._disk.crowded.add(group)
            return folders, paths
        for name in names:
            inner, found = _walked(os.path.join(root, name))
            folders += inner
            paths += found
            if len(paths) > NEIGHBOURS:
                break
        return folders, paths

    def _holding(self, group: str, text: str, form: Form) -> list[str]:
        """The files of a group with ``text`` in that ``form``, if any."""
        self.reads.note(Search(group, text, form))
        holders = self._disk.holding(group, text, form, self._peek)
        if group in self._disk.too_large:
            FILE_SIZE.hit()
        return holders

    def _nearest(self, paths: list[str]) -> list[ModuleNode]:
        modules = [self.at(path) for path in CALLER_MODULES.first(paths)]
        return [m for m in modules if m is not None]

    def _files_below(self, package: str, folder: str) -> str:
        """The key of the package's files; of those below ``folder``, or in it alone, where they are too many."""
        for top in dict.fromkeys((package, folder)):
            if self._searched(top, partial(_walked, top)):
                return top
        alone = folder + os.sep
        self._searched(alone, lambda: ([folder], _python_files(folder, self._listing(folder))))
        return alone

    def _searched(self, key: str, look: Callable[[], tuple[list[str], list[str]]]) -> bool:
        """Find the files that a search looks at, once; False where they are too many."""
        self.reads.note(Search(key, "", ""))
        disk = self._disk
        if key not in disk.groups:
            folders, paths = look()
            if len(paths) > NEIGHBOURS:
                disk.too_many.add(key)
                paths = paths[:NEIGHBOURS] if key.endswith(os.sep) else []
            disk.groups[key] = (tuple(folders), tuple(paths))
        if key in disk.too_many:
            NEIGHBOURS.hit()
            return False
        return True

    def _path_of(self, name: str, importer: ModuleNode) -> str | None:
        parts = name.split(".")
        for root in self._search(importer, parts[0]):
            path = self._found.answer((root, name), self._module_file, root, parts)
            if path is not None:
                stubbed = path.endswith(".pyi") or self._is_stdlib_root(root)
                if stubbed and self._library.knows_module(name):
                    # What is known of threading.Lock beats its stub, and its source when the standard library
                    # lints itself.
                    return None
                return path
            if parts[0] + ".py" in self._listing(root):
                return None
        return None if self._library.knows_module(name) else self._stub_path(parts, importer)

    # -- stubs

    def stub_of(self, module: ModuleNode) -> ModuleNode | None:
        """The stub of a module: the ``.pyi`` file beside it, else that of a ``-stubs`` package."""
        return self._stubs.answer(module, self._find_stub, module)

    def _find_stub(self, module: ModuleNode) -> ModuleNode | None:
        if module.path.endswith(".pyi"):
            return None
        beside = module.absolute + "i"
        if os.path.basename(beside) in self._listing(os.path.dirname(beside)):
            return self.at(beside)
        path = self._stub_path(module.name.split("."), module)
        return None if path is None else self.at(path)

    def stubbed_by(self, stub: ModuleNode) -> ModuleNode | None:
        """The module that the file beside a stub holds; None where ``stub`` is none, or has none."""
        path = stub.absolute
        if not path.endswith(".pyi"):
            return None
        if os.path.basename(path)[:-1] in self._listing(os.path.dirname(path)):
            return self.at(path[:-1])
        name = stub.name.replace("-stubs", "", 1)
        return self.resolve(name, stub) if name != stub.name else None

    def _stub_path(self, parts: list[str], importer: ModuleNode) -> str | None:
        """The file of a module in a ``-stubs`` package."""
        stubs = [f"{parts[0]}-stubs", *parts[1:]]
        for root in self._search(importer, parts[0]):
            path = self._found.answer((root, ".".join(stubs)), self._module_file, root, stubs)
            if path is not None:
                return path
        return None

    def _search(self, importer: ModuleNode, top: str) -> list[str]:
        root, _ = self._root(importer.absolute)
        out = self._places.get((root, top))
        if out is not None:
            return out
        out = self._places[root, top] = [root]
        # A namespace package has no __init__.py: ``a/b/c.py`` may be ``a.b.c`` although ``a/b`` looks like a root.
        folder = root
        parent, name = os.path.split(folder)
        while parent != folder:
            if name == top:
                out.append(parent)
            folder = parent
            parent, name = os.path.split(folder)
        out.extend(self._src)
        out.extend(self._installed)
        return out

    def _is_stdlib_root(self, root: str) -> bool:
        return self._stdlib_roots.answer(root, self._holds_stdlib, root)

    def _holds_stdlib(self, root: str) -> bool:
        return {"os.py", "site.py", "abc.py", "codecs.py"} <= self._listing(root)

    def _module_file(self, folder: str, parts: list[str]) -> str | None:
        """The file of the module ``parts`` counted from ``folder``, or None."""
        for part in parts[:-1]:
            if part not in self._listing(folder):
                return None
            folder = os.path.join(folder, part)
        if not parts:
            return next((os.path.join(folder, b) for b in PACKAGE_FILES if b in self._listing(folder)), None)
        last = parts[-1]
        names = self._listing(folder)
        if last in names:
            package = os.path.join(folder, last)
            for base in PACKAGE_FILES:
                if base in self._listing(package):
                    return os.path.join(package, base)
        for base in (last + ".py", last + ".pyi"):
            if base in names:
                return os.path.join(folder, base)
        return None


def _walked(top: str) -> tuple[list[str], list[str]]:
    """Folders and Python files below ``top``, no further than shows that they are too many."""
    folders: list[str] = []
    paths: list[str] = []
    for base, inner, names in os.walk(top):
        folders.append(base)
        inner.sort()
        paths.extend(_python_files(base, names))
        if len(paths) > NEIGHBOURS:
            break
    return folders, paths


def _python_files(folder: str, names: Iterable[str]) -> list[str]:
    return [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
