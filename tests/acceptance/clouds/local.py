"""The local cloud: `sidestep local` in a process of its own."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import boto3

from tests.acceptance.clouds.cloud import CloudFacts, Feature
from tests.end_to_end.programs import running
from tests.end_to_end.shell import Shell, lines_to_paste


class LocalCloud:
    """Starts `sidestep local` and takes the lines that it prints for another shell."""

    name: Final = "local"
    lacks: Final[Mapping[Feature, str]] = {
        Feature.EVALUATED_ALARMS: "an alarm stays OK until set-alarm-state is called (docs/local-cloud.md)",
        Feature.EXPRESS_LOGS: "an Express workflow runs as a Standard one (docs/local-cloud.md)",
        Feature.DATABASE_METRICS: "the embedded database is not measured",
        Feature.ACCOUNT: "there is no account",
        Feature.POLICY_SIMULATION: "moto has no policy simulator",
        Feature.SINGLE_STATES: "moto has no TestState",
    }
    remarks: Final[Sequence[str]] = (
        "An Express workflow runs as a Standard one (docs/local-cloud.md).",
        "Of the permissions, only rds-db:connect is enforced (docs/local-cloud.md).",
    )

    def __init__(self, folder: Path) -> None:
        """Prepare a cloud; its files are below `folder`."""
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start it."""
        with ExitStack() as starting:
            process = starting.enter_context(running(self._folder, "local"))
            shell = Shell(lines_to_paste(process), self._folder)
            variables = {
                name: value for name, value in shell.variables().items() if name.startswith(("AWS_", "NO_PROXY"))
            }
            self._facts = CloudFacts(
                region=variables["AWS_REGION"], environment=variables, versions={"moto": version("moto")}
            )
            self._stack = starting.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End it; everything that it had is gone."""
        self._stack.close()

    @property
    def facts(self) -> CloudFacts:
        """Implement Cloud."""
        return self._facts

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        """Implement Cloud."""
        variables = self._facts.environment
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=self._facts.region,
            endpoint_url=variables["AWS_ENDPOINT_URL"],
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )

    def before_deployment(self, assembly: Path) -> None:
        """Implement Cloud: the assembly is deployed as it is."""
