"""Writes sidestep/commands/cost/measurements.json: the resources of one run on the local cloud. `make bench`.

The function is the built bundle in a process of its own; Step Functions is moto, which executes the shipped ASL.
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.bundles import built
from benchmarks.databases import DATABASES, Database
from benchmarks.machine import describe_machine
from sidestep.aws.executions import SUCCEEDED, describe, follow
from sidestep.commands import prepare
from sidestep.commands.cost.measured import RECORD, Measurements
from sidestep.config.engines import MYSQL, EngineName
from sidestep.config.loader import load_settings
from sidestep.infrastructure.vpc_function import MEMORY
from sidestep.lambdas.query_database.page import MAX_DATUMS
from sidestep.local import isolated_environment

REPETITIONS: Final = 5
FURTHER_PAGES: Final = 4

METRICS_FILE: Final = """
namespace = "Measured"
schedule = "rate(5 minutes)"

[database.shop]
sample = true
prepare = true

[[query]]
name = "sessions_by_plan"
sql = "SELECT plan AS Plan, id AS Sessions FROM sessions ORDER BY id"
dimensions = ["Plan"]
max_series = 5000
metrics = { Sessions = { unit = "Count" } }
"""

ROWS: Final = (
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?) "
    "INSERT INTO sessions (plan, expires_at) SELECT 'plan-' || n, '2099-01-01 00:00:00' FROM number"
)

CLIENT: Final = "import json, boto3; boto3.client('cloudwatch', region_name='us-east-1')"
"""A program: what a function needs that publishes by itself."""

LAMBDAS_OWN_LINES: Final = (
    "START RequestId: 79104EXAMPLE-B723-4a8f-9f9f-EXAMPLE00000 Version: $LATEST",
    "END RequestId: 79104EXAMPLE-B723-4a8f-9f9f-EXAMPLE00000",
    "REPORT RequestId: 79104EXAMPLE-B723-4a8f-9f9f-EXAMPLE00000\tDuration: 1234.56 ms\tBilled Duration: 1235 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 60 MB\tInit Duration: 1234.56 ms\t",
    "XRAY TraceId: 1-5e34a614-10bdxmplf1fb44f07bc535a1\tSegmentId: 07f5xmpl2d1f6f85\tSampled: true\t",
)
"""What the Lambda service adds to a call's log (Lambda developer guide, "Python function logging")."""

EXECUTION_DATA: Final = frozenset({"input", "inputDetails", "output", "outputDetails", "parameters"})
"""Not logged, as the stack sets include_execution_data to false."""


@dataclass(frozen=True)
class Ran:
    """One execution: what its function computed, what it entered, and what was logged of it."""

    cpu_milliseconds: float
    pages: int
    transitions: int
    function_log_bytes: int
    workflow_log_bytes: int


def main() -> None:
    """Measure and write the record."""
    with isolated_environment(), TemporaryDirectory(prefix="sidestep-measured-") as folder:
        from sidestep.local import deployment  # noqa: PLC0415 - moto reads the environment when it is imported

        metrics_file, assembly = Path(folder) / "metrics.toml", Path(folder) / "cdk.out"
        metrics_file.write_text(METRICS_FILE, encoding="utf-8")
        deployment.synthesize(metrics_file, assembly)
        one, page, pages = (
            [run(metrics_file, assembly, series) for _ in range(REPETITIONS)]
            for series in (1, MAX_DATUMS, (1 + FURTHER_PAGES) * MAX_DATUMS)
        )
    RECORD.write_text(json.dumps(asdict(record(one, page, pages)), indent=2) + "\n", encoding="utf-8")


def record(one: Sequence[Ran], page: Sequence[Ran], pages: Sequence[Ran]) -> Measurements:
    """Make the record of runs of one series, of one page, and of all pages."""
    assert [ran[0].pages for ran in (one, page, pages)] == [1, 1, 1 + FURTHER_PAGES]  # noqa: S101 - a program's own

    def per_further_page(what: Callable[[Ran], float]) -> float:
        return (median(map(what, pages)) - median(map(what, page))) / FURTHER_PAGES

    return Measurements(
        machine="one core of {processor} ({system}, Python {python})".format(**describe_machine()),
        date=date.today().isoformat(),
        memory_megabytes=MEMORY,
        transitions_at_one_page=one[0].transitions,
        transitions_per_further_page=round(per_further_page(lambda ran: ran.transitions)),
        cpu_milliseconds_of_1_series=round(median(ran.cpu_milliseconds for ran in one)),
        cpu_milliseconds_of_1000_series=round(median(ran.cpu_milliseconds for ran in page)),
        cpu_milliseconds_per_further_1000_series=round(per_further_page(lambda ran: ran.cpu_milliseconds)),
        cpu_milliseconds_of_engines=of_engines(),
        cpu_milliseconds_of_a_client=round(program_milliseconds(CLIENT) - program_milliseconds("import json")),
        cpu_milliseconds_of_a_publisher=round(program_milliseconds(CLIENT)),
        function_log_bytes_per_page=round(median(ran.function_log_bytes for ran in one)),
        workflow_log_bytes_at_one_page=one[0].workflow_log_bytes,
        workflow_log_bytes_per_further_page=round(per_further_page(lambda ran: ran.workflow_log_bytes)),
    )


