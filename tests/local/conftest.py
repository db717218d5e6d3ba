"""A local cloud with nothing on it."""

from collections.abc import Iterator

import pytest

from sidestep.local.cloud import LocalCloud


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as cloud:
        yield cloud
