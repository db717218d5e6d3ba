"""The function's errors; the operator's terminal shows these names. No message ever contains the password."""


class InvalidEvent(Exception):  # noqa: N818 - an error's name says what happened
    """The event does not name the administrator, or requests something that cannot be granted."""


class InvalidName(ValueError):  # noqa: N818
    """Sidestep grants nothing on this name; the message has the name and the reason."""


class DatabaseUnavailable(Exception):  # noqa: N818
    """The database cannot be reached, or refuses the administrator's log-in."""


class PreparationRefused(Exception):  # noqa: N818
    """The database refused a statement, or has a user of this name that Sidestep must not change."""
