"""Runs of the workflow whose tasks answer from a script, and what the workflow must do.

The waits are those of statemachine/sidestep.asl.json with the time limits of the shipped metrics.toml. They are
written out, not read, so that a test fails if an error loses its retrier or a retrier changes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

EVENT: Final = {"ScheduledTime": "2026-11-26T12:00:00Z", "Queries": ["active_sessions"]}

FUNCTION: Final = "arn:aws:lambda:eu-central-2:123456789012:function:query"
NAMESPACE: Final = "Sessions"

QUERY: Final = "QueryDatabase"
PUBLISH: Final = "PublishMetrics"
PUBLISHED: Final = (QUERY, PUBLISH, "MorePages?")

TIMEOUT: Final = "States.Timeout"

WAITS: Final[dict[str, dict[str, tuple[int, ...]]]] = {
    QUERY: {
        "DatabaseUnavailable": (2, 4),
        "Lambda.ENINotReadyException": (20,) * 10,
        "Lambda.EniNotReadyException": (20,) * 10,
        "Lambda.ENILimitReachedException": (20,) * 10,
        "Lambda.EniLimitReachedException": (20,) * 10,
        "Lambda.SubnetIPAddressLimitReachedException": (20,) * 10,
        "Lambda.SubnetIpAddressLimitReachedException": (20,) * 10,
        "Lambda.EC2ThrottledException": (20,) * 10,
        "Lambda.Ec2ThrottledException": (20,) * 10,
        "Lambda.EC2UnexpectedException": (20,) * 10,
        "Lambda.Ec2UnexpectedException": (20,) * 10,
        "Lambda.ResourceNotReadyException": (20,) * 10,
        "Lambda.ResourceConflictException": (20,) * 10,
        "Lambda.ClientExecutionTimeoutException": (1, 2, 4),
        "Lambda.ServiceException": (1, 2, 4),
        "Lambda.AWSLambdaException": (1, 2, 4),
        "Lambda.SdkClientException": (1, 2, 4),
        "Lambda.TooManyRequestsException": (1, 2, 4),
        "Sandbox.Timedout": (1,),
        TIMEOUT: (1,),
        "InvalidEvent": (),
        "States.TaskFailed": (2,),
    },
    PUBLISH: {
        "CloudWatch.InternalServiceException": (1, 2, 4),
        "CloudWatch.CloudWatchException": (1, 2, 4),
        "CloudWatch.SdkClientException": (1, 2, 4),
        TIMEOUT: (1, 2, 4),
        "CloudWatch.InvalidParameterValueException": (),
        "CloudWatch.InvalidParameterCombinationException": (),
        "CloudWatch.MissingRequiredParameterException": (),
        "States.TaskFailed": (2,),
    },
}
"""For each error that a task's retriers name: the seconds before each retry."""

ONE_OF_EACH_RETRIER: Final = {
    state: {error: waits for waits, error in {waits: error for error, waits in errors.items()}.items()}
    for state, errors in WAITS.items()
}
"""Of the errors with the same waits, the last one."""

UNNAMED: Final = {QUERY: "Runtime.ExitError", PUBLISH: "CloudWatch.UnheardOfException"}
"""Errors that no retrier names. States.TaskFailed matches them; no task can raise that name itself."""


@dataclass(frozen=True)
class Trace:
    """What a run did.

    Attributes:
        path: the states that it entered.
        waits: the seconds before each retry.
        requests: the state and the parameters of each request of a task.
        error, cause: why it failed; empty if it succeeded. A time-out has no cause.
    """

    path: tuple[str, ...]
    waits: tuple[float, ...] = ()
    requests: tuple[tuple[str, Any], ...] = ()
    error: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Result:
    """The answer to a request of a task: an output, or an error. A task with States.Timeout never answers."""

    output: Any = None
    error: str = ""
    cause: str = ""


@dataclass(frozen=True)
class ScriptedRun:
    """A run with the results of its tasks, in order, and the trace that follows from them."""

    name: str
    expected: Trace
    results: dict[str, list[Result]] = field(default_factory=dict)


def page(value: float, *failures: dict[str, str], **more: object) -> dict[str, Any]:
    """Return what the function returns: one datum, the failures so far, and the start of the next page."""
    datum = {"MetricName": "Sessions", "Timestamp": EVENT["ScheduledTime"], "Value": value, "Unit": "Count"}
    return {"MetricData": [datum], "ScheduledTime": EVENT["ScheduledTime"], "Failures": [*failures], **more}


def invocation(event: object) -> tuple[str, Any]:
    return QUERY, {"FunctionName": FUNCTION, "Payload": event}


def publication(content: dict[str, Any]) -> tuple[str, Any]:
    return PUBLISH, {"Namespace": NAMESPACE, "MetricData": content["MetricData"]}


def returned(content: dict[str, Any]) -> Result:
    """Return the result of `lambda:invoke` with this answer of the function."""
    return Result({"ExecutedVersion": "$LATEST", "Payload": content, "StatusCode": 200})


def after(content: dict[str, Any]) -> dict[str, Any]:
    """Return the event of the next page: this page, with CloudWatch's empty response instead of its values."""
    return {**content, "MetricData": {}}


ACCEPTED: Final = Result({})
"""PutMetricData has no response."""

ONLY: Final = page(7)


def cause_of(error: str) -> str:
    return "" if error == TIMEOUT else f"{error} was raised"


def failure(error: str, times: int = 1) -> list[Result]:
    return [Result(error=error, cause=cause_of(error))] * times


