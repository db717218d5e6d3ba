"""The states of the workflow, one by one: what CloudWatch accepts, and how errors are named and retried."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from tests.acceptance.clouds.cloud import Cloud, Feature, skip_without
from tests.acceptance.preflight.permissions import OTHER_VALUE
from tests.acceptance.preflight.states import (
    Json,
    Outcome,
    StateRunner,
    publishing_role,
    retried_errors,
    states_of,
    wait_for_role,
)
from tests.acceptance.preflight.template import Template

pytestmark = [pytest.mark.needs(Feature.SINGLE_STATES)]

Claim = Callable[[str, str], None]

NOW: Final = datetime.now(UTC).replace(microsecond=0)


def datum(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - the fields of a datum
    """Return a datum as the query function lays it out."""
    return {
        "MetricName": "Preflight",
        "Timestamp": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
        "Unit": "None",
        "Value": 1.0,
    } | changed


def distribution(**measured: Any) -> dict[str, Any]:  # noqa: ANN401 - the fields of a datum
    """Return a datum of several values."""
    return {name: value for name, value in datum(**measured).items() if name != "Value"}


GOOD: Final[Json] = {
    "MetricData": [
        datum(StorageResolution=1),
        datum(Value=2.5, Dimensions=[{"Name": "Plan", "Value": "a b/c:d"}]),
        distribution(MetricName="PreflightValues", Values=[float(one) for one in range(150)], Counts=[1] * 150),
        distribution(
            MetricName="PreflightSet",
            StatisticValues={"SampleCount": 2.0, "Sum": 3.0, "Minimum": 1.0, "Maximum": 2.0},
        ),
    ],
    "Failures": [],
}
"""A page with each form of datum."""

REFUSED: Final[Mapping[str, dict[str, Any]]] = {
    "a letter outside of ASCII": datum(Dimensions=[{"Name": "Plan", "Value": "Österreich"}]),
    "a blank dimension value": datum(Dimensions=[{"Name": "Plan", "Value": " "}]),
    "a time of three weeks ago": datum(Timestamp=f"{NOW - timedelta(weeks=3):%Y-%m-%dT%H:%M:%SZ}"),
    "a value above 2^360": datum(Value=1e120),
    "151 values": distribution(Values=[float(one) for one in range(151)], Counts=[1] * 151),
    "a dimension twice": datum(Dimensions=[{"Name": "Plan", "Value": "a"}, {"Name": "Plan", "Value": "b"}]),
}
"""What CloudWatch refuses according to its documentation."""

INFERRED: Final[Mapping[str, dict[str, Any]]] = {
    "a metric name outside of ASCII": datum(MetricName="Größe"),
    "a count of zero": distribution(Values=[1.0], Counts=[0.0]),
    "a minimum above the maximum": distribution(
        StatisticValues={"SampleCount": 2.0, "Sum": 3.0, "Minimum": 2.0, "Maximum": 1.0}
    ),
}
"""What the local cloud refuses too, although no page of AWS says so (sidestep/local/metric_data_limits.py)."""

PERMANENT: Final = {
    "CloudWatch.InvalidParameterValueException",
    "CloudWatch.InvalidParameterCombinationException",
    "CloudWatch.MissingRequiredParameterException",
}
"""The errors that the workflow does not retry."""


@pytest.fixture(scope="module")
def states(template: Template) -> Mapping[str, Json]:
    return states_of(template)


@pytest.fixture(scope="module")
def runner(cloud: Cloud) -> StateRunner:
    return StateRunner(cloud.client("stepfunctions"))


@pytest.fixture(scope="module")
def role(cloud: Cloud, template: Template, states: Mapping[str, Json], runner: StateRunner) -> Iterator[str]:
    """Return the ARN of a role that may publish into the namespace of the template."""
    skip_without(cloud, Feature.SINGLE_STATES)
    with publishing_role(template, cloud.client, name=cloud.facts.stack_prefix) as role:
        wait_for_role(runner, states["PublishMetrics"], GOOD, role=role)
        yield role


def test_every_form_of_datum_is_published(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # When
    outcome = runner.run(states["PublishMetrics"], GOOD, role=role)

    # Then
    claim("datum-forms", outcome.cause or f"{outcome.status}, next {outcome.next_state}")
    assert outcome.status == "SUCCEEDED", outcome
    assert outcome.next_state == "MorePages?"
    assert outcome.output["Failures"] == []


def not_refused(outcomes: Mapping[str, Outcome], claim: Claim, name: str) -> dict[str, Outcome]:
    """Report the outcome of each datum, and return those that do not fail at once with a permanent error."""
    for what, outcome in outcomes.items():
        claim(name, f"{what}: {outcome.status} {outcome.error} {outcome.cause}")
    return {
        what: outcome
        for what, outcome in outcomes.items()
        if outcome.status != "FAILED" or outcome.error not in PERMANENT
    }


@pytest.mark.needs(Feature.REFUSED_REQUESTS)
def test_refused_data_have_the_name_of_an_error_that_is_not_retried(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # When
    state = states["PublishMetrics"]
    outcomes = {what: runner.run(state, {"MetricData": [one]}, role=role) for what, one in REFUSED.items()}

    # Then
    assert not_refused(outcomes, claim, "refused-data") == {}


@pytest.mark.needs(Feature.REFUSED_REQUESTS)
def test_data_that_are_only_inferred_to_be_refused_are_refused(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # When
    state = states["PublishMetrics"]
    outcomes = {what: runner.run(state, {"MetricData": [one]}, role=role) for what, one in INFERRED.items()}

    # Then
    assert not_refused(outcomes, claim, "inferred-limits") == {}


@pytest.mark.needs(Feature.REFUSED_REQUESTS)
def test_a_denied_request_is_retried_as_an_unnamed_error(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # Given a namespace that the role does not allow
    state = states["PublishMetrics"]
    other = {**state, "Parameters": {**state["Parameters"], "Namespace": OTHER_VALUE}}

    # When
    outcome = runner.run(other, GOOD, role=role)

    # Then
    claim("error-names", f"denied: {outcome.status} {outcome.error} {outcome.cause}")
    assert (outcome.status, outcome.error) == ("RETRIABLE", "CloudWatch.CloudWatchException"), outcome


@pytest.mark.needs(Feature.NAMED_RETRIERS)
def test_each_named_error_is_retried_as_often_as_the_workflow_says(
    states: Mapping[str, Json], runner: StateRunner, claim: Claim
) -> None:
    # Given
    errors = list(retried_errors(states))

    # When
    others = []
    for one in errors:
        first = runner.fail(states[one.state], GOOD, error=one.error)
        last = runner.fail(states[one.state], GOOD, error=one.error, attempts=one.attempts)
        expected = ("RETRIABLE", one.retrier, one.pause) if one.attempts else ("FAILED", first.retrier, first.pause)
        if (first.status, first.retrier, first.pause) != expected or last.status != "FAILED":
            others.append(f"{one}: {first}, then {last}")

    # Then
    claim("retriers", f"{len(errors) - len(others)} of {len(errors)} errors are retried as written")
    assert others == []


def test_the_functions_answer_is_the_page_that_is_published(
    states: Mapping[str, Json], runner: StateRunner, claim: Claim
) -> None:
    # When
    outcome = runner.run_mocked(states["QueryDatabase"], {}, result={"StatusCode": 200, "Payload": GOOD})

    # Then
    claim("choices", f"QueryDatabase: {outcome.next_state}")
    assert (outcome.status, outcome.next_state, outcome.output) == ("SUCCEEDED", "PublishMetrics", GOOD), outcome


def test_the_page_decides_the_next_state(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # Given
    pages: list[tuple[Json, str]] = [
        ({"NextPage": {"Run": "1"}}, "QueryDatabase"),
        ({"Failures": [{"Query": "orders", "Error": "broken"}]}, "QueriesFailed"),
        ({"Failures": []}, "Published"),
        ({}, "Published"),
    ]

    # When
    following = [runner.run(states["MorePages?"], page, role=role).next_state for page, _ in pages]

    # Then
    claim("choices", f"MorePages?: {', '.join(map(str, following))}")
    assert following == [state for _, state in pages]


def test_the_failures_are_the_cause_of_a_failed_run(
    states: Mapping[str, Json], runner: StateRunner, role: str, claim: Claim
) -> None:
    # Given
    page = {"Failures": [{"Query": "orders", "Error": "broken"}]}

    # When
    outcome = runner.run(states["QueriesFailed"], page, role=role)

    # Then
    claim("choices", f"QueriesFailed: {outcome.error}, {outcome.cause}")
    assert (outcome.status, outcome.error) == ("FAILED", "QueriesFailed"), outcome
    assert '"orders"' in (outcome.cause or "")
