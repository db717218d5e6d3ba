"""Reads the operator's event: the administrator, and the tables to grant. It contains a password.

Therefore no message here repeats a value of it, and nothing prints it.
"""

from dataclasses import dataclass, field
from typing import Final

from .errors import InvalidEvent

KEYS: Final = ("Administrator", "Tables")


@dataclass(frozen=True, slots=True)
class Administrator:
    """The user who prepares the database; `repr` leaves the password out."""

    user: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What an event requests. No tables means the whole schema."""

    administrator: Administrator
    tables: tuple[str, ...]


def request_from(event: object) -> Request:
    """Read an event: {"Administrator": {"User", "Password"}, "Tables": [...]}; the tables may be missing.

    Raises:
        InvalidEvent: it has another form.
    """
    if not isinstance(event, dict) or not set(KEYS[:1]) <= set(event) <= set(KEYS):
        raise InvalidEvent(f"the event must be an object with {KEYS[0]} and optionally {KEYS[1]}, nothing else")
    return Request(_administrator(event["Administrator"]), _tables(event.get("Tables", [])))


def _administrator(given: object) -> Administrator:
    if not isinstance(given, dict) or set(given) != {"User", "Password"}:
        raise InvalidEvent("Administrator must be an object with User and Password, nothing else")
    user, password = given["User"], given["Password"]
    if not isinstance(user, str) or not isinstance(password, str) or not user or not password:
        raise InvalidEvent("Administrator.User and Administrator.Password must be text, and not empty")
    try:
        return Administrator(user, password.encode())
    except UnicodeEncodeError:
        # From None: the original error quotes a character of the password.
        raise InvalidEvent("Administrator.Password is not Unicode text") from None


def _tables(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(table, str) for table in given):
        raise InvalidEvent("Tables must be a list of names")
    return tuple(given)