def of_engines() -> dict[EngineName, float]:
    """Return what each engine's bundle computes more than MySQL's until it has its driver."""
    starts = {database.engine.name: start_milliseconds(database) for database in DATABASES}
    return {name: round(start - starts[MYSQL.name]) for name, start in starts.items() if name != MYSQL.name}


def start_milliseconds(database: Database) -> float:
    """Return what a process computes that starts, has a database's bundle and imports its engine."""
    program = f"import lambdas.engines; lambdas.engines.engine_named({database.engine.name!r})"
    with built(database, series=1) as path:
        environment = {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
        return median(_once("-S", "-c", program, environment=environment) for _ in range(REPETITIONS))


def run(metrics_file: Path, assembly: Path, series: int) -> Ran:
    """Execute the workflow once on a cloud of its own, whose database has `rows` rows."""
    from sidestep.local import deployment  # noqa: PLC0415 - see main
    from sidestep.local.cloud import LocalCloud  # noqa: PLC0415

    with LocalCloud(event_scheduler=False, keep_warm=False) as cloud:
        deployment.deploy(cloud, assembly)
        settings = load_settings(metrics_file)
        prepare.prepare(
            settings.databases["shop"],
            "shop",
            stack=settings.stack_of("shop"),
            tables=(),
            secret=None,
            clients=cloud.client,
        )
        cloud.database.execute(ROWS, [series])
        cloud.functions.keep_warm = True
        lines = len(cloud.functions.log_lines)
        before = children_milliseconds()
        client = cloud.client("stepfunctions")
        (machine,) = client.list_state_machines()["stateMachines"]
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        arn = client.start_execution(
            stateMachineArn=machine["stateMachineArn"], input=json.dumps({"ScheduledTime": moment})
        )["executionArn"]
        *_, execution = follow(client, arn, interval=0.5, deadline=timedelta(minutes=1))
        execution = describe(client, arn)
        assert execution.status == SUCCEEDED, execution.cause  # noqa: S101 - a program's own
        pages = [step.state for step in execution.steps].count("PublishMetrics")
        history = client.get_paginator("get_execution_history").paginate(executionArn=arn).search("events[]")
        workflow_log = sum(workflow_log_bytes(event, arn) for event in history)
    # The environment's process has ended with the cloud, so that its time is known.
    written = [*cloud.functions.log_lines[lines:], *LAMBDAS_OWN_LINES * pages]
    return Ran(
        cpu_milliseconds=children_milliseconds() - before,
        pages=pages,
        transitions=len(execution.steps),
        function_log_bytes=sum(len(line.encode()) + 1 for line in written),
        workflow_log_bytes=workflow_log,
    )


def workflow_log_bytes(event: Mapping[str, Any], arn: str) -> int:
    """Return how long the log's line about an event is (Step Functions guide, "Using CloudWatch Logs")."""
    (details, *_) = [value for key, value in event.items() if key.endswith("EventDetails")] or [{}]
    line = {
        "id": str(event["id"]),
        "type": event["type"],
        "details": {key: value for key, value in details.items() if key not in EXECUTION_DATA},
        "redrive_count": "0",
        "previous_event_id": str(event["previousEventId"]),
        "event_timestamp": "1766000000000",
        "execution_arn": arn,
    }
    return len(json.dumps(line, separators=(",", ":"), default=str).encode())


def program_milliseconds(program: str) -> float:
    """Return the CPU time of a whole Python program."""
    return median(_once("-I", "-c", program) for _ in range(REPETITIONS))


def _once(*arguments: str, environment: Mapping[str, str] | None = None) -> float:
    before = children_milliseconds()
    subprocess.run([sys.executable, *arguments], check=True, env=environment)
    return children_milliseconds() - before


def children_milliseconds() -> float:
    """Return the time that all processes that this one has started, and that have ended, were computing.

    Not the time that passes: on a busy machine that says little.
    """
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000


if __name__ == "__main__":
    main()
