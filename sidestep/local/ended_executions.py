"""Notices executions that have ended on a local cloud, whoever started them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from sidestep.aws.executions import RUNNING, Execution, describe
from sidestep.local.cloud import LocalCloud

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

LOOKED_AT: Final = 100
"""Of each state machine, only the latest executions: more do not start from one look to the next."""


class EndedExecutions:
    """Tells of each execution once."""

    def __init__(self, cloud: LocalCloud) -> None:
        """Begin with a cloud on which none has ended."""
        self._stepfunctions: SFNClient = cloud.client("stepfunctions")
        self._told: set[str] = set()

    def look(self) -> Iterator[Execution]:
        """Yield what has ended since the last look, in the order of their starts."""
        for machine in self._stepfunctions.list_state_machines()["stateMachines"]:
            try:
                yield from self._look_at(machine["stateMachineArn"])
            except ClientError:  # a deployment has just taken it away
                continue

    def _look_at(self, machine: str) -> Iterator[Execution]:
        latest = self._stepfunctions.list_executions(stateMachineArn=machine, maxResults=LOOKED_AT)["executions"]
        for execution in reversed(latest):
            arn = execution["executionArn"]
            if execution["status"] != RUNNING and arn not in self._told:
                self._told.add(arn)
                yield describe(self._stepfunctions, arn)
