"""The clean-up of an acceptance run, on the local cloud."""

import json
import sys
from typing import Final

import pytest

from sidestep.aws.clients import Clients
from tests.acceptance import clean_up
from tests.acceptance.clean_up import CleanUp, Leftover, Pace, runs_left
from tests.unit.acceptance.refusals import refusing

pytestmark = pytest.mark.slow

RUN: Final = "acceptance-1a2b3c4d"
OTHER: Final = "acceptance-5e6f7a8b"
BUCKET: Final = "cdk-1a2b3c4d-assets-123456789012-eu-central-2"

IMPATIENT: Final = Pace(seconds=0.2, pause=0)

TEMPLATE: Final = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def make(clients: Clients, run: str) -> None:
    """Make what a run makes with and without its stacks."""
    for stack in ("shop", "toolkit"):
        clients("cloudformation").create_stack(StackName=f"{run}-{stack}", TemplateBody=TEMPLATE)
    cloudwatch = clients("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{run}-preflight-shop/missing",
        Namespace="Shop",
        MetricName="Orders",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
    )
    cloudwatch.put_dashboard(DashboardName=f"{run}-preflight-shop", DashboardBody='{"widgets": []}')
    for group in (f"{run}-shop-Logs", f"/aws/vendedlogs/states/{run}-shop", f"/aws/lambda/{run}-shop-Function"):
        clients("logs").create_log_group(logGroupName=group)
    iam = clients("iam")
    iam.create_role(RoleName=f"{run}-preflight", AssumeRolePolicyDocument="{}")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=f"{run}-preflight", PolicyName="preflight", PolicyDocument=json.dumps(policy))
    rds = clients("rds")
    instance = {"DBInstanceIdentifier": f"{run}-shop-database"}
    rds.create_db_instance(**instance, DBInstanceClass="db.t4g.micro", Engine="mysql")
    rds.create_db_snapshot(**instance, DBSnapshotIdentifier=f"{run}-by-hand")


def make_bucket(clients: Clients) -> None:
    """Make the bucket of a bootstrap stack, with two versions of an asset and a deleted one."""
    s3 = clients("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-2"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key in ("asset.zip", "asset.zip", "template.json"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"content")
    s3.delete_object(Bucket=BUCKET, Key="template.json")


def clean(clients: Clients, run: str) -> list[Leftover]:
    return CleanUp(run, clients, pace=IMPATIENT, say=lambda _: None).run()


def test_nothing_of_a_run_is_left_and_nothing_else_is_touched(clients: Clients) -> None:
    # Given
    make(clients, RUN)
    make_bucket(clients)
    make(clients, OTHER)
    assert runs_left(clients) == [RUN, OTHER]

    # When
    left = clean(clients, RUN)

    # Then
    assert left == []
    assert runs_left(clients) == [OTHER]
    assert [bucket["Name"] for bucket in clients("s3").list_buckets()["Buckets"]] == []
    (role,) = clients("iam").list_roles()["Roles"]
    assert role["RoleName"] == f"{OTHER}-preflight"
    assert clean(clients, OTHER) == []


def test_what_cannot_be_removed_is_listed_with_a_command(clients: Clients) -> None:
    # Given
    make(clients, RUN)
    make_bucket(clients)

    # When
    with refusing(clients, "DeleteDBSnapshot", "DeleteRole", "ListDashboards"):
        left = clean(clients, RUN)

    # Then
    assert [one.command for one in left if "cannot be listed" not in one.why] == [
        f"python -m tests.acceptance.clean_up {RUN}",
        f"aws rds delete-db-snapshot --db-snapshot-identifier {RUN}-by-hand",
    ]
    assert all("not yours" in one.why for one in left)
    assert {one.what for one in left} == {"dashboards", f"role {RUN}-preflight", f"RDS snapshot {RUN}-by-hand"}
    assert clean(clients, RUN) == []


def test_a_stack_that_remains_keeps_the_bootstrap_stack_that_its_deletion_needs(
    clients: Clients,
) -> None:
    # Given
    make(clients, RUN)
    make_bucket(clients)

    # When
    with refusing(clients, "DeleteStack"):
        left = clean(clients, RUN)

    # Then
    assert [(one.what, one.command) for one in left] == [
        (f"stack {RUN}-shop", f"aws cloudformation delete-stack --stack-name {RUN}-shop"),
        (f"bootstrap stack {RUN}-toolkit", f"python -m tests.acceptance.clean_up {RUN}"),
    ]
    assert "not yours" in left[0].why
    assert clients("s3").list_buckets()["Buckets"]
    assert not list(clients("rds").describe_db_instances()["DBInstances"])

    # When it is tried again, then
    assert clean(clients, RUN) == []
    assert runs_left(clients) == []


@pytest.mark.parametrize("every", [True, False])
def test_the_command_removes_the_runs_of_a_machine_that_is_gone(
    clients: Clients, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, every: bool
) -> None:
    # Given
    make(clients, RUN)
    monkeypatch.setattr(clean_up, "operators_clients", lambda *_, **__: clients)
    monkeypatch.setattr(clean_up, "PACE", IMPATIENT)

    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["clean_up", *words])
        return clean_up.main(), capsys.readouterr().out

    # When
    listed, removed, then = run(), run("--all") if every else run(RUN), run()

    # Then
    assert listed == (1, f"{RUN}\n")
    assert removed[0] == 0
    assert then == (0, "Nothing is left of any run.\n")
