"""Which errors of AWS may be gone a little later."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from sidestep.aws.clients import explained
from sidestep.aws.errors import AwsError, TransientError


def refused(code: str, status: int) -> ClientError:
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "ListExecutions")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (refused("ThrottlingException", 400), True),
        (refused("Throttling", 400), True),
        (refused("InternalError", 500), True),
        (refused("AccessDeniedException", 400), False),
        (refused("ExpiredTokenException", 403), False),
        (refused("StateMachineDoesNotExist", 400), False),
        (EndpointConnectionError(endpoint_url="https://states"), True),
        (ReadTimeoutError(endpoint_url="https://states"), True),
        (ValueError("no AWS"), False),
    ],
)
def test_what_may_pass_is_told_apart(error: Exception, passes: bool) -> None:
    with pytest.raises(AwsError) as caught, explained("states:ListExecutions"):
        raise error
    assert isinstance(caught.value, TransientError) is passes
