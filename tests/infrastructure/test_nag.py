"""cdk-nag's AwsSolutions: no finding that is not acknowledged with a reason."""

import json
from contextlib import suppress
from pathlib import Path

from aws_cdk import App, Validations, aws_iam
from cdk_nag import AwsSolutionsChecks

from sidestep import paths
from sidestep.config.loader import load_settings
from sidestep.infrastructure.environment import Environment
from sidestep.infrastructure.stack import SidestepStack
from tests.infrastructure.conftest import new_app

EXISTING = """
endpoint = "orders.c0ffee.eu-central-1.rds.amazonaws.com"
resource_id = "db-ABCDEFGH"
vpc_id = "vpc-0a1b2c3d"
subnets = ["subnet-0a1b2c3d"]
security_group = "sg-0a1b2c3d"
schema = "app"
"""


def findings(
    folder: Path,
    metrics_file: Path = paths.ROOT / "metrics.toml",
    environment: Environment = Environment(),  # noqa: B008 - immutable
    unacknowledged: aws_iam.PolicyStatement | None = None,
) -> list[str]:
    app = new_app(folder / "out")
    settings = load_settings(metrics_file)
    stack = SidestepStack(
        app, database="shop", settings=settings, build=paths.ROOT / paths.BUILD, environment=environment
    )
    if unacknowledged:
        role = aws_iam.Role(stack, "Other", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        role.add_to_policy(unacknowledged)
    return [rule for rule, _ in findings_in(app)]


def findings_in(app: App) -> list[tuple[str, str]]:
    """Synthesize an app; return the rules that are broken and the path of each construct that breaks them."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # jsii's, whenever a finding is left
        app.synth()
    report = json.loads((Path(app.outdir) / "validation-report.json").read_text(encoding="utf-8"))
    return [
        (violation["ruleName"], construct["constructPath"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


def test_every_finding_is_acknowledged(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


def test_every_finding_of_notifications_is_acknowledged(tmp_path: Path) -> None:
    # Given
    metrics_file = tmp_path / "metrics.toml"
    shipped = (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")
    metrics_file.write_text(f'notify = ["ops@example.com"]\n{shipped}', encoding="utf-8")

    # When / Then
    assert findings(tmp_path, metrics_file) == []


def test_every_finding_of_a_stack_that_is_bound_to_an_account_is_acknowledged(tmp_path: Path) -> None:
    # Given a database that is there already, in a known account and region
    metrics_file = tmp_path / "metrics.toml"
    shipped = (paths.ROOT / "metrics.toml").read_text(encoding="utf-8")
    metrics_file.write_text(shipped.replace("sample = true", EXISTING), encoding="utf-8")

    # When / Then
    assert findings(tmp_path, metrics_file, Environment("123456789012", "eu-central-1")) == []


def test_a_finding_without_an_acknowledgment_is_reported(tmp_path: Path) -> None:
    # Given a role with a wildcard, beside those of the stack
    wildcard = aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=["*"])

    # When / Then
    assert findings(tmp_path, unacknowledged=wildcard) == ["AwsSolutions-IAM5[Resource::*]"]
