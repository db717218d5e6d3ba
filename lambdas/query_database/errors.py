"""The function's errors; the state machine and its console show these names."""


class InvalidEvent(Exception):  # noqa: N818 - an error's name in Step Functions says what happened
    """The input requests something that is not deployed. Not retried: the function would refuse it again."""

    def __init__(self, message: str) -> None:
        """Set the message; a lone surrogate, which JSON can carry and UTF-8 cannot, becomes its escape."""
        super().__init__(message.encode(errors="backslashreplace").decode())


class DatabaseUnavailable(Exception):  # noqa: N818
    """No query could run at all. The state machine retries it."""


class QueryFailed(Exception):  # noqa: N818
    """One query has no result that can be published; the message says why and what to do. Other queries continue.

    The message never contains a value from the result, because the execution's history stores it.
    """
