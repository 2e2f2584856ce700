"""What holds for all tests: the processes that they start read compiled modules."""

from __future__ import annotations

import os
import sys

# Tests start finlint's command hundreds of times. Where the environment forbids it to keep what it has compiled, as
# that of a container may, each of those processes would compile all of it again: a third of its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
