"""The latest executions of a workflow, polled with few requests."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from sidestep.aws.clients import Clients, explained
from sidestep.aws.executions import RUNNING, SUCCEEDED, Execution, ExecutionPoller
from sidestep.aws.express_log import ExpressLog
from sidestep.aws.state_machine import DeployedWorkflow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

SHOWN: Final = 8
"""The number of executions on the screen: as many as the workflow beside them has lines."""

LISTED: Final = 20
"""The number of executions that are read: more do not start between two polls."""

LONGEST_PAST: Final = timedelta(days=1)
"""The maximum age of log events that the first poll reads."""

OVERLAP: Final = timedelta(minutes=1)
"""Each poll of a log reads this time again, because events arrive late and in any order."""

MOST_PAGES: Final = 20
"""Pages of a log that one poll reads, up to 20 MB. The next poll reads the rest."""


class LatestExecutions(Protocol):
    """The latest executions of a workflow."""

    def poll(self) -> list[Execution]:
        """Return the executions in the order of their starts.

        Raises:
            AwsError: the executions cannot be read.
        """


def latest_executions(workflow: DeployedWorkflow, clients: Clients, past: timedelta) -> LatestExecutions:
    """Return the executions of a workflow; `past` is how far back the log of an Express workflow is read."""
    if workflow.keeps_history:
        return ListedExecutions(clients("stepfunctions"), workflow.arn)
    return LoggedExecutions(clients("logs"), workflow, min(past, LONGEST_PAST))


class ListedExecutions:
    """Executions of a Standard workflow.

    An execution that has ended is not read again. The first poll reads the history of the latest execution only, and
    the scheduled times of the executions on the screen only.
    """

    def __init__(self, client: "SFNClient", machine: str) -> None:
        """Prepare to read the executions of a state machine, given by its ARN."""
        self._client = client
        self._machine = machine
        self._pollers: dict[str, ExecutionPoller] = {}
        self._known: dict[str, Execution] = {}
        self._is_first_poll = True

    def poll(self) -> list[Execution]:
        """Return the executions in the order of their starts; see LatestExecutions."""
        with explained("states:ListExecutions"):
            listed = self._client.list_executions(stateMachineArn=self._machine, maxResults=LISTED)["executions"]
        self._known = {entry["executionArn"]: self._polled(entry, place) for place, entry in enumerate(listed)}
        self._pollers = {arn: poller for arn, poller in self._pollers.items() if arn in self._known}
        self._is_first_poll = False
        return sorted(self._known.values(), key=lambda execution: execution.started)

    def _polled(self, entry: "ExecutionListItemTypeDef", place: int) -> Execution:
        arn, status = entry["executionArn"], entry["status"]
        known, poller = self._known.get(arn), self._pollers.get(arn)
        if known and known.status == status != RUNNING and (poller is None or poller.history_complete):
            return known
        poller = poller or ExecutionPoller(self._client, arn)
        is_new = known is None and not (self._is_first_poll and place >= SHOWN)
        if is_new or status not in (RUNNING, SUCCEEDED):
            with explained("states:DescribeExecution"):
                execution = poller.described()
        else:  # the list has the status, and no more is needed
            scheduled = known.scheduled if known else None
            execution = Execution(arn, status, entry["startDate"], entry.get("stopDate"), None, None, (), scheduled)
        if self._is_first_poll and place > 0 and status != RUNNING:
            return execution
        self._pollers[arn] = poller
        with explained("states:GetExecutionHistory"):
            poller.read_history()
        return poller.with_steps(execution)


class LoggedExecutions:
    """Executions of an Express workflow, from its log."""

    def __init__(self, client: Any, workflow: DeployedWorkflow, past: timedelta) -> None:  # noqa: ANN401 - has no stubs here
        """Prepare to read the log of the `past`."""
        self._client = client
        self._group = workflow.log_group
        self._log = ExpressLog(workflow.title)
        self._since = datetime.now(UTC) - past

    def poll(self) -> list[Execution]:
        """Return the executions in the order of their starts; see LatestExecutions."""
        now = datetime.now(UTC)
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self._group, startTime=int(self._since.timestamp() * 1000)
        )
        latest = self._since
        with explained(f"logs:FilterLogEvents on {self._group}"):
            for number, page in enumerate(pages, start=1):
                events = page["events"]
                self._log.add(event["message"] for event in events)
                moments = (datetime.fromtimestamp(event["timestamp"] / 1000, UTC) for event in events)
                latest = max(latest, *moments) if events else latest
                if number == MOST_PAGES:
                    break
        self._since = max(self._since, latest - OVERLAP)
        executions = self._log.executions(now)
        self._log.forget(execution.arn for execution in executions[:-LISTED])
        return executions[-LISTED:]
