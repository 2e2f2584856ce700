"""One file: its text, its outline, and its lines lowered on demand."""

from __future__ import annotations

from finlint.model import ir
from finlint.model.facts import ModuleFacts
from finlint.syntax import lower_ast
from finlint.syntax.outline import outline_ast
from finlint.syntax.reading import Unreadable, decode


class SourceFile:
    """A readable, parsable file.

    ``ast`` outlines it and reads its slices; LibCST reads what ``ast`` of the running interpreter cannot, and
    everything where ``libcst_only`` says so. Raises Unreadable on construction. ``libcst_chars`` counts the
    characters that reached LibCST, ``ast_chars`` those of slices that ``ast`` read.
    """

    def __init__(self, path: str, data: bytes, *, libcst_only: bool = False) -> None:
        self.path = path
        self.text = decode(data)
        self.libcst_chars = 0
        self.ast_chars = 0
        self._libcst_only = libcst_only
        self._starts: list[int] | None = None
        self._lowered: dict[tuple[int, int], ir.Block] = {}
        self.facts: ModuleFacts = self._outline()

    def _outline(self) -> ModuleFacts:
        if self._libcst_only:
            try:
                return self._outline_whole(SyntaxError("not Python"))
            except Unreadable:
                # It nests too deeply for LibCST, which recurses in Python; or ``ast`` can say better what is wrong.
                self._libcst_only = False
        try:
            return outline_ast(lower_ast.parse(self.text))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = error
        return self._outline_whole(problem)

    def _outline_whole(self, problem: Exception) -> ModuleFacts:
        """The running interpreter cannot read the file: newer syntax, or no Python at all. LibCST decides."""
        if isinstance(problem, (RecursionError, MemoryError)) or "too many nested" in str(problem):
            raise Unreadable("nested too deeply to be parsed", getattr(problem, "lineno", None) or 1)
        import libcst

        from finlint.syntax.outline_cst import outline_cst

        # Its slices may hold the same syntax.
        self._libcst_only = True
        try:
            self.libcst_chars += len(self.text)
            return outline_cst(self.text)
        except libcst.ParserSyntaxError:
            line = getattr(problem, "lineno", None) or 1
            raise Unreadable(f"syntax error: {getattr(problem, 'msg', None) or problem}", line) from None
        except RecursionError:
            raise Unreadable("nested too deeply to be parsed") from None

    @property
    def reader(self) -> str:
        """What lowers its lines."""
        return "libcst" if self._libcst_only else "ast"

    def slice_text(self, line: int, end_line: int) -> str:
        """Lines ``line`` to ``end_line``, both included."""
        starts = self._line_starts()
        return self.text[starts[line - 1] : starts[end_line] if end_line < len(starts) else len(self.text)]

    def line_text(self, line: int) -> str:
        return self.slice_text(line, line).rstrip("\n") if 0 < line <= len(self._line_starts()) else ""

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
        self.ast_chars += len(text)
        try:
            return lower_ast.lower_slice(text, line)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # Half a statement: ``try: import a`` on one line of a larger one.
            return ()

    def _lower_with_libcst(self, text: str, line: int) -> ir.Block:
        import libcst

        from finlint.syntax.lower import lower_slice

        self.libcst_chars += len(text)
        try:
            return lower_slice(text, line)
        except (libcst.ParserSyntaxError, RecursionError):
            return ()

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._starts = starts
        return self._starts
