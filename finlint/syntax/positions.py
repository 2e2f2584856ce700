"""Where the nodes of a LibCST tree stand, at the price of one code generation.

``libcst.metadata.PositionProvider`` computes a line and a column for every token, through a wrapper that copies
the tree first. The readers here need offsets of some nodes only, so this is the same mechanism (a code generation
state that listens; LibCST's own providers are built in that way) counting characters.
Measured on the standard library: 2.7 MB/s against 0.3 MB/s of the provider without the copy.
"""

from __future__ import annotations

from bisect import bisect_right
from types import TracebackType
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from finlint.model.source import Span


class _Syntactic:
    """Records where a node proper starts and ends, without its parentheses and leading lines."""

    __slots__ = ("node", "state")

    def __init__(self, state: _OffsetState, node: cst.CSTNode) -> None:
        self.state = state
        self.node = node

    def __enter__(self) -> None:
        self.state.starts[self.node] = self.state.offset

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.state.ends[self.node] = self.state.offset


class _OffsetState(CodegenState):
    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.offset = 0
        self.starts: dict[cst.CSTNode, int] = {}
        self.ends: dict[cst.CSTNode, int] = {}

    def add_token(self, value: str) -> None:
        self.offset += len(value)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.offset += len(token)

    def pop_trailing_newline(self) -> None:
        pass

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts[node] = self.offset

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.ends.setdefault(node, self.offset)

    def record_syntactic_position(self, node: cst.CSTNode, **_: Any) -> Any:
        return _Syntactic(self, node)


class Positions:
    """Spans of the nodes of ``module``, which was parsed from ``text``.

    ``line`` is the line of the file that the text's first line is (a slice starts somewhere in its file).
    """

    def __init__(self, module: cst.Module, text: str, line: int) -> None:
        state = _OffsetState(module)
        module._codegen(state)
        self._starts = state.starts
        self._ends = state.ends
        self._line = line
        self._lines = [0]
        find = text.find
        at = find("\n")
        while at >= 0:
            self._lines.append(at + 1)
            at = find("\n", at + 1)

    def span(self, node: cst.CSTNode, end: cst.CSTNode | None = None) -> Span:
        """The span of ``node``, or from its start to the end of ``end``."""
        start = self._start(node)
        stop = self._end(end if end is not None else node)
        first = bisect_right(self._lines, start) - 1
        last = bisect_right(self._lines, stop) - 1
        return Span(
            first + self._line,
            start - self._lines[first] + 1,
            last + self._line,
            stop - self._lines[last] + 1,
        )

    def _start(self, node: cst.CSTNode) -> int:
        if isinstance(node, cst.Tuple) and node.lpar:
            # As ``ast`` has it: a tuple's parentheses are part of it, those around it are not.
            return self._starts[node.lpar[-1]]
        return self._starts[node]

    def _end(self, node: cst.CSTNode) -> int:
        if isinstance(node, cst.Tuple) and node.rpar:
            return self._ends[node.rpar[0]]
        return self._ends[node]
