"""cdk-nag's AwsSolutions: no finding that is not acknowledged with a reason."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

import sidestep.infrastructure.vpc_function
from sidestep import project
from sidestep.infrastructure.stack import SidestepStack
from sidestep.metrics_file import load_settings
from tests.infrastructure.conftest import new_app


def findings(folder: Path) -> list[str]:
    app = new_app(folder / "out")
    SidestepStack(app, database="shop", settings=load_settings(project.METRICS_FILE), build=folder / "build")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with suppress(RuntimeError):  # jsii's, whenever a finding is left
        app.synth()
    report = json.loads((folder / "out" / "validation-report.json").read_text(encoding="utf-8"))
    return [violation["ruleName"] for plugin in report["pluginReports"] for violation in plugin["violations"]]


def test_every_finding_is_acknowledged(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


def test_a_finding_without_a_reason_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a function whose findings nobody acknowledges
    monkeypatch.setattr(sidestep.infrastructure.vpc_function, "acknowledge", lambda *_: None)

    # When / Then
    assert "AwsSolutions-IAM5[Resource::*]" in findings(tmp_path)
