"""Configuration: ``finlint.toml`` or ``[tool.finlint]`` of ``pyproject.toml``, the nearest above each file.

In: a folder, the file that ``--config`` names, or ``key=value``. Out: a frozen ``Config``; ``ConfigError`` in one line
that names the file, the key and the nearest valid name for whatever does not fit. The keys are declared in ``keys``,
and nowhere else: readers, the reference, the JSON Schema and ``finlint config`` are made from there.
"""

from finlint.config.finder import ConfigFinder, cache_dir
from finlint.config.model import Config, ConfigError

__all__ = ["Config", "ConfigError", "ConfigFinder", "cache_dir"]
