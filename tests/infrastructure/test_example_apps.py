"""The apps in examples/: each is synthesized, and those with MySQL are deployed to the local cloud and run."""

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]

from sidestep import paths
from sidestep.aws.executions import follow
from sidestep.aws.metrics import Series, read_series
from sidestep.lambdas.prepare_database.mysql import statements
from sidestep.lambdas.prepare_database.preparation import Preparation
from sidestep.local import deployment
from sidestep.local.cloud import ACCOUNT, DATABASE_HOST, REGION, LocalCloud
from sidestep.local.database import EmbeddedDatabase
from tests.infrastructure.conftest import Template, only, resources

pytestmark = pytest.mark.acceptance

EXAMPLES: Final = paths.ROOT / "examples"

MINUTE: Final = timedelta(minutes=1)

OPEN: Final = Series("OpenOrders")


class Shop(EmbeddedDatabase):
    """The database of the examples."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of EmbeddedDatabase
        super().__init__(**options | {"schema": "shop"})
        preparation = Preparation("sidestep", "shop", "shop")
        for statement in (statements.creation("sidestep"), *statements.grants(preparation)):
            self.administer(statement)
        self.execute("CREATE TABLE orders (country TEXT, shipped_at TEXT)")
        self.execute("INSERT INTO orders VALUES ('DE', NULL), ('DE', NULL), ('FR', NULL), ('FR', '2026-01-01')")


@dataclass(frozen=True)
class Example:
    """A copy of an example's folder, without whatever else is in the repository."""

    folder: Path

    def synthesized(self, context: Mapping[str, object] | None = None) -> Path:
        """Run its app as the CDK's command line does; return the folder of the assembly."""
        assembly = self.folder / "cdk.out"
        result = subprocess.run(
            [sys.executable, "app.py"],
            cwd=self.folder,
            env={
                **os.environ,
                "CDK_OUTDIR": str(assembly),
                "CDK_DEFAULT_ACCOUNT": ACCOUNT,
                "CDK_DEFAULT_REGION": REGION,
                "CDK_CONTEXT_JSON": json.dumps(context or {}),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return assembly


@pytest.fixture
def example(tmp_path: Path, request: pytest.FixtureRequest) -> Example:
    """Give the example whose name is the parameter."""
    folder = tmp_path / request.param
    shutil.copytree(EXAMPLES / request.param, folder)
    (paths.ROOT / paths.BUILD).mkdir(exist_ok=True)
    (folder / paths.BUILD).symlink_to(paths.ROOT / paths.BUILD)  # its drivers are installed there already
    return Example(folder)


@pytest.fixture
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(database_class=Shop) as cloud:
        # What `cdk bootstrap` leaves, and the template of each stack asks for.
        cloud.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String")
        yield cloud


def template_in(assembly: Path, stack: str) -> Template:
    (file,) = assembly.glob(f"{stack}.template.json")
    template: Template = json.loads(file.read_text(encoding="utf-8"))
    return template


def run_all(cloud: LocalCloud) -> None:
    """Run every deployed state machine to a good end."""
    client = cloud.client("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        started = client.start_execution(
            stateMachineArn=machine["stateMachineArn"], input="{}", name=str(uuid.uuid4())
        )
        *_, end = follow(client, started["executionArn"], interval=0.1, deadline=MINUTE)
        assert end.status == "SUCCEEDED", end.cause


def published(cloud: LocalCloud) -> dict[Series, float]:
    """Return the latest value of each series."""
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    series = read_series(cloud.client("cloudwatch"), "Shop", start=now - 5 * MINUTE, end=now + MINUTE, period=MINUTE)
    return {one: values[max(values)] for one, values in series.items() if values}


def answered(cloud: LocalCloud, lookup: dict[str, Any]) -> object:
    """Answer a lookup of the CDK with a network of the cloud, and with the database behind its stacks."""
    ec2 = cloud.client("ec2")
    if lookup["provider"] == "vpc-provider":
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]
        known = {
            "subnetId": subnet["SubnetId"],
            "availabilityZone": subnet["AvailabilityZone"],
            "cidr": "10.0.0.0/24",
        }
        group = {"name": "Isolated", "type": "Isolated", "subnets": [known | {"routeTableId": "rtb-1"}]}
        return {"vpcId": vpc, "vpcCidrBlock": "10.0.0.0/16", "ownerAccountId": ACCOUNT, "subnetGroups": [group]} | {
            "availabilityZones": []
        }
    identifier = lookup["props"]["exactIdentifier"]
    group = ec2.create_security_group(GroupName="orders", Description="of the database")["GroupId"]
    instance = cloud.client("rds").create_db_instance(
        DBInstanceIdentifier=identifier, DBInstanceClass="db.t4g.small", Engine="mysql", AllocatedStorage=20
    )["DBInstance"]
    return [
        {
            "Identifier": identifier,
            "DBInstanceArn": instance["DBInstanceArn"],
            "Endpoint.Address": DATABASE_HOST,
            "Endpoint.Port": str(cloud.database.port),
            "DbiResourceId": instance["DbiResourceId"],
            "VPCSecurityGroups": [group],
        }
    ]


@pytest.mark.slow
@pytest.mark.parametrize("example", ["smallest"], indirect=True)
def test_the_smallest_app_is_looked_up_deployed_and_runs(example: Example, cloud: LocalCloud) -> None:
    # Given the lookups that the CDK's command line makes after a first synth
    manifest = json.loads((example.synthesized() / "manifest.json").read_text(encoding="utf-8"))
    lookups = {lookup["key"]: answered(cloud, lookup) for lookup in manifest["missing"]}

    # When
    assembly = example.synthesized(lookups)
    deployment.deploy(cloud, assembly)
    run_all(cloud)

    # Then
    assert published(cloud) == {OPEN: 3.0}
    assert len(resources(template_in(assembly, "ShopMetrics"), "AWS::Lambda::Function")) == 1


@pytest.mark.slow
@pytest.mark.parametrize("example", ["own_stack"], indirect=True)
def test_an_own_stack_is_deployed_and_runs(example: Example, cloud: LocalCloud) -> None:
    # When
    assembly = example.synthesized()
    deployment.deploy(cloud, assembly)
    run_all(cloud)

    # Then
    by_country = {Series("OpenOrders", (("Country", name),)): count for name, count in {"DE": 2.0, "FR": 1.0}.items()}
    assert published(cloud) == by_country | {Series("Orders"): 4.0}
    alarms = resources(template_in(assembly, "Shop"), "AWS::CloudWatch::Alarm")
    assert len(alarms) == 3
    assert all(alarm["AlarmActions"] for alarm in alarms)


@pytest.mark.slow
@pytest.mark.parametrize("example", ["two_stages"], indirect=True)
def test_two_stages_are_deployed_to_one_account_and_run(example: Example, cloud: LocalCloud) -> None:
    # When
    assembly = example.synthesized()
    for stage in ("Test", "Prod"):
        deployment.deploy(cloud, assembly / f"assembly-{stage}")
    run_all(cloud)

    # Then
    assert published(cloud) == {Series("OpenOrders", (("Stage", name),)): 3.0 for name in ("Prod", "Test")}
    test, prod = (template_in(assembly / f"assembly-{name}", f"{name}Shop*") for name in ("Test", "Prod"))
    assert only(test, "AWS::Scheduler::Schedule")["ScheduleExpression"] == "rate(1 hour)"
    assert only(prod, "AWS::Scheduler::Schedule")["ScheduleExpression"] == "rate(5 minutes)"
    assert not resources(test, "AWS::CloudWatch::Alarm")


@pytest.mark.slow
@pytest.mark.parametrize("example", ["aurora_proxy"], indirect=True)
def test_aurora_behind_a_proxy_is_only_synthesized_as_the_local_cloud_has_no_proxies_in_stacks(
    example: Example,
) -> None:
    # When
    template = template_in(example.synthesized(), "Jobs")

    # Then
    variables = only(template, "AWS::Lambda::Function")["Environment"]["Variables"]
    assert (variables["DATABASE_ENGINE"], variables["DATABASE_PORT"]) == ("postgres", "5432")
    assert variables["DATABASE_CERTIFICATES"] == "amazon-roots.pem"
    assert only(template, "AWS::RDS::DBProxy")["DefaultAuthScheme"] == "IAM_AUTH"
    schedules = [one["ScheduleExpression"] for one in resources(template, "AWS::Scheduler::Schedule")]
    assert sorted(schedules) == ["rate(1 minute)", "rate(15 minutes)"]


def test_the_workflow_may_read_the_repository_and_log_in_to_aws_and_nothing_else() -> None:
    # When
    workflow = yaml.safe_load((EXAMPLES / "github_actions" / "deploy.yml").read_text(encoding="utf-8"))

    # Then
    (job,) = workflow["jobs"].values()
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "id-token": "write"}
    (login,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
    assert set(login) == {"role-to-assume", "aws-region"}
    assert "secrets." not in json.dumps(workflow)
