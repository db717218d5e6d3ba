"""Runs the demo: deploys the stack to a local cloud, plays the scenario, and compares each value."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from sidestep.aws.metrics import Series, Values
from sidestep.commands import prepare
from sidestep.commands.cost.comparison import compare
from sidestep.commands.cost.console_report import ways_table
from sidestep.commands.demo.demo_screen import DemoScreen, next_steps, summary
from sidestep.commands.demo.scenario import RUNS, Clock, DemoRun, Scenario
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.local import deployment
from sidestep.local.cloud import LocalCloud
from sidestep.terminal.executions import reason

METRICS_FILE: Final = Path(__file__).with_name("metrics.toml")


def run_demo(console: Console, *, pace: float) -> bool:
    """Deploy the synthesized stack to a local cloud, run an hour of its schedule, and check every value.

    Args:
        console: for the output.
        pace: seconds between two runs.

    Returns:
        Whether each execution ended as expected and each published value is the database's.

    Raises:
        SynthesisError: the stack could not be synthesized.
    """
    settings = load_settings(METRICS_FILE)
    interval = settings.shortest_interval
    clock = Clock(_begin(interval))
    with (
        TemporaryDirectory(prefix="sidestep-demo-", ignore_cleanup_errors=True) as folder,
        LocalCloud(clock.now, event_scheduler=False) as cloud,  # the scenario changes the sessions itself
    ):
        definition = _deploy(console, cloud, Path(folder))
        _prepare(console, cloud, settings)
        scenario = Scenario(cloud, settings, clock)
        console.print(
            f"{RUNS} runs, one every {_minutes(interval)} minutes of simulated time, in UTC", highlight=False
        )
        _play(scenario, DemoScreen(console, definition, settings.namespace), pace)
        published = scenario.published()
    problems = [*wrong_ends(scenario.runs), *wrong_values(published, scenario.expected())]
    console.print(summary(problems, scenario.runs, sum(map(len, published.values()))), highlight=False)
    console.print()
    console.print(
        f"A run every {_minutes(interval)} minutes costs, in US dollars a month of 30 days in us-east-1:",
        highlight=False,
    )
    console.print(ways_table(compare(settings, _series_values(settings, published))))
    console.print()
    console.print(next_steps(), highlight=False, markup=False)
    return not problems


def _minutes(interval: timedelta) -> str:
    return f"{interval / timedelta(minutes=1):g}"


def _begin(interval: timedelta) -> datetime:
    """Return a start at which the last run is due now, because CloudWatch rejects times in the future."""
    now = datetime.now(UTC)
    return now - (now - datetime.fromtimestamp(0, UTC)) % interval - RUNS * interval


def _deploy(console: Console, cloud: LocalCloud, folder: Path) -> str:
    """Deploy the stack to the local cloud and return the definition of its state machine."""
    console.print(f"[green]✓[/] local cloud at {cloud.endpoint_url}", highlight=False)
    with console.status("synthesizing the stack with the CDK"):
        deployment.synthesize(METRICS_FILE, folder / "cdk.out")
    console.print("[green]✓[/] stack synthesized by the CDK CLI", highlight=False)
    with console.status("deploying"):
        (stack,) = deployment.deploy(cloud, folder / "cdk.out")
    console.print(f"[green]✓[/] stack {stack} deployed from the template for AWS", highlight=False)
    stepfunctions = cloud.client("stepfunctions")
    (machine,) = stepfunctions.list_state_machines()["stateMachines"]
    return str(stepfunctions.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"])


def _prepare(console: Console, cloud: LocalCloud, settings: Settings) -> None:
    ((name, database),) = settings.databases.items()
    prepared = prepare.prepare(
        database, name, stack=settings.stack_of(name), tables=(), secret=None, clients=cloud.client
    )
    console.print(f"[green]✓[/] database prepared; the user {prepared.user} is read-only", highlight=False)


def _play(scenario: Scenario, screen: DemoScreen, pace: float) -> None:
    with screen:
        for run in scenario.play():
            screen.show(run)
            if run.finished:
                screen.show_metrics(scenario.published())
                if run.number < RUNS:
                    time.sleep(pace)


def wrong_ends(runs: Sequence[DemoRun]) -> Iterator[str]:
    """Return the runs that did not end as expected."""
    for run in runs:
        if not run.as_expected:
            why = f" ({reason(run.execution)})" if run.execution.error else ""
            yield f"run {run.number} at {run.moment:%H:%M} ended with {run.execution.status}{why}"


def wrong_values(published: dict[Series, Values], expected: dict[Series, Values]) -> Iterator[str]:
    """Return the values that differ between CloudWatch and the database, or exist only in one of them."""
    for series in sorted(published.keys() | expected.keys()):
        found, wanted = published.get(series, {}), expected.get(series, {})
        for moment in sorted(found.keys() | wanted.keys()):
            if found.get(moment) != wanted.get(moment):
                yield (
                    f"{series.metric} {series.label} at {moment:%H:%M}: {found.get(moment)} in CloudWatch, "
                    f"{wanted.get(moment)} in the database"
                )


def _series_values(settings: Settings, published: dict[Series, Values]) -> Iterator[str]:
    """Yield the number of published series of each query, in the form of --series."""
    for query in settings.queries:
        yield f"{query.name}={sum(series.metric in query.metrics for series in published)}"