def failing_tasks(waits_of: Mapping[str, Mapping[str, tuple[int, ...]]]) -> Iterator[ScriptedRun]:
    """Each of these errors: until its retries are used up, and once less."""
    for state, errors in waits_of.items():
        before: dict[str, list[Result]] = {QUERY: [returned(ONLY)]} if state == PUBLISH else {}
        first = () if state == QUERY else (invocation(EVENT),)
        request = invocation(EVENT) if state == QUERY else publication(ONLY)
        for name, waits in errors.items():
            error = UNNAMED[state] if name == "States.TaskFailed" else name
            yield ScriptedRun(
                f"{state} always fails with {error}",
                Trace(
                    path=(QUERY,) if state == QUERY else (QUERY, PUBLISH),
                    waits=waits,
                    requests=(*first, *[request] * (len(waits) + 1)),
                    error=error,
                    cause=cause_of(error),
                ),
                {**before, state: failure(error, len(waits) + 1)},
            )
            if waits:
                results = {QUERY: [returned(ONLY)], PUBLISH: [ACCEPTED]}
                results[state] = [*failure(error, len(waits)), *results[state]]
                last = (publication(ONLY),) if state == QUERY else ()
                yield ScriptedRun(
                    f"{state} succeeds at the last retry after {error}",
                    Trace((*PUBLISHED, "Published"), waits, (*first, *[request] * (len(waits) + 1), *last)),
                    results,
                )


def pages() -> Iterator[ScriptedRun]:
    """Runs with one page, three pages and an empty page, and with failed queries."""
    yield ScriptedRun(
        "one page",
        Trace((*PUBLISHED, "Published"), requests=(invocation(EVENT), publication(ONLY))),
        {QUERY: [returned(ONLY)], PUBLISH: [ACCEPTED]},
    )

    three = [page(1, NextPage={"After": "a"}), page(2, NextPage={"After": "b"}), page(3)]
    events = [EVENT, after(three[0]), after(three[1])]
    in_turn = tuple(
        request
        for event, content in zip(events, three, strict=True)
        for request in (invocation(event), publication(content))
    )
    yield ScriptedRun(
        "three pages",
        Trace((*PUBLISHED * 3, "Published"), requests=in_turn),
        {QUERY: [returned(content) for content in three], PUBLISH: [ACCEPTED] * 3},
    )

    # The function never returns an empty page, because CloudWatch refuses it.
    empty = {**ONLY, "MetricData": []}
    missing = "CloudWatch.MissingRequiredParameterException"
    yield ScriptedRun(
        "an empty page",
        Trace(
            (QUERY, PUBLISH),
            requests=(invocation(EVENT), publication(empty)),
            error=missing,
            cause=cause_of(missing),
        ),
        {QUERY: [returned(empty)], PUBLISH: failure(missing)},
    )

    failures = [{"Query": "orders", "Error": 'column "a" is missing'}, {"Query": "users", "Error": "timed out"}]
    red = page(7, *failures)
    yield ScriptedRun(
        "failed queries",
        Trace(
            (*PUBLISHED, "QueriesFailed"),
            requests=(invocation(EVENT), publication(red)),
            error="QueriesFailed",
            cause=json.dumps(failures, separators=(",", ":")),
        ),
        {QUERY: [returned(red)], PUBLISH: [ACCEPTED]},
    )

    early = page(1, failures[0], NextPage={})
    late = page(2, failures[0])
    yield ScriptedRun(
        "a query that fails on the first of two pages",
        Trace(
            (*PUBLISHED * 2, "QueriesFailed"),
            requests=(invocation(EVENT), publication(early), invocation(after(early)), publication(late)),
            error="QueriesFailed",
            cause=json.dumps(failures[:1], separators=(",", ":")),
        ),
        {QUERY: [returned(early), returned(late)], PUBLISH: [ACCEPTED] * 2},
    )


def several_errors() -> Iterator[ScriptedRun]:
    """Errors of several retriers in one state, and of one retrier on several pages."""
    mixed = ["DatabaseUnavailable", "Lambda.ServiceException", "DatabaseUnavailable", "Lambda.ServiceException"]
    yield ScriptedRun(
        "each retrier counts its own retries",
        Trace((*PUBLISHED, "Published"), (2, 1, 4, 2), (*[invocation(EVENT)] * 5, publication(ONLY))),
        {QUERY: [*[one for error in mixed for one in failure(error)], returned(ONLY)], PUBLISH: [ACCEPTED]},
    )

    first, second = page(1, NextPage={}), page(2)
    yield ScriptedRun(
        "each page has all retries",
        Trace(
            (*PUBLISHED * 2, "Published"),
            (2, 4, 1, 2, 4) * 2,
            (
                *[invocation(EVENT)] * 3,
                *[publication(first)] * 4,
                *[invocation(after(first))] * 3,
                *[publication(second)] * 4,
            ),
        ),
        {
            QUERY: [
                *failure("DatabaseUnavailable", 2),
                returned(first),
                *failure("DatabaseUnavailable", 2),
                returned(second),
            ],
            PUBLISH: [*failure("CloudWatch.InternalServiceException", 3), ACCEPTED] * 2,
        },
    )


RUNS: Final = [*pages(), *failing_tasks(WAITS), *several_errors()]

FEWER_RUNS: Final = [*pages(), *failing_tasks(ONE_OF_EACH_RETRIER), *several_errors()]
"""For an interpreter that takes long."""
