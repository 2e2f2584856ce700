"""What holds for all tests: no process that they start has to compile or import what another one has."""

from __future__ import annotations

import os
import sys

# Each run is answered by a fork, and its fixes are made by another: they have what was imported before them, and import
# the rest anew, a quarter of a second each.
import finlint.checking
import finlint.fixes.registry  # noqa: F401

# Tests start finlint's command hundreds of times. Where the environment forbids it to keep what it has compiled, as
# that of a container may, each of those processes would compile all of it again: a third of its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
