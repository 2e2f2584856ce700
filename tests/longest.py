"""The order of the tests' files."""

from __future__ import annotations

#: Files that take longest, longest first. One processor has a whole file (``--dist loadfile``), and whoever begins a
#: long one last keeps the others waiting.
LONGEST = (
    "fixtures/test_fixtures.py",
    "runtime/test_runtime_threads.py",
    "generated/test_constructs.py",
    "analysis/test_scale.py",
    "live/test_diagnose.py",
    "engine/test_workers.py",
    "runtime/test_runtime_monitor.py",
    "fixes/test_programs.py",
    "analysis/test_limits.py",
    "integration/test_hooks.py",
    "server/test_server.py",
    "cli/test_bad_input.py",
    "engine/test_cache.py",
    "live/test_watch.py",
    "runtime/test_runtime_stress.py",
    "analysis/test_moved.py",
)
