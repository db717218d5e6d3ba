"""One query on two databases, with metrics of the query itself, on the local cloud: published, shown and deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidestep.aws.metrics import Series
from sidestep.commands import prepare
from sidestep.config.loader import load_settings
from sidestep.local import deployment
from tests.end_to_end.conftest import PERIOD, Deployed, synthesize
from tests.end_to_end.operators import sidestep
from tests.faults.cloud import FaultyCloud

FILE = """
namespace = "Sessions"
schedule = "rate(5 minutes)"
query_metrics = true

[database.eu]
sample = true
prepare = true
[database.us]
sample = true
prepare = true

[[query]]
name = "plans"
database = "*"
sql = "SELECT plan AS Plan, COUNT(*) AS Sessions FROM sessions GROUP BY plan"
dimensions = ["Plan"]
[query.metrics]
Sessions = { unit = "Count" }

[[query]]
name = "none"
database = ["us", "eu"]
sql = "SELECT id AS None FROM sessions WHERE id < 0"
[query.metrics]
None = {}

[[check]]
name = "unknown_plans"
database = "*"
sql = "SELECT id FROM sessions WHERE plan NOT IN ('free', 'team')"
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file, with its assembly in cdk.out beside it."""
    path = tmp_path_factory.mktemp("several") / "metrics.toml"
    path.write_text(FILE, encoding="utf-8")
    synthesize(path, path.with_name("cdk.out"))
    return path


@pytest.fixture
def cloud(file: Path) -> Iterator[FaultyCloud]:
    """Give the cloud with all stacks, whose sample databases are one database on the local cloud."""
    settings = load_settings(file)
    with FaultyCloud(event_scheduler=False) as cloud:
        stacks = deployment.deploy(cloud, file.with_name("cdk.out"))
        assert set(stacks) == {"sidestep-eu", "sidestep-us", settings.overview_stack}
        for name, table in settings.databases.items():
            stack = settings.stack_of(name)
            prepare.prepare(table, name, stack=stack, tables=(), secret=None, clients=cloud.client)
        cloud.database.execute("DELETE FROM sessions")
        cloud.database.execute(
            "INSERT INTO sessions (plan, expires_at) VALUES ('free', '2099-01-01'), ('gold', '2099-01-01')"
        )
        yield cloud


def workflow_of(cloud: FaultyCloud, database: str) -> Deployed:
    machines = cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    (stack,) = cloud.client("cloudformation").describe_stacks(StackName=f"sidestep-{database}")["Stacks"]
    (arn,) = [one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "StateMachine"]
    assert arn in [machine["stateMachineArn"] for machine in machines]
    return Deployed(cloud, arn)


def of_queries(database: str) -> dict[Series, float]:
    """Return what a run of a database publishes, but for the durations."""
    own = ("Database", database)
    rows = {"plans": 2.0, "none": 0.0, "unknown_plans": 1.0}
    return {
        **{Series("Sessions", (own, ("Plan", plan))): 1.0 for plan in ("free", "gold")},
        Series("Violations", (("Check", "unknown_plans"), own)): 1.0,
        Series("EmptyResults", (own, ("Query", "none"))): 1.0,
        **{Series("RowsReturned", (own, ("Query", query))): count for query, count in rows.items()},
    }


def test_each_database_publishes_its_own_series(cloud: FaultyCloud, file: Path) -> None:
    # When a run of one database ends before one of the other
    moment = datetime.now(UTC).replace(second=0, microsecond=0) - 2 * PERIOD
    for number, database in enumerate(("eu", "us")):
        deployed = workflow_of(cloud, database)
        execution = deployed.run({"ScheduledTime": moment.isoformat()})
        assert execution.status == "SUCCEEDED", execution.cause

        # Then
        values = deployed.values_at(moment)
        durations = {series: value for series, value in values.items() if series.metric == "QueryDuration"}
        assert {series: value for series, value in values.items() if series not in durations} == {
            **of_queries("eu"),
            **(of_queries("us") if number else {}),
        }
        assert len(durations) == 3 * (number + 1)
        assert all(value > 0 for value in durations.values())

    # And the commands show the database's own
    watched = sidestep(cloud.endpoint_url, "watch", "eu", "--once", "--series", "50", "--file", str(file))
    assert watched.returncode == 0, watched.stderr
    assert "eu, plans" in watched.stdout
    assert "us, plans" not in watched.stdout
    run = sidestep(cloud.endpoint_url, "run", "us", "--query", "plans", "--file", str(file))
    assert run.returncode == 0, run.stdout + run.stderr
    assert "RowsReturned" in run.stdout


def test_the_stack_of_the_dashboard_is_independent_of_the_others(cloud: FaultyCloud, file: Path) -> None:
    # Given
    cloudformation = cloud.client("cloudformation")
    settings = load_settings(file)

    # When it is created again without the first database, and deleted before the second
    for stack in ("sidestep-eu", settings.overview_stack):
        cloudformation.delete_stack(StackName=stack)
    template = file.with_name("cdk.out") / f"{settings.overview_stack}.template.json"
    cloudformation.create_stack(StackName=settings.overview_stack, TemplateBody=template.read_text(encoding="utf-8"))
    (created,) = cloudformation.describe_stacks(StackName=settings.overview_stack)["Stacks"]
    for stack in (settings.overview_stack, "sidestep-us"):
        cloudformation.delete_stack(StackName=stack)

    # Then
    assert created["StackStatus"] == "CREATE_COMPLETE"
    assert cloudformation.describe_stacks()["Stacks"] == []
