"""The operator's event: who the administrator is, and which tables are to be read. It carries a password.

So no message here repeats a value of it, and nothing prints it.
"""

from dataclasses import dataclass, field
from typing import Final

from .errors import InvalidEvent

KEYS: Final = ("Administrator", "Tables")


@dataclass(frozen=True, slots=True)
class Administrator:
    """Who prepares the database. The password is in no representation of it."""

    user: str
    password: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What an event asks for. No tables means the whole schema."""

    administrator: Administrator
    tables: tuple[str, ...]


def request_from(event: object) -> Request:
    """Read an event: {"Administrator": {"User", "Password"}, "Tables": [...]}; the tables may be missing.

    Raises:
        InvalidEvent: it says anything else.
    """
    if not isinstance(event, dict) or not set(KEYS[:1]) <= set(event) <= set(KEYS):
        raise InvalidEvent(f"the event must be an object with {KEYS[0]}, and maybe {KEYS[1]}; nothing else")
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
        # From None, for the error that it hides quotes the character.
        raise InvalidEvent("Administrator.Password is not Unicode text") from None


def _tables(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(table, str) for table in given):
        raise InvalidEvent("Tables must be a list of names")
    return tuple(given)
