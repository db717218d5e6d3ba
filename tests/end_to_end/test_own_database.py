"""A user's own databases on the local cloud: created from metrics.toml, looked up, prepared and queried."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
import trustme

from sidestep.local.cloud import ACCOUNT
from tests.database.postgres import Postgres, running_postgres
from tests.end_to_end.programs import DEADLINE, running
from tests.end_to_end.shell import Shell, run

if TYPE_CHECKING:
    import subprocess

pytestmark = pytest.mark.acceptance

METRICS = """
    namespace = "Shop"
    schedule = "rate(1 day)"

    [database.orders]
    instance = "orders-db"
    vpc_id = "vpc-0a1b2c3d4e5f60718"
    schema = "orders"
    prepare = true

    [database.company]
    cluster = "company-db"
    vpc_id = "vpc-0a1b2c3d4e5f60718"
    subnets = ["subnet-0a1b2c3d4e5f60718"]
    security_group = "sg-0a1b2c3d4e5f60718"
    database = "company"
    schema = "shop"
    prepare = true

    [[query]]
    name = "orders"
    database = "orders"
    sql = "SELECT COUNT(*) AS Orders FROM orders"
    metrics = { Orders = { unit = "Count" } }

    [[query]]
    name = "sales"
    database = "company"
    sql = 'SELECT COUNT(*) AS "Sales" FROM sales'
    metrics = { Sales = { unit = "Count" } }
"""

PRODUCTION = {"vpc-provider:account=111122223333:filter.vpc-id=vpc-1:region=eu-central-2": {"vpcId": "vpc-1"}}
"""An earlier lookup in an account."""

LEFT_BEHIND = {f"vpc-provider:account={ACCOUNT}:filter.vpc-id=vpc-1:region=eu-central-2": {"vpcId": "vpc-2"}}
"""A lookup that remains from a local cloud that was killed."""


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def postgres(authority: trustme.CA) -> Iterator[Postgres]:
    """A developer's server, with a user who has a password."""
    with running_postgres(authority.issue_cert("localhost")) as server:
        server.execute_in("postgres", f"CREATE DATABASE {server.database}")
        server.execute("CREATE SCHEMA shop; CREATE TABLE shop.sales AS SELECT generate_series(1, 3)")
        server.execute("CREATE USER developer PASSWORD 'a secret'")
        server.execute("GRANT USAGE ON SCHEMA shop TO developer; GRANT SELECT ON shop.sales TO developer")
        yield server


@pytest.fixture
def local(folder: Path, postgres: Postgres, authority: trustme.CA) -> Iterator["subprocess.Popen[str]"]:
    """`sidestep local` with the databases of the file, in the folder in which the CDK will run."""
    roots = folder / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    (folder / "metrics.toml").write_text(METRICS.replace("\n    ", "\n"), encoding="utf-8")
    cwd = Shell("", folder).project
    (cwd / "cdk.context.json").write_text(json.dumps({**PRODUCTION, **LEFT_BEHIND}), encoding="utf-8")
    url = f"company=postgres://developer@localhost:{postgres.port}/company"
    words = ("local", "--file", str(folder / "metrics.toml"), "--database", url, "--ca", str(roots))
    with running(folder, *words, cwd=cwd, SIDESTEP_DATABASE_PASSWORD="a secret") as local:
        yield local


def answers(shell: Shell) -> dict[str, object]:
    content: dict[str, object] = json.loads((shell.project / "cdk.context.json").read_text(encoding="utf-8"))
    return content


def test_own_databases_run_end_to_end(shell: Shell, local: "subprocess.Popen[str]") -> None:
    # Given a bootstrapped account
    session = boto3.Session()
    stepfunctions = session.client("stepfunctions")
    assert answers(shell) == PRODUCTION
    assert shell.cdk("bootstrap", f"aws://{ACCOUNT}/eu-central-2").returncode == 0

    # When
    shell.deploy(METRICS)

    # Then the lookups are stored: two databases, and the subnets that the file does not name
    assert len(answers(shell).keys() - PRODUCTION.keys()) == 3

    # And the functions are in the networks of the databases, one of which has the ids of the file
    functions = {one["FunctionName"]: one for one in session.client("lambda").list_functions()["Functions"]}
    networks = {
        name.split("-")[1]: set(one["VpcConfig"]["SubnetIds"])
        for name, one in functions.items()
        if ".query_database." in one["Handler"]
    }
    assert networks["company"] == {"subnet-0a1b2c3d4e5f60718"}
    assert networks["orders"]
    (group,) = session.client("ec2").describe_security_groups(GroupIds=["sg-0a1b2c3d4e5f60718"])["SecurityGroups"]
    assert [rule["FromPort"] for rule in group["IpPermissions"]] == [5432]

    # When the embedded one is prepared by its administrator, whose password RDS manages
    metrics_file = str(shell.folder / "metrics.toml")
    prepared = shell.sidestep("prepare", "orders", "--file", metrics_file)

    # Then its user may read; the missing table is the database's own error
    assert (prepared.returncode, prepared.stderr) == (0, "")
    asked = run(stepfunctions, "sidestep-orders")
    assert asked.error == "QueriesFailed"
    assert "1146 Table 'orders.orders'" in (asked.cause or "")

    # And the real one needs no preparation, and returns a result
    assert shell.sidestep("prepare", "company", "--file", metrics_file).returncode == 1
    asked = run(stepfunctions, "sidestep-company")
    assert asked.status == "SUCCEEDED", asked.cause
    metrics = session.client("cloudwatch").list_metrics(Namespace="Shop")["Metrics"]
    assert "Sales" in [one["MetricName"] for one in metrics]

    # When the cloud ends
    os.killpg(local.pid, signal.SIGINT)
    _, errors = local.communicate(timeout=DEADLINE)

    # Then its lookups are removed, and those of production remain
    assert errors.splitlines() == [f"reading {shell.folder / 'metrics.toml'}"]
    assert answers(shell) == PRODUCTION

    # When the shell outlives its cloud
    refused = shell.cdk("synth")
    started = shell.sidestep("run", "orders", "--file", metrics_file)

    # Then both name the closed endpoint
    for done in (refused, started):
        assert done.returncode == 1
        assert shell.variables()["AWS_ENDPOINT_URL"] in done.stderr
