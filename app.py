"""The CDK app: metrics.toml becomes one stack per database.

`cdk synth -c metrics=other.toml` reads another file.
"""

import os
import sys
from pathlib import Path

from aws_cdk import App

from sidestep import project
from sidestep.infrastructure.bundling import BundlingError
from sidestep.infrastructure.stack import SidestepStack
from sidestep.metrics_file import load_settings
from sidestep.mistakes import SettingsError
from sidestep.target import Target, check_targets


def main() -> None:
    """Synthesize; a mistake of the user's ends with its message and exit code 2."""
    app = App()
    try:
        file = Path(app.node.try_get_context("metrics") or project.METRICS_FILE)
        settings = load_settings(file)
        shell = Target.from_environment(os.environ)
        check_targets(settings, shell, file=file.name)
        for name, database in settings.databases.items():
            SidestepStack(app, database=name, settings=settings, build=project.BUILD, target=shell.of(database))
    except (SettingsError, BundlingError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    app.synth()


main()
