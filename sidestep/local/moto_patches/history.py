"""GetExecutionHistory as its request wants it: in what order, how many events at once, with their data or without."""

# ruff: noqa: SLF001 - upstream has no public way to the parameters of a request

from collections.abc import Mapping, Sequence
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.responses import StepFunctionResponse

PAGE: Final = 100
"""Events of one answer, if the request does not say how many (Step Functions API reference)."""

_DATA: Final = ("input", "output", "parameters")


def get_execution_history(response: StepFunctionResponse) -> ActionResult:
    """Answer one request; upstream ignores all parameters but the execution."""
    history = response.stepfunction_backend.get_execution_history(response._get_param("executionArn"))
    events = list(history["events"])
    if response._get_param("reverseOrder"):
        events.reverse()
    begin = _index(events, response._get_param("nextToken"))
    end = begin + (response._get_param("maxResults") or PAGE)
    answer: dict[str, Any] = {"events": events[begin:end]}
    if response._get_param("includeExecutionData") is False:
        answer["events"] = [_without_data(event) for event in events[begin:end]]
    if end < len(events):
        answer["nextToken"] = str(events[end]["id"])
    return ActionResult(answer)


def _index(events: Sequence[Mapping[str, Any]], token: str | None) -> int:
    """Return where a page begins. The token is an event's number, as events may be added before it meanwhile."""
    if token is None:
        return 0
    numbers = [str(event["id"]) for event in events]
    if token not in numbers:
        raise InvalidToken("Invalid Token")
    return numbers.index(token)


def _without_data(value: Any) -> Any:  # noqa: ANN401 - an event, or what is in one
    if isinstance(value, dict):
        return {name: _without_data(part) for name, part in value.items() if name not in _DATA}
    return value


StepFunctionResponse.get_execution_history = get_execution_history  # type: ignore[method-assign, assignment]
