"""The form of times in output, which is also AWS's, and which `sidestep run --at` accepts."""

from datetime import UTC, datetime


def time_text(moment: datetime) -> str:
    """Return a time with its date, to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
