"""Keeps the shell's AWS configuration out of all tests; moto reads it as soon as it is imported."""

from contextlib import ExitStack

import pytest

from sidestep.local.isolation import isolated_environment

_isolation = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Isolate the process before test modules are imported."""
    config.add_cleanup(_isolation.close)
    _isolation.enter_context(isolated_environment())
