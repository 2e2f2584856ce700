"""The developers' tools in ``docs/tools/``, which are scripts, as modules."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

TOOLS = Path(__file__).parents[1] / "docs" / "tools"


def load(name: str) -> ModuleType:
    """The tool of this name, imported once."""
    module = sys.modules.get(f"docs_tools_{name}")
    if module is None:
        spec = importlib.util.spec_from_file_location(f"docs_tools_{name}", TOOLS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    return module
