"""An AWS account: that of the shell, after an explicit yes, and cleaned up whatever happens."""

import os
import signal
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, Final, Self

import pytest

from sidestep.aws.clients import Clients, operators_clients
from tests.acceptance.assets import UploadedAssets
from tests.acceptance.clean_up import PACE, CleanUp
from tests.acceptance.clouds.cloud import CloudFacts, Feature, LeftoversError
from tests.acceptance.preflight.template import place_of
from tests.acceptance.run_resources import CLEAN_UP, TAG, new_name, qualifier, toolkit_stack

SPEND: Final = "SPEND"
"""The variable that must be "yes" in the environment."""

BOOTSTRAP_STACK: Final = "CDKToolkit"
"""The stack of `cdk bootstrap`."""

PATIENCE: Final = 60 * 60
"""Seconds: `cdk destroy` waits up to 40 minutes for Lambda's network interfaces."""

ONE_REGION: Final = "us-east-1"
"""The Region of services that have an endpoint in one only (AWS General Reference)."""

_IN_ONE_REGION: Final = ("freetier",)

_SHELL: Final = ("AWS_", "HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""What programs need of the shell, to find its credentials and to reach AWS."""


class AwsCloud:
    """The account and Region of the shell's credentials.

    The run has a name of its own, with which all names begin. It uses the account's bootstrap stack as it is,
    or makes one of its own, which it removes.
    """

    name: Final = "aws"
    lacks: Final[Mapping[Feature, str]] = {}

    def __init__(self, folder: Path) -> None:
        """Prepare a run; it needs no folder."""
        del folder
        self.run: Final = new_name()
        self.remarks: Final[list[str]] = []
        self._is_ending = False

    def __enter__(self) -> Self:
        """Check that the run is wanted, and that there are credentials; from now on, clean up at exit."""
        if os.environ.get(SPEND) != "yes":
            pytest.exit(f"the suite costs money on AWS; write {SPEND}=yes", returncode=pytest.ExitCode.USAGE_ERROR)
        place = place_of(self.client("sts"))
        self._assets = UploadedAssets(self._clients, place) if self._is_bootstrapped() else None
        self._facts = self._facts_of(place.region, own_bootstrap=self._assets is None)
        self._handlers = {
            number: signal.signal(number, self._interrupt) for number in (signal.SIGINT, signal.SIGTERM)
        }
        print(f"\n{self.run} in {place.region} of account {place.account}")
        print(f"If this process is killed: {CLEAN_UP.format(run=self.run)}")
        return self

    def __exit__(self, *_: object) -> None:
        """Remove everything, and report what is left.

        Raises:
            LeftoversError: something is left.
        """
        print(f"\nCleaning up after {self.run}; from now on, Ctrl-C ends the waiting.")
        left = [*CleanUp(self.run, self._clients, pace=PACE).run(), *(self._assets.remove() if self._assets else ())]
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self.remarks.extend(f"Left: {leftover.what}: {leftover.why}. `{leftover.command}`" for leftover in left)
        if left:
            raise LeftoversError("\n".join(["Left in the account:", *map(str, left)]))

    @property
    def facts(self) -> CloudFacts:
        """Implement Cloud."""
        return self._facts

    def client(self, service: str) -> Any:  # noqa: ANN401 - the caller knows the type of the client
        """Implement Cloud."""
        return (self._elsewhere if service in _IN_ONE_REGION else self._clients)(service)

    def before_deployment(self, assembly: Path) -> None:
        """Implement Cloud: note what is going to be uploaded. The preflight has checked the first assembly."""
        if self._assets:
            self._assets.expect(assembly)

    @cached_property
    def _clients(self) -> Clients:
        return operators_clients(None, read_timeout=60, attempts=5)

    @cached_property
    def _elsewhere(self) -> Clients:
        return operators_clients(ONE_REGION, read_timeout=60, attempts=5)

    def _is_bootstrapped(self) -> bool:
        client = self.client("cloudformation")
        try:
            (stack,) = client.describe_stacks(StackName=BOOTSTRAP_STACK)["Stacks"]
        except client.exceptions.ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
        return bool(stack["StackStatus"] != "REVIEW_IN_PROGRESS")

    def _facts_of(self, region: str, *, own_bootstrap: bool) -> CloudFacts:
        shell = {name: value for name, value in os.environ.items() if name.startswith(_SHELL)}
        toolkit = ["--toolkit-stack-name", toolkit_stack(self.run)]
        own = qualifier(self.run)
        return CloudFacts(
            region=region,
            environment={**shell, "AWS_REGION": region, "AWS_DEFAULT_REGION": region},
            stack_prefix=self.run,
            cdk_options=["--tags", f"{TAG}={self.run}", *(toolkit if own_bootstrap else ())],
            bootstrap_options=["--qualifier", own] if own_bootstrap else None,
            synth_options=["--context", f"@aws-cdk/core:bootstrapQualifier={own}"] if own_bootstrap else (),
            patience=PATIENCE,
            versions={"Region": region},
        )

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """End the run once, and let nothing interrupt pytest on its way to the clean-up."""
        del number, frame
        if not self._is_ending:
            self._is_ending = True
            raise KeyboardInterrupt
