"""What can go wrong; the state machine and its console show these names."""


class InvalidEvent(Exception):  # noqa: N818 - an error's name in Step Functions says what happened
    """The input asks for something that was not deployed. Not retried: it would be refused again."""

    def __init__(self, message: str) -> None:
        """Set the message; a lone surrogate, which JSON can carry and UTF-8 cannot, becomes its escape."""
        super().__init__(message.encode(errors="backslashreplace").decode())


class DatabaseUnavailable(Exception):  # noqa: N818
    """No query could be asked at all. The state machine retries it."""


class QueryFailed(Exception):  # noqa: N818
    """One query gave nothing that can be published; its message says why and what to do. Others go on.

    The message never carries a value from the result: it ends up in the execution's history.
    """
