"""The suite's AWS cloud, against the local cloud: whatever ends the run, nothing is left, or it is listed."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from sidestep import paths
from sidestep.aws.clients import Clients
from sidestep.local.cloud import LocalCloud
from tests.acceptance.clean_up import runs_left
from tests.acceptance.clouds.aws import AwsCloud

pytestmark = pytest.mark.slow

BEGINNING: Final = """
import json, os, signal
from tests.acceptance.clouds import aws
from tests.acceptance.clean_up import Pace

aws.PACE = Pace(seconds=1, pause=0)
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})

def deploy(cloud):
    run = cloud.facts.stack_prefix
    cloud.client("cloudformation").create_stack(StackName=f"{run}-shop", TemplateBody=TEMPLATE)
    cloud.client("logs").create_log_group(logGroupName=f"/aws/vendedlogs/states/{run}-shop")
    cloud.client("iam").create_role(RoleName=f"{run}-preflight", AssumeRolePolicyDocument="{}")
    return run

def test_the_stack_is_deployed(cloud):
    deploy(cloud)
"""

FAILURE: Final = """
def test_the_stack_is_destroyed(cloud):
    raise RuntimeError("cdk destroy ended with 1")
"""

INTERRUPT: Final = """
def test_the_database_is_prepared(cloud):
    role = f"{cloud.facts.stack_prefix}-preflight"
    cloud.client("iam").attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::123456789012:policy/Any")
    os.kill(os.getpid(), signal.SIGINT)

def test_nothing_runs_after_it(cloud):
    raise RuntimeError
"""


SECOND_SIGNAL: Final = """
import os, signal

def pytest_keyboard_interrupt():
    os.kill(os.getpid(), signal.SIGTERM)
"""


@dataclass(frozen=True)
class Ended:
    """What a run printed and reported, and its exit code."""

    code: int
    output: str
    report: str

    @property
    def run(self) -> str:
        """The name of the run, as it printed it."""
        found = re.search(r"acceptance-[0-9a-f]{8}", self.output)
        assert found, self.output
        return found[0]


@pytest.fixture(autouse=True, scope="module")
def _policy(clients: Clients) -> None:
    """Create a policy that does not belong to any run."""
    statement = {"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    clients("iam").create_policy(PolicyName="Any", PolicyDocument=json.dumps(policy))


def suite(folder: Path, account: LocalCloud, tests: str) -> Ended:
    """Run some tests as the acceptance suite, in an account that the local cloud stands for."""
    (folder / "conftest.py").write_text(SECOND_SIGNAL, encoding="utf-8")
    (folder / "test_scenario.py").write_text(BEGINNING + tests, encoding="utf-8")
    report = folder / "report.md"
    options = [
        "--cloud",
        "aws",
        "--acceptance-report",
        str(report),
        "--rootdir",
        str(folder),
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-p", "tests.acceptance.conftest", *options, str(folder)],
        cwd=paths.ROOT,
        env={
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": account.endpoint_url,
            "AWS_REGION": "eu-central-2",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "SPEND": "yes",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(
        done.returncode, done.stdout + done.stderr, report.read_text(encoding="utf-8") if report.exists() else ""
    )


def test_a_failed_destroy_leaves_nothing(account: LocalCloud, clients: Clients, tmp_path: Path) -> None:
    # When
    ended = suite(tmp_path, account, FAILURE)

    # Then
    assert ended.code == pytest.ExitCode.TESTS_FAILED, ended.output
    assert f"python -m tests.acceptance.clean_up {ended.run}" in ended.output
    assert f"{ended.run}-shop is CREATE_COMPLETE: deleting it" in ended.output
    assert runs_left(clients) == []
    assert "the stack is deployed | passed" in ended.report


def test_an_interrupted_run_leaves_only_what_its_report_lists(
    account: LocalCloud, clients: Clients, tmp_path: Path
) -> None:
    # When Ctrl-C comes, another signal before the clean-up, and the clean-up cannot delete a role
    ended = suite(tmp_path, account, INTERRUPT)

    # Then
    assert ended.code == pytest.ExitCode.INTERRUPTED, ended.output
    assert clients("cloudformation").describe_stacks()["Stacks"] == []
    assert runs_left(clients) == [ended.run]
    (remark,) = [line for line in ended.report.splitlines() if line.startswith("| aws | Left: ")]
    assert f"role {ended.run}-preflight" in remark
    assert f"`python -m tests.acceptance.clean_up {ended.run}`" in remark


def test_nothing_happens_without_a_yes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPEND", "no")
    with pytest.raises(pytest.exit.Exception, match="SPEND=yes"):
        AwsCloud(tmp_path).__enter__()


@pytest.mark.parametrize("is_bootstrapped", [True, False])
def test_an_existing_bootstrap_stack_is_used_and_stays(
    account: LocalCloud, clients: Clients, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_bootstrapped: bool
) -> None:
    # Given
    cloudformation = clients("cloudformation")
    if is_bootstrapped:
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        cloudformation.create_stack(StackName="CDKToolkit", TemplateBody=template)
    for name, value in (("AWS_ENDPOINT_URL", account.endpoint_url), ("AWS_DEFAULT_REGION", "eu-central-2")):
        monkeypatch.setenv(name, value)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("SPEND", "yes")

    # When
    with AwsCloud(tmp_path) as cloud:
        facts = cloud.facts

    # Then
    assert (facts.bootstrap_options is None) is is_bootstrapped
    assert (f"{facts.stack_prefix}-toolkit" in facts.cdk_options) is not is_bootstrapped
    assert f"sidestep-acceptance={facts.stack_prefix}" in facts.cdk_options
    remaining = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    assert remaining == (["CDKToolkit"] if is_bootstrapped else [])
    for stack in remaining:
        cloudformation.delete_stack(StackName=stack)
