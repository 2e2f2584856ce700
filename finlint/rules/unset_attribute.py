"""FIN401: ``__del__`` reads an attribute that a failed ``__init__`` leaves unset."""

from __future__ import annotations

from collections.abc import Iterator

from finlint.analysis.properties.unset import unset_reads
from finlint.model.finding import Finding
from finlint.rules.base.rule import DEL, FinalizerPass, FinalizerRule


class UnsetAttribute(FinalizerRule):
    code = "FIN401"
    kind = "unset-attribute"
    default = False
    claims = ("raised",)

    summary = "`__del__` reads an attribute that a failed `__init__` leaves unset"
    why = (
        "`__del__` runs even if `__init__` raised. What `__init__` had not set by then is not there: an AttributeError "
        "is printed, and the rest of `__del__` is left out."
    )
    example = """
        class Table:
            def __init__(self, path):
                self.file = open(path)

            def __del__(self):
                self.file.close()
    """
    advice = "Give the attribute a default in the class, or set it before anything can fail."
    fix = """
        class Table:
            file = None

            def __init__(self, path):
                self.file = open(path)

            def __del__(self):
                if self.file is not None:
                    self.file.close()
    """
    mended = ("ask whether the attribute is there (safe in `__del__` itself)",)
    not_reported = (
        "Class-level defaults, `getattr` with a default, `hasattr`, `self.__dict__`, `except AttributeError`, "
        "attributes set by `__new__`, by a base's constructor or before anything can fail, attributes set before one "
        "that was read already, classes with `__getattr__` or decorators. One finding stands for all attributes that "
        "one place reads."
    )
    evidence = (
        DEL,
        "https://github.com/gpiozero/gpiozero/pull/494",
        "https://github.com/expyriment/expyriment/pull/77",
    )

    def run(self, about: FinalizerPass) -> Iterator[Finding]:
        finalizer, evaluator, _ = about
        if finalizer.owner is None or finalizer.is_library:
            return
        for read in unset_reads(finalizer.owner, evaluator):
            shown = ", ".join(f"`self.{name}`" for name in read.attributes[:3])
            rest = len(read.attributes) - 3
            if rest > 0:
                shown += f" and {rest} more"
            which = read.why if len(read.attributes) == 1 else "which `__init__` may not have set when it fails"
            yield self.finding(
                finalizer,
                f"`{finalizer.owner.node.name}.__del__` reads {shown}, {which}: it ends with AttributeError then",
                culprit=read.latest,
                path=read.path,
                span=read.span,
            )
