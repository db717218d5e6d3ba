"""Runs the demonstration from beginning to end."""

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
from sidestep.commands.demo.scenario import RUNS, Clock, Run, Scenario
from sidestep.commands.demo.screen import NEXT, Screen, verdict
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.local import deployment
from sidestep.local.cloud import LocalCloud
from sidestep.terminal.executions import reason

METRICS_FILE: Final = Path(__file__).with_name("metrics.toml")


def run_demo(console: Console, *, pace: float) -> bool:
    """Deploy the synthesized stack to a local cloud, run an hour of its schedule, and check every value.

    Args:
        console: to show it on.
        pace: seconds from the end of one run to the start of the next one.

    Returns:
        Whether every execution ended as expected and every published value equals what the database said.

    Raises:
        SynthesisError: the stack could not be synthesized.
    """
    settings = load_settings(METRICS_FILE)
    interval = settings.shortest_interval
    clock = Clock(_begin(interval))
    with (
        TemporaryDirectory(prefix="sidestep-demo-", ignore_cleanup_errors=True) as folder,
        LocalCloud(clock.now, event_scheduler=False) as cloud,  # the scenario plays the customers, always the same
    ):
        definition = _deploy(console, cloud, Path(folder))
        _prepare(console, cloud, settings)
        scenario = Scenario(cloud, settings, clock)
        console.print(
            f"{RUNS} runs, one every {_minutes(interval)} minutes of simulated time, in UTC", highlight=False
        )
        _play(scenario, Screen(console, definition, settings.namespace), pace)
        published = scenario.published()
    problems = [*wrong_ends(scenario.runs), *wrong_values(published, scenario.expected())]
    console.print(verdict(problems, scenario.runs, sum(map(len, published.values()))), highlight=False)
    console.print()
    console.print(
        f"A run every {_minutes(interval)} minutes costs, in US dollars a month of 30 days in us-east-1:",
        highlight=False,
    )
    console.print(ways_table(compare(settings, _counted(settings, published))))
    console.print()
    console.print(NEXT, highlight=False)
    return not problems


def _minutes(interval: timedelta) -> str:
    return f"{interval / timedelta(minutes=1):g}"


def _begin(interval: timedelta) -> datetime:
    """Return a time so far back that the last run falls on the present: CloudWatch keeps nothing from the future."""
    now = datetime.now(UTC)
    return now - (now - datetime.fromtimestamp(0, UTC)) % interval - RUNS * interval


def _deploy(console: Console, cloud: LocalCloud, folder: Path) -> str:
    """Bring the stack to the cloud and return the definition of its state machine."""
    console.print(f"[green]✓[/] local cloud at {cloud.endpoint_url}", highlight=False)
    with console.status("synthesizing the stack with the CDK"):
        deployment.synthesize(METRICS_FILE, folder / "cdk.out")
    console.print("[green]✓[/] stack synthesized by the CDK's command line", highlight=False)
    with console.status("deploying"):
        (stack,) = deployment.deploy(cloud, folder / "cdk.out")
    console.print(f"[green]✓[/] stack {stack} deployed from the same template as for AWS", highlight=False)
    stepfunctions = cloud.client("stepfunctions")
    (machine,) = stepfunctions.list_state_machines()["stateMachines"]
    return str(stepfunctions.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"])


def _prepare(console: Console, cloud: LocalCloud, settings: Settings) -> None:
    ((name, database),) = settings.databases.items()
    prepared = prepare.prepare(database, name, tables=(), secret=None, clients=cloud.client)
    console.print(f"[green]✓[/] database prepared; {prepared.user} may only read", highlight=False)


def _play(scenario: Scenario, screen: Screen, pace: float) -> None:
    with screen:
        for run in scenario.play():
            screen.show(run)
            if run.finished:
                screen.show_metrics(scenario.published())
                if run.number < RUNS:
                    time.sleep(pace)


def wrong_ends(runs: Sequence[Run]) -> Iterator[str]:
    """Say which runs did not end as the scenario wants."""
    for run in runs:
        if not run.as_expected:
            why = f" ({reason(run.execution)})" if run.execution.error else ""
            yield f"run {run.number} of {run.moment:%H:%M} ended with {run.execution.status}{why}"


def wrong_values(published: dict[Series, Values], expected: dict[Series, Values]) -> Iterator[str]:
    """Say which values are in CloudWatch but not in the database, or the other way round."""
    for series in sorted(published.keys() | expected.keys()):
        found, wanted = published.get(series, {}), expected.get(series, {})
        for moment in sorted(found.keys() | wanted.keys()):
            if found.get(moment) != wanted.get(moment):
                yield (
                    f"{series.metric} {series.label} of {moment:%H:%M} is {found.get(moment)} in CloudWatch, "
                    f"but the database said {wanted.get(moment)}"
                )


def _counted(settings: Settings, published: dict[Series, Values]) -> Iterator[str]:
    """Say for each query how many series were published, as compare() expects it."""
    for query in settings.queries:
        yield f"{query.name}={sum(series.metric in query.metrics for series in published)}"
