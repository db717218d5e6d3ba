"""The form in which times are shown: that of AWS's own, which `sidestep run --at` takes."""

from datetime import UTC, datetime


def time_text(moment: datetime) -> str:
    """Return a time with its date, to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
