"""Finalizers in tests: the pytest plugin behind ``--finlint-finalizers``."""
