"""Synthesizes one stack for each database of a metrics.toml, and one for the dashboard of several databases."""

import json
import os
import sys
from pathlib import Path

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

from sidestep import paths
from sidestep.bundle.build import BundlingError
from sidestep.config.errors import ConfigError
from sidestep.config.loader import load_settings
from sidestep.config.settings import Settings
from sidestep.config.validation import budget
from sidestep.infrastructure.environment import Environment, check_environments
from sidestep.infrastructure.overview import OverviewStack
from sidestep.infrastructure.stack import SidestepStack
from sidestep.infrastructure.template_limits import WITHOUT_CDK_LIMIT, check_templates


def synthesize() -> None:
    """Synthesize. An error in metrics.toml ends with its message and exit code 2."""
    app = App(context=WITHOUT_CDK_LIMIT)
    try:
        file = Path(app.node.try_get_context("metrics") or paths.METRICS_FILE)
        settings = load_settings(file)
        shell = Environment.from_variables(os.environ)
        check_environments(settings, shell, file=str(file))
        build = Path(app.node.try_get_context("build") or paths.BUILD)
        add_stacks(app, settings, build=build, shell=shell)
        assembly = app.synth()
        check_templates(Path(assembly.directory), settings, file=str(file))
    except (ConfigError, BundlingError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if _is_complete(assembly):
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(budget.summary(settings, file=str(file.absolute())), file=sys.stderr)


def add_stacks(app: App, settings: Settings, *, build: Path, shell: Environment = Environment()) -> None:  # noqa: B008
    """Add the stacks of a metrics.toml to an app; `shell` is the environment of the credentials."""
    for name, database in settings.databases.items():
        SidestepStack(app, database=name, settings=settings, build=build, environment=shell.of(database))
    if settings.has_overview:
        OverviewStack(app, settings=settings, shell=shell)


def _is_complete(assembly: CloudAssembly) -> bool:
    """Return whether the app has all lookups; otherwise the command line looks up and runs the app again."""
    # Not assembly.manifest: jsii fails to read it where an artifact has no template.
    manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text(encoding="utf-8"))
    return not manifest.get("missing")
