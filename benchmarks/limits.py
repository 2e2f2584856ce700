"""In how many tasks each bound of the analysis (``finlint/model/limits.py``) is hit.

``python benchmarks/limits.py FOLDER``, where ``FOLDER`` holds packages, a folder or a file each. What is counted is
written to ``docs/tools/limits.json``, from which ``docs/tools/limits.py`` makes a column of the table in
``docs/architecture.md``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

MEASURED = Path(__file__).resolve().parents[1] / "docs" / "tools" / "limits.json"
_LINT = (
    sys.executable,
    "-m",
    "finlint",
    "--isolated",
    "--no-cache",
    "--exit-zero",
    "--verbose",
    "--output-format",
    "json",
)


def hits_of(package: Path) -> tuple[Counter[str], int]:
    """The bounds that were hit in a package, with the number of tasks each, and the number of all tasks."""
    done = subprocess.run([*_LINT, str(package)], capture_output=True, text=True, check=True)
    asked = re.search(r"(\d+) questions", done.stderr)
    return Counter(json.loads(done.stdout)["summary"]["limits"]), int(asked[1]) if asked else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, default=MEASURED)
    options = parser.parse_args()
    packages = sorted(path for path in options.folder.iterdir() if path.is_dir() or path.suffix == ".py")
    hits: Counter[str] = Counter()
    tasks = 0
    for package in packages:
        of_package, asked = hits_of(package)
        hits += of_package
        tasks += asked
        print(package.name, asked, dict(of_package), flush=True)
    measured = {"packages": len(packages), "tasks": tasks, "hits": dict(sorted(hits.items()))}
    options.output.write_text(f"{json.dumps(measured, indent=1)}\n", "utf-8")


if __name__ == "__main__":
    main()
