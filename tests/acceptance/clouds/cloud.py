"""What the acceptance suite needs from a cloud: where it is, how programs reach it, and what it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self

import pytest


class Feature(StrEnum):
    """A behaviour of AWS that an emulator may lack."""

    EVALUATED_ALARMS = "evaluation of alarms"
    SCHEDULED_TIME = "scheduled time in a schedule's input"
    METRIC_MATH_ALARMS = "alarms on metric math"
    LOOKUPS = "lookups of databases by the CDK"
    EXPRESS_LOGS = "logs of Express workflows"
    DATABASE_METRICS = "metrics of the database"
    ACCOUNT = "plan, quotas and zones of an account"
    POLICY_SIMULATION = "simulation of policies"
    SIMULATED_CONTEXT = "context of a simulated request"
    SINGLE_STATES = "execution of single states"
    REFUSED_REQUESTS = "refused requests of single states"
    NAMED_RETRIERS = "retriers of single states"


@dataclass(frozen=True, kw_only=True)
class CloudFacts:
    """What is known of a cloud once it runs.

    Attributes:
        region: the Region of the deployment.
        environment: the AWS variables of a user's shell, for `cdk`, `sidestep` and boto3 programs.
        stack_prefix: the key `name` of metrics.toml, with which the names of stacks begin.
        keys: further lines at the top of metrics.toml.
        cdk_options: options of `cdk bootstrap` and `cdk deploy`, such as tags.
        bootstrap_options: further options of `cdk bootstrap`; None if the suite uses an existing bootstrap stack.
        synth_options: options of `cdk synth`.
        patience: seconds that a program or a change may take before a test fails.
        versions: the names and versions of the cloud's parts, for the report.
    """

    region: str
    environment: Mapping[str, str]
    stack_prefix: str = "sidestep"
    keys: Sequence[str] = ()
    cdk_options: Sequence[str] = ()
    bootstrap_options: Sequence[str] | None = ()
    synth_options: Sequence[str] = ()
    patience: float = 120
    versions: Mapping[str, str] = field(default_factory=dict)


class LeftoversError(Exception):
    """A cloud could not remove everything; the message lists what is left, and how to remove it."""


class Cloud(Protocol):
    """A place to deploy to. Use it as a context manager; at exit nothing of the deployment is left.

    Attributes:
        name: as in the option `--cloud`.
        lacks: the features that it does not have, with the reason. Tests that need one are skipped.
        remarks: for the report: what differs from AWS although no test is skipped. They are read after exit, so a
            cloud can add what it could not remove.
        facts: available from entry on.
    """

    @property
    def name(self) -> str: ...

    @property
    def lacks(self) -> Mapping[Feature, str]: ...

    @property
    def remarks(self) -> Sequence[str]: ...

    @property
    def facts(self) -> CloudFacts: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None:
        """Remove everything.

        Raises:
            LeftoversError: something is left.
        """
        ...

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        """Return a boto3 client for a service."""
        ...

    def before_deployment(self, assembly: Path) -> None:
        """Prepare for a cloud assembly that is deployed next: an emulator may change it, AWS checks it first.

        Raises:
            Exception: the assembly must not be deployed.
        """
        ...


def skip_without(cloud: Cloud, feature: Feature) -> None:
    """Skip the test, or all tests of the fixture, that needs a feature which the cloud lacks."""
    if feature in cloud.lacks:
        pytest.skip(f"no {feature}: {cloud.lacks[feature]}")
