"""The post-mortem replayed."""

from __future__ import annotations

import subprocess
import sys

from finlint.runtime import demo


def test_act_one_prints_what_go_prints() -> None:
    lines: list[str] = []
    demo.act_one(lines.append)
    assert lines == ["== start ===", "== ... ===", "gc Finalizer", "== end ==="]


def test_act_two_starves_a() -> None:
    lines: list[str] = []
    demo.act_two(lines.append)
    assert lines == ["== start ===", "== ... ===", "gc Finalizer C", "== end ==="]


def test_act_three_names_the_receive_and_the_repair_drains() -> None:
    lines: list[str] = []
    demo.act_three(lines.append)
    assert lines[:3] == [f"0 of A finalized, {megabytes} MB kept by the queue" for megabytes in ("1.0", "2.0", "3.0")]
    report = lines[3]
    assert "finalizer of finlint.runtime.demo.B [blocked: chan receive]" in report
    assert "finalize_b   done.receive()" in report
    assert "30  finalizer of finlint.runtime.demo.A" in report
    assert lines[4:] == ["offloaded: drained True, 30 of A finalized, 0 bytes kept"]


def test_as_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "finlint.runtime.demo"], capture_output=True, text=True, timeout=600, check=True
    )
    assert done.stderr == ""
    assert "gc Finalizer C" in done.stdout
