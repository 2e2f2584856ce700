"""What an edit costs in the language server: from ``didChange`` to its diagnostics, and the CPU of all its processes.

    python benchmarks/server.py FOLDER FILE... [--edits N] [--alone]

FOLDER is the workspace, which is analysed first (``--alone``: not at all); each FILE is opened and edited N times: a
comment in a line of its own is put before a definition in the middle, so that what stands below moves. Wall time is
that of a machine on which nothing else runs. Prints medians, and the worst. Linux only: CPU is read from /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from server.client import Client

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds of CPU of a process, its children, and those of them that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15])) / _TICKS
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(map(cpu, map(int, children)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--edits", type=int, default=10)
    parser.add_argument("--alone", action="store_true")
    options = parser.parse_args()
    client = Client(options.folder.resolve())
    try:
        began = time.perf_counter()
        client.start(workspace=not options.alone, progress=True)
        if not options.alone:
            client.until(lambda m: m.get("method") == "$/progress" and m["params"]["value"]["kind"] == "end")
            print(f"workspace: {time.perf_counter() - began:.1f} s wall, {cpu(client.pid):.1f} s CPU")
        for path in map(Path.resolve, options.files):
            lines = path.read_text().split("\n")
            tops = [n for n, line in enumerate(lines) if line.startswith(("def ", "class ", "@"))]
            middle = tops[len(tops) // 2]
            client.open(path)
            client.diagnostics(path, 1)
            walls, cpus = [], []
            for version in range(2, options.edits + 2):
                text = "\n".join([*lines[:middle], f"# edit {version}", *lines[middle:]])
                before, began = cpu(client.pid), time.perf_counter()
                client.change(path, version, text)
                client.diagnostics(path, version)
                walls.append(time.perf_counter() - began)
                cpus.append(cpu(client.pid) - before)
            print(
                f"{path.name}: wall {1000 * median(walls):.0f} ms (worst {1000 * max(walls):.0f}), "
                f"CPU {1000 * median(cpus):.0f} ms (worst {1000 * max(cpus):.0f})"
            )
        return client.close()
    finally:
        client.kill()


if __name__ == "__main__":
    sys.exit(main())
