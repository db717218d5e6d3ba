"""The latest executions of a workflow, asked for again and again as cheaply as possible."""

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
"""The number of executions: as many as the workflow beside them has lines."""

LOOKED_AT: Final = 20
"""Executions that are known at a time: more do not start from one look to the next."""

LONGEST_PAST: Final = timedelta(days=1)
"""How far a log is read back at first."""

OVERLAP: Final = timedelta(minutes=1)
"""A log is read anew so far back each time: its lines arrive late and in no certain order."""

MOST_PAGES: Final = 20
"""Of a log, at one look: up to 20 MB. What lies beyond is read at the next one."""


class Runs(Protocol):
    """The latest executions of a workflow."""

    def look(self) -> list[Execution]:
        """Return them in the order of their starts.

        Raises:
            AwsError: AWS does not tell.
        """


def runs_of(workflow: DeployedWorkflow, clients: Clients, past: timedelta) -> Runs:
    """Return the executions of a workflow, those of its past included if only a log has them."""
    if workflow.keeps_history:
        return ListedRuns(clients("stepfunctions"), workflow.arn)
    return LoggedRuns(clients("logs"), workflow, min(past, LONGEST_PAST))


class ListedRuns:
    """Executions of a Standard workflow.

    An execution that has ended is not read again. Of the executions that had ended before the first look, only the
    latest has its history read, and those that are not shown have no scheduled time.
    """

    def __init__(self, client: "SFNClient", machine: str) -> None:
        """Begin with none known of the state machine, given by its ARN."""
        self._client = client
        self._machine = machine
        self._observed: dict[str, ExecutionPoller] = {}
        self._known: dict[str, Execution] = {}
        self._is_first_look = True

    def look(self) -> list[Execution]:
        """Return them in the order of their starts; see Runs."""
        with explained("states:ListExecutions"):
            listed = self._client.list_executions(stateMachineArn=self._machine, maxResults=LOOKED_AT)["executions"]
        self._known = {entry["executionArn"]: self._looked_at(entry, place) for place, entry in enumerate(listed)}
        self._observed = {arn: poller for arn, poller in self._observed.items() if arn in self._known}
        self._is_first_look = False
        return sorted(self._known.values(), key=lambda execution: execution.started)

    def _looked_at(self, entry: "ExecutionListItemTypeDef", place: int) -> Execution:
        arn, status = entry["executionArn"], entry["status"]
        known, poller = self._known.get(arn), self._observed.get(arn)
        if known and known.status == status != RUNNING and (poller is None or poller.history_complete):
            return known
        poller = poller or ExecutionPoller(self._client, arn)
        is_new = known is None and not (self._is_first_look and place >= SHOWN)
        if is_new or status not in (RUNNING, SUCCEEDED):
            with explained("states:DescribeExecution"):
                execution = poller.described()
        else:  # the list shows which executions may have changed
            scheduled = known.scheduled if known else None
            execution = Execution(arn, status, entry["startDate"], entry.get("stopDate"), None, None, (), scheduled)
        if self._is_first_look and place > 0 and status != RUNNING:
            return execution
        self._observed[arn] = poller
        with explained("states:GetExecutionHistory"):
            poller.read_history()
        return poller.with_steps(execution)


class LoggedRuns:
    """Executions of an Express workflow, from its log."""

    def __init__(self, client: Any, workflow: DeployedWorkflow, past: timedelta) -> None:  # noqa: ANN401 - has no stubs here
        """Begin so far in the past."""
        self._client = client
        self._group = workflow.log_group
        self._log = ExpressLog(workflow.database)
        self._since = datetime.now(UTC) - past

    def look(self) -> list[Execution]:
        """Return them in the order of their starts; see Runs."""
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
        self._log.forget(execution.arn for execution in executions[:-LOOKED_AT])
        return executions[-LOOKED_AT:]
