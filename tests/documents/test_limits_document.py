"""What docs/limits.md says of quotas, and of the simulated fleets."""

import json
import math
from collections import Counter
from pathlib import Path

import pytest

from scripts import quotas
from scripts.document_fleet import FLEET, LARGER
from scripts.document_limits import (
    OTHER_RESOURCES,
    OTHER_WIDGETS,
    ROLES,
    events,
    most_pages,
    rates,
    resources,
    runs,
)
from scripts.fleet import Fleet, Load, simulate
from sidestep import paths
from sidestep.config.limits import PAGE_SECONDS, WorkflowType
from sidestep.config.loader import load_settings
from sidestep.lambdas.query_database import page
from tests.unit.metrics_files import HEAD, mistakes_of, query, write

RULE = "AWS::EC2::SecurityGroupIngress"


@pytest.mark.parametrize("large", [True, False])
def test_500_databases_stay_within_the_quotas_of_every_region(large: bool) -> None:
    # When all start in one second
    load = simulate(Fleet(databases=FLEET.databases, queries=FLEET.queries, large=large))

    # Then
    assert (FLEET.databases, FLEET.queries, load.waited.total(), load.lost) == (500, 20, 0, 0)
    assert max(load.running.values()) == quotas.CONCURRENCY / 2


def test_2000_databases_in_one_second_lose_runs() -> None:
    load = simulate(Fleet(databases=LARGER, large=False))
    assert LARGER == 2000
    assert load.lost > 100


def test_jitter_keeps_2000_databases_far_below_every_quota() -> None:
    # When
    load = simulate(Fleet(databases=LARGER, window=120, large=False))

    # Then
    assert (load.waited.total(), load.lost) == (0, 0)
    assert max(_shares(load).values()) < 0.2


def _shares(load: Load) -> dict[str, float]:
    """Return the highest number in a second as a part of each quota."""
    return {
        "invocations": max(load.starts.values()) / quotas.INVOCATIONS.small.refill,
        "starts": max(load.starts.values()) / quotas.STARTS.small.refill,
        "transitions": max(load.transitions.values()) / quotas.TRANSITIONS.small.refill,
        "functions": max(load.running.values()) / quotas.CONCURRENCY,
        "requests": max(load.puts.values()) / quotas.PUTS.small.refill,
    }


@pytest.mark.parametrize(
    ("schedule", "workflow"),
    [("rate(5 minutes)", "standard"), ("rate(1 hour)", "standard"), ("rate(1 hour)", "express")],
)
def test_the_pages_of_a_run_are_those_that_the_configuration_admits(
    tmp_path: Path, schedule: str, workflow: WorkflowType
) -> None:
    # Given queries of up to 100 pages with a timeout of a second, so that each query but one takes half a page's time
    pages = most_pages(schedule, workflow)
    head = f'workflow = "{workflow}"\n{HEAD}'.replace("rate(5 minutes)", schedule)
    others = (pages - 1) // 100
    fitting = pages - math.ceil(others / PAGE_SECONDS)

    # Then
    assert load_settings(write(tmp_path, head + _queries(fitting))).queries
    (error,) = mistakes_of(tmp_path, head + _queries(pages + 1))
    assert "further pages" in error


def _queries(pages: int) -> str:
    numbers = enumerate([100] * (pages // 100) + [pages % 100] * (pages % 100 > 0))
    return "".join(
        query(f"q{n}", 'dimensions = ["D"]', "timeout = 1", f"max_series = {size}000", f"metrics = {{ M{n} = {{}} }}")
        for n, size in numbers
    )


def test_the_history_of_an_execution_holds_the_maximum_of_pages() -> None:
    assert events(page.MAX_PAGES) <= quotas.HISTORY_EVENTS < events(page.MAX_PAGES + 100)
    assert most_pages("rate(30 days)", "standard") < page.MAX_PAGES


def test_a_page_is_within_the_limits_of_state_and_request() -> None:
    assert page.MAX_BYTES < quotas.STATE_BYTES < quotas.REQUEST_BYTES


def test_a_stack_needs_the_documented_resources(shipped_assembly: Path) -> None:
    # Given the shipped stack, without what its sample database adds besides the rule for the functions
    template = json.loads((shipped_assembly / "sidestep-shop.template.json").read_text(encoding="utf-8"))
    kinds = Counter(
        one["Type"]
        for name, one in template["Resources"].items()
        if not name.startswith("SampleDatabase") or one["Type"] == RULE
    )

    # Then
    assert kinds["AWS::IAM::Role"] == ROLES
    assert kinds.total() - kinds["AWS::CloudWatch::Alarm"] == OTHER_RESOURCES
    assert (kinds["AWS::EC2::SecurityGroup"], kinds[RULE]) == (1, 1)


def test_a_dashboard_needs_the_documented_widgets(shipped_assembly: Path) -> None:
    # Given
    template = json.loads((shipped_assembly / "sidestep-shop.template.json").read_text(encoding="utf-8"))
    (dashboard,) = [one for one in template["Resources"].values() if one["Type"] == "AWS::CloudWatch::Dashboard"]
    metrics = sum(len(one.metrics) for one in load_settings(paths.ROOT / "metrics.toml").queries)

    # When
    body = "".join(
        part if isinstance(part, str) else "x" for part in dashboard["Properties"]["DashboardBody"]["Fn::Join"][1]
    )

    # Then
    assert len(json.loads(body)["widgets"]) == metrics + OTHER_WIDGETS


def test_every_quota_of_aws_has_its_page() -> None:
    # Given the rows of the tables, except those of limits that Sidestep sets itself
    rows = [line for table in (rates(), runs(), resources()) for line in table.splitlines() if line.startswith("| [")]

    # Then
    assert len(rows) == 7 + 4 + 10
    assert [row for row in rows if "](https://docs.aws.amazon.com/" not in row] == []
