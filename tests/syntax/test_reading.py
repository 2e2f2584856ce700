"""What is refused before a parser sees it: imports whose names have more parts than a parser can take."""

from __future__ import annotations

from pathlib import Path

import pytest

from finlint.quick import MAX_DOTS, quick
from finlint.syntax.reading import MAX_PARTS, Unreadable, decode

MANY = ".a" * (MAX_PARTS + 1)


@pytest.mark.parametrize(
    "text",
    [
        f"import a{MANY}\n",
        f"x = 1; import a{MANY} as b\n",
        f"def f():\n    from a{MANY} import b\n",
        "import a" + ".\\\na" * (MAX_PARTS + 1),
        f"from {'.' * (MAX_PARTS + 1)} import b\n",
    ],
)
def test_names_of_too_many_parts_are_refused(text: str) -> None:
    with pytest.raises(Unreadable, match=f"import of more than {MAX_PARTS} dotted names") as refused:
        decode(text.encode())
    assert refused.value.line == (2 if text.startswith("def") else 1)


@pytest.mark.parametrize(
    "text",
    [
        "import a" + ".a" * MAX_PARTS,
        "x = 1.0\n" * (MAX_PARTS + 1),
        "import a.b\n" * (MAX_PARTS + 1),
        "from a import (\n" + "    b,  # the end.\n" * (MAX_PARTS + 1) + ")\n",
    ],
)
def test_all_others_are_read(text: str) -> None:
    assert decode(text.encode()) == text


def test_the_quick_way_leaves_them_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert MAX_DOTS <= MAX_PARTS
    (tmp_path / "m.py").write_text(f"import a{MANY}\n")
    assert quick(["--isolated", "m.py"]) is None
    (tmp_path / "m.py").write_text("import a\n")
    assert quick(["--isolated", "m.py"]) == 0
