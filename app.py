"""The CDK app: one stack for each database of the metrics.toml in the folder of cdk.json.

`cdk synth -c metrics=other.toml` reads another file. `-c build=folder` sets the folder of the bundles; the default
is .build.
"""

from sidestep.infrastructure.interrupts import end_quietly

end_quietly()  # before the imports: importing the CDK takes a second or two

# ruff: noqa: E402
import json
import os
import sys
from pathlib import Path

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

from sidestep import paths
from sidestep.aws.errors import ended_cloud_hint
from sidestep.bundle.build import BundlingError
from sidestep.config.errors import SettingsError
from sidestep.config.loader import load_settings
from sidestep.config.validation import budget
from sidestep.infrastructure.environment import Target, check_targets
from sidestep.infrastructure.stack import SidestepStack
from sidestep.infrastructure.template_limits import NO_LIMIT_OF_THE_CDK, check_templates


def main() -> None:
    """Synthesize; a mistake of the user's ends with its message and exit code 2."""
    if hint := ended_cloud_hint(os.environ):  # the CDK would retry for a minute and report another error
        sys.exit(hint)
    app = App(context=NO_LIMIT_OF_THE_CDK)
    try:
        file = Path(app.node.try_get_context("metrics") or paths.METRICS_FILE)
        settings = load_settings(file)
        shell = Target.from_environment(os.environ)
        check_targets(settings, shell, file=str(file))
        build = Path(app.node.try_get_context("build") or paths.BUILD)
        for name, database in settings.databases.items():
            SidestepStack(app, database=name, settings=settings, build=build, target=shell.of(database))
        assembly = app.synth()
        check_templates(Path(assembly.directory), settings, file=str(file))
    except (SettingsError, BundlingError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if _is_complete(assembly):
        for warning in settings.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(budget.told(settings, file=str(file.absolute())), file=sys.stderr)


def _is_complete(assembly: CloudAssembly) -> bool:
    """Return whether the CDK has nothing to look up; else it does so and runs the app once more."""
    # Not assembly.manifest: jsii fails to read it where an artifact has no template.
    manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text(encoding="utf-8"))
    return not manifest.get("missing")


main()
