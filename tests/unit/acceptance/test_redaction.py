"""A report can be published: nothing in it identifies an account, a network, a machine or a person."""

import getpass
import socket
from pathlib import Path

import pytest

from tests.acceptance.redaction import redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "User: arn:aws:sts::123456789012:assumed-role/Admin/jane@example.com is not authorized to perform: "
            "iam:CreateRole on resource: role acceptance-1a2b3c4d-preflight",
            "User: <principal> is not authorized to perform: iam:CreateRole on resource: role "
            "acceptance-1a2b3c4d-preflight",
        ),
        (
            '{"Role": "arn:aws-us-gov:iam::123456789012:role/cdk-1a2b3c4d-deploy"}',
            '{"Role": "<principal>"}',
        ),
        (
            "arn:aws:states:eu-central-1:123456789012:stateMachine:WorkflowStateMachine",
            "arn:aws:states:eu-central-1:<account>:stateMachine:WorkflowStateMachine",
        ),
        ("cdk-1a2b3c4d-assets-123456789012-eu-central-1", "cdk-1a2b3c4d-assets-<account>-eu-central-1"),
        (
            "cannot connect to acceptance-1a2b3c4d-shop-db.c0ffee123456.eu-central-1.rds.amazonaws.com:3306",
            "cannot connect to <host>:3306",
        ),
        ("ip-10-0-0-12.eu-central-1.compute.internal (10.0.0.12)", "<host> (<address>)"),
        ("subnet-0a1b2c3d4e5f60718 of vpc-0a1b2c3d", "<subnet> of <vpc>"),
        (
            "dbuser:db-ABCDEFGHIJKLMNOPQRSTUVWXYZ/sidestep, secret:rds!db-0a1b2c3d-4e5f-AbCdEf",
            "dbuser:<database>/sidestep, secret:<secret>",
        ),
        ("key AKIAIOSFODNN7EXAMPLE", "key <key>"),
        ("mail to ops@example.com", "mail to <e-mail>"),
    ],
)
def test_what_identifies_someone_is_replaced(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "CloudWatch.CloudWatchException: Rate exceeded",
        "| 27 passed | 1 failed | 288.59 |",
        "acceptance-1a2b3c4d-shop is DELETE_FAILED at 2026-11-27T00:49:59Z",
        "aws-cdk 2.1148.1, boto3 1.44.5, Python 3.13.1 on Linux",
        "AWS::RDS::DBInstance db.t4g.micro in eu-central-1a, rds-ca-rsa2048-g1",
        "Left: role acceptance-1a2b3c4d-preflight: DeleteConflict. `aws iam delete-role --role-name x`",
    ],
)
def test_what_explains_a_result_stays(text: str) -> None:
    assert redacted(text) == text


def test_this_machine_and_its_user_are_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Given
    monkeypatch.setattr(socket, "gethostname", lambda: "janes-laptop")
    monkeypatch.setattr(getpass, "getuser", lambda: "jane.doe")
    monkeypatch.setenv("HOME", str(tmp_path))

    # Then
    found = redacted(f"{tmp_path}/sidestep/app.py failed on janes-laptop for jane.doe")
    assert found == "~/sidestep/app.py failed on <machine> for <user>"
