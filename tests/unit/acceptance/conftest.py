"""The template of the shipped metrics.toml, as the preflight reads it."""

from pathlib import Path

import pytest

from tests.acceptance.preflight.template import Place, Template

PLACE = Place(account="123456789012", region="eu-central-1")


@pytest.fixture(scope="session")
def template(shipped_assembly: Path) -> Template:
    return Template.of_stack(shipped_assembly, "sidestep-shop", PLACE)
