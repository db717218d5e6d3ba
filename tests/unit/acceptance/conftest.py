"""The template of the shipped metrics.toml, as the preflight reads it, and an account that the local cloud plays."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sidestep.aws.clients import Clients
from sidestep.local.cloud import LocalCloud
from tests.acceptance.preflight.template import Place, Template

PLACE = Place(account="123456789012", region="eu-central-1")


@pytest.fixture(scope="session")
def template(shipped_assembly: Path) -> Template:
    return Template.of_stack(shipped_assembly, "sidestep-shop", PLACE)


@pytest.fixture(scope="module")
def account() -> Iterator[LocalCloud]:
    with LocalCloud(event_scheduler=False) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def clients(account: LocalCloud) -> Clients:
    return cache(account.client)
