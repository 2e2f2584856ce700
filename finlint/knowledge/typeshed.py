"""Types of the standard library, from a table baked from typeshed (see ``finlint.knowledge.bake``)."""

from __future__ import annotations


class Stubs:
    """Answers from the table; nothing is read before the first question."""

    def exported(self, name: str) -> str:
        return ""

    def is_class(self, name: str) -> bool:
        return False

    def is_module(self, name: str) -> bool:
        return False

    def bases(self, name: str) -> tuple[str, ...]:
        return ()

    def has_member(self, cls: str, attribute: str) -> bool:
        return False

    def attribute(self, cls: str, attribute: str) -> str:
        return ""

    def returns(self, name: str) -> str:
        return ""
