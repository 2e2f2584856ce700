"""For the tests beside it, which are run with the plugin: a finalizer that is slow until it has been seen."""

import pytest


def pytest_configure(config):
    pytest.finlint_config = config


def last():
    """Return when the plugin has looked often enough to call this slow."""
    plugin = pytest.finlint_config.pluginmanager.get_plugin("finlint-finalizers")
    until = plugin._monitor.looks + 12
    while plugin._monitor.looks < until:
        pass


@pytest.fixture
def slowly():
    return last
