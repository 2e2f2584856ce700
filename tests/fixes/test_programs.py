"""Fixtures that a fix mends: the mended program is linted clean, mended no further, and runs to its end."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from fixtures.harness import Outcome, run

from .conftest import Mended, mend

ROOT = Path(__file__).resolve().parents[2]

#: Fixture -> whether the safe fixes are enough.
SAFE = {
    "FIN104_wait/executor_shut_down": True,
    "FIN104_wait/shutdown_passed_directly": True,
    "FIN305_called-not-passed/call_result_registered": True,
    "FIN305_called-not-passed/cleared_by_mistake": True,
    "FIN305_called-not-passed/factory_passed": True,
    "FIN401_unset-attribute/init_raises_first": True,
    "FIN401_unset-attribute/super_init_raises": True,
    "FIN401_unset-attribute/open_fails": False,
    "FIN301_retention/bound_method_of_self": False,
    "FIN301_retention/lambda_over_self": False,
    "FIN102_lock/acquire_passed_directly": False,
    "FIN102_lock/decorated_callback": False,
    "FIN102_lock/gc_callback_statistics": False,
    "FIN102_lock/module_global_semaphore": False,
    "FIN102_lock/self_deadlock_in_cache": False,
    "FIN102_lock/weakref_callback_in_registry": False,
    "put_inside_put": True,
}

#: Moved to a Cleaner. These programs never give the lock back, so its thread waits for it until the end, as it should:
#: everything else runs, which is what the harness asks before any other verdict.
WAITS = {"FIN102_lock/decorated_callback", "FIN102_lock/module_global_semaphore"}

#: One for each fix; the others are slow tests.
FIRST = {
    "FIN104_wait/executor_shut_down",
    "FIN305_called-not-passed/call_result_registered",
    "FIN401_unset-attribute/init_raises_first",
    "FIN401_unset-attribute/open_fails",
    "FIN301_retention/bound_method_of_self",
    "FIN102_lock/decorated_callback",
    "FIN102_lock/self_deadlock_in_cache",
    "put_inside_put",
}
NAMES = [pytest.param(name, marks=[] if name in FIRST else [pytest.mark.slow]) for name in SAFE]


class Tried(NamedTuple):
    safe: Mended
    unsafe: Mended
    again: Mended
    outcome: Future[Outcome]


def program(name: str) -> Path:
    folder = ROOT / "fixtures" if "/" in name else ROOT / "tests" / "fixes" / "programs"
    return folder / f"{name}.py"


@pytest.fixture(scope="module")
def tried(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Tried]]:
    """Every selected program, mended; they run as many at a time as there are processors."""
    folder = tmp_path_factory.mktemp("mended")
    names = {item.name.partition("[")[2].rstrip("]") for item in request.session.items}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: _try(name, folder, pool) for name in SAFE if name in names}
        pool.shutdown(cancel_futures=True)


def _try(name: str, folder: Path, pool: ThreadPoolExecutor) -> Tried:
    source = program(name).read_bytes()
    safe, unsafe = mend(source), mend(source, "--unsafe-fixes")
    path = folder / f"{name.replace('/', '_')}.py"
    path.write_bytes(unsafe.text)
    return Tried(safe, unsafe, mend(unsafe.text, "--unsafe-fixes"), pool.submit(run, path))


@pytest.mark.skipif(sys.platform != "linux", reason="the harness reads the state of threads from /proc")
@pytest.mark.parametrize("name", NAMES)
def test_the_mended_program_is_clean(name: str, tried: dict[str, Tried]) -> None:
    source = program(name).read_bytes()
    safe, unsafe, again, ran = tried[name]
    assert unsafe.text != source
    assert unsafe.status == 0, unsafe.said
    assert (safe.text == unsafe.text) is SAFE[name]
    if not SAFE[name]:
        assert safe.text == source
        assert safe.status == 1
        assert "1 fixable with --unsafe-fixes." in safe.said
    assert again.text == unsafe.text
    assert (b"cleaner().register(" in unsafe.text) is (name in WAITS)
    outcome = ran.result()
    assert outcome.verdict == ("never-ran" if name in WAITS else "ran"), outcome.detail
