"""Where configuration is found. Reading it is another module's work, which most runs over few files do without."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

from finlint.config.model import Config


class ConfigFinder:
    """The configuration of each folder, read once.

    ``explicit`` is the file that ``--config`` names, ``inline`` what it gives as ``key=value``: that goes before files.
    """

    def __init__(self, *, isolated: bool = False, explicit: str | None = None, inline: Sequence[str] = ()) -> None:
        """Raises ConfigError."""
        self._inline = inline
        self._fixed: Config | None = None
        if explicit is not None:
            from finlint.config.reading import read_config

            self._fixed = self._overridden(read_config(explicit))
        elif isolated:
            self._fixed = self._overridden(Config(root=os.getcwd()))
        self._known: dict[str, Config] = {}

    def of_folder(self, folder: str) -> Config:
        """The configuration that holds in ``folder`` (absolute). Raises ConfigError."""
        if self._fixed is not None:
            return self._fixed
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = self._find(folder)
        return known

    def of_file(self, path: str) -> Config:
        """The configuration that holds for a file. Raises ConfigError."""
        return self.of_folder(os.path.dirname(os.path.abspath(path)))

    def all(self) -> list[Config]:
        """Every configuration met so far, each once."""
        return [self._fixed] if self._fixed is not None else list(dict.fromkeys(self._known.values()))

    def _find(self, folder: str) -> Config:
        for name in ("finlint.toml", "pyproject.toml"):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                from finlint.config.reading import read

                config = read(path, required=False)
                if config is not None:
                    return self._overridden(config)
        parent = os.path.dirname(folder)
        config = self._overridden(Config(root=os.getcwd())) if parent == folder else self.of_folder(parent)
        project = os.path.join(folder, "pyproject.toml")
        if config.target_version is None and os.path.isfile(project):
            from finlint.config.reading import required_by

            # A project that does not name us says all the same what it runs on.
            config = config._replace(target_version=required_by(project))
        return config

    def _overridden(self, config: Config) -> Config:
        if not self._inline:
            return config
        from finlint.config.reading import overridden

        return overridden(config, self._inline)


def cache_dir(named: str | None, configured: Iterable[str | None]) -> str:
    """The folder that the cache lies below: what the command line names, else the environment, else the first that a
    configuration does, else the user's own: answers are kept by content, so all projects may share it."""
    environment = os.environ.get("FINLINT_CACHE_DIR")
    return (
        named
        or (os.path.abspath(environment) if environment else None)
        or next((path for path in configured if path), None)
        or os.path.join(_users_caches(), "finlint")
    )


def _users_caches() -> str:
    if sys.platform == "darwin":
        return os.path.expanduser("~/Library/Caches")
    if os.name == "nt":
        return os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    return os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
