"""What can go wrong; the operator's terminal shows these names. No message ever carries the password."""


class InvalidEvent(Exception):  # noqa: N818 - an error's name says what happened
    """The event does not say who the administrator is, or asks for something that nobody can have."""


class InvalidName(ValueError):  # noqa: N818
    """A name is one that Sidestep grants nothing on; the message says which, and why."""


class DatabaseUnavailable(Exception):  # noqa: N818
    """There is no way to the database, or it does not let the administrator in."""


class PreparationRefused(Exception):  # noqa: N818
    """The database refused a statement, or holds a user that is not to be touched."""
