"""One file: its text, its outline, and its lines lowered on demand."""

from __future__ import annotations

from functools import cached_property

from finlint.model import ir
from finlint.model.facts import ModuleFacts
from finlint.syntax.elide import without_bodies
from finlint.syntax.lines import Lines
from finlint.syntax.outline import outline_ast
from finlint.syntax.parsing import parse
from finlint.syntax.reading import Unreadable, decode
from finlint.syntax.validity import FAILURES, ast_problem, fault, is_too_deep, of_text, unreadable


class SourceFile:
    """A readable file whose outline can be made.

    ``ast`` makes it of the text without the bodies of functions, and reads slices; LibCST reads what ``ast`` of the
    running interpreter cannot, and everything where ``libcst_only`` says so. What it says of the file depends on the
    text alone, never on what was asked before. Raises Unreadable on construction; a body that is no Python shows only
    in ``fault``.

    The counters are of characters: ``outline_chars`` reached ``ast`` for the outline, ``checked_chars`` were parsed
    only to see whether they can be, ``ast_chars`` are those of slices, ``libcst_chars`` those that LibCST read.
    """

    def __init__(self, path: str, data: bytes, *, libcst_only: bool = False) -> None:
        self.path = path
        self.text = decode(data)
        self.lines = Lines(self.text)
        self.outline_chars = 0
        self.checked_chars = 0
        self.libcst_chars = 0
        self.ast_chars = 0
        self._libcst_only = libcst_only
        #: The outline was made of all of the text.
        self._whole = False
        self._lowered: dict[tuple[int, int], ir.Block] = {}
        self.facts: ModuleFacts = self._outline()

    def _outline(self) -> ModuleFacts:
        if self._libcst_only:
            try:
                return self._outline_with_libcst(SyntaxError("not Python"))
            except Unreadable:
                # It nests too deeply for LibCST, which recurses in Python; or ``ast`` can say better what is wrong.
                self._libcst_only = self._whole = False
        short = without_bodies(self.text)
        if short is not None and short != self.text:
            self.outline_chars += len(short)
            try:
                return outline_ast(parse(short))
            except FAILURES:
                pass
        self.outline_chars += len(self.text)
        self._whole = True
        try:
            return outline_ast(parse(self.text))
        except FAILURES as error:
            problem = of_text(self.text, error)
        return self._outline_with_libcst(problem)

    def _outline_with_libcst(self, problem: Exception) -> ModuleFacts:
        """The running interpreter cannot read the file: newer syntax, or no Python at all. LibCST decides."""
        if is_too_deep(problem):
            raise unreadable(problem)
        import libcst

        from finlint.syntax.outline_cst import outline_cst

        # Its slices may hold the same syntax.
        self._libcst_only = self._whole = True
        try:
            self.libcst_chars += len(self.text)
            return outline_cst(self.text)
        except libcst.ParserSyntaxError:
            raise unreadable(problem) from None
        except RecursionError as deep:
            raise unreadable(deep) from None

    @property
    def reader(self) -> str:
        """What lowers its lines."""
        return "libcst" if self._libcst_only else "ast"

    @cached_property
    def fault(self) -> Unreadable | None:
        """What is wrong with the file, bodies of functions included: a body that cannot be parsed."""
        if self._ast_problem is None:
            return None
        self.libcst_chars += len(self.text)
        return fault(self.text, self._ast_problem)

    @cached_property
    def _ast_problem(self) -> Exception | None:
        """What keeps ``ast`` from reading the bodies, too."""
        if self._whole:
            return None
        self.checked_chars += len(self.text)
        return ast_problem(self.text)

    def slice_text(self, line: int, end_line: int) -> str:
        """Lines ``line`` to ``end_line``, both included."""
        return self.lines.between(line, end_line)

    def line_text(self, line: int) -> str:
        return self.slice_text(line, line).rstrip("\n") if 0 < line <= len(self.lines) else ""

    def lower(self, line: int, end_line: int) -> ir.Block:
        """The statements of these lines; () where they are no statements on their own."""
        key = (line, end_line)
        block = self._lowered.get(key)
        if block is None:
            block = self._lowered[key] = self._lower(line, end_line)
        return block

    def _lower(self, line: int, end_line: int) -> ir.Block:
        text = self.slice_text(line, end_line)
        if self._libcst_only:
            return self._lower_with_libcst(text, line)
        # An outline does without.
        from finlint.syntax.lower_ast import lower_slice

        self.ast_chars += len(text)
        try:
            return lower_slice(text, line)
        except FAILURES as error:
            of_text(text, error)
            # Half a statement (``try: import a`` on one line of a larger one); or a body that the outline passed over,
            # too deep, of newer syntax or no Python at all.
            problem = self._ast_problem
            return () if problem is None or is_too_deep(problem) else self._lower_with_libcst(text, line)

    def _lower_with_libcst(self, text: str, line: int) -> ir.Block:
        import libcst

        from finlint.syntax.lower import lower_slice

        self.libcst_chars += len(text)
        try:
            return lower_slice(text, line)
        except (libcst.ParserSyntaxError, RecursionError):
            return ()
