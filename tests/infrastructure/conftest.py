"""The synthesized template of the shipped metrics.toml, and of variations of it."""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CloudFormationValidatePlugin, Validations

from sidestep import paths
from sidestep.config.loader import load_settings
from sidestep.infrastructure.app import add_stacks

Template = dict[str, Any]


@pytest.fixture(scope="session")
def template(shipped_assembly: Path) -> Template:
    loaded: Template = json.loads((shipped_assembly / "sidestep-shop.template.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def synthesized(tmp_path: Path) -> Callable[[str], dict[str, Template]]:
    """Return a function from the text of a metrics.toml to its templates, by name of the stack."""

    def synthesized(text: str) -> dict[str, Template]:
        metrics_file = tmp_path / "metrics.toml"
        metrics_file.write_text(text, encoding="utf-8")
        settings = load_settings(metrics_file)
        app = new_app(tmp_path / "out")
        add_stacks(app, settings, build=paths.ROOT / paths.BUILD)
        return {stack.stack_name: stack.template for stack in app.synth().stacks}

    return synthesized


def new_app(output: Path) -> App:
    """Return a CDK app with the feature flags that the command line gives it, and with the CDK's rules."""
    context = json.loads((paths.ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = App(context=context, outdir=str(output))
    Validations.of(app).add_plugins(_rules())
    return app


@functools.cache  # compiling the rules takes a second
def _rules() -> CloudFormationValidatePlugin:
    return CloudFormationValidatePlugin()


def resources(template: Template, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type."""
    return [resource["Properties"] for resource in template["Resources"].values() if resource["Type"] == kind]


def function(template: Template, name: str) -> tuple[str, dict[str, Any]]:
    """Return the logical id and the properties of the function that has its sources in lambdas/`name`."""
    ((logical_id, properties),) = [
        (logical_id, resource["Properties"])
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
        and resource["Properties"]["Handler"] == f"lambdas.{name}.handler.handler"
    ]
    return logical_id, properties


def only(template: Template, kind: str) -> dict[str, Any]:
    """Return the properties of the one resource of a type."""
    (resource,) = resources(template, kind)
    return resource
