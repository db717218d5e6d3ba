"""The estimate covers what the suite creates, and stays below its limit."""

import re
import subprocess

import pytest

from sidestep import paths, prices
from tests.acceptance import cost_estimate
from tests.acceptance.cost_estimate import HOURS, MAX_DOLLARS, items, total

pytestmark = pytest.mark.slow


def test_a_run_costs_less_than_the_limit() -> None:
    assert 0.05 < total(items()) < MAX_DOLLARS


def test_each_part_has_a_price_and_an_assumption() -> None:
    parts = items()
    assert all(item.dollars >= 0 and item.assumption and item.price.source for item in parts)
    (database,) = [item for item in parts if item.price is prices.SAMPLE_HOURS["db.t4g.micro"]]
    assert database.dollars == pytest.approx(HOURS * 0.016)


def test_a_file_with_more_series_costs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    before = total(items())
    more = cost_estimate.FILES[0].replace('dimensions = ["Plan"]', 'dimensions = ["Plan"]\nmax_series = 900')
    assert more != cost_estimate.FILES[0]

    # When
    monkeypatch.setattr(cost_estimate, "FILES", (more,))

    # Then
    assert total(items()) > before + 1
    assert cost_estimate.main() == 1


@pytest.mark.parametrize(
    ("variables", "runs"),
    [
        (["CLOUD=aws"], []),
        (["CLOUD=aws", "SPEND=yes"], ["aws"]),
        (["CLOUD=aws", "SPEND=no"], []),
        (["CLOUD=local"], ["local"]),
        ([], ["local", "ministack"]),
    ],
)
def test_aws_needs_a_yes_after_the_estimate(variables: list[str], runs: list[str]) -> None:
    # When
    done = subprocess.run(
        ["make", "--dry-run", "--old-file=.setup/dev", "--old-file=.setup/ministack", "acceptance", *variables],  # noqa: S607
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    # Then
    assert ("python -m tests.acceptance.cost_estimate" in done.stdout) is ("CLOUD=aws" in variables)
    assert re.findall(r"--cloud (\w+)", done.stdout) == runs
