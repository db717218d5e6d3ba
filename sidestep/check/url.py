"""The URL of a database. It never has a password, and no message here repeats any of it: it might after all."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from sidestep.check.options import OptionError

SCHEME: Final = "mysql"
DEFAULT_PORT: Final = 3306

FORM: Final = "mysql://user@host[:port]/schema"

PASSWORD_VARIABLE: Final = "SIDESTEP_DATABASE_PASSWORD"  # noqa: S105 - its name, not its value
"""The environment variable that may hold the password."""

_HOST: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
"""A name, an IPv4 or an IPv6 address."""

_MAX_HOST: Final = 253


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, and who asks for which schema."""

    user: str
    host: str
    port: int
    schema: str


def parsed(url: str) -> Address:
    """Read a URL of the form FORM; what means something in URLs is written with percent signs, as in any other.

    Raises:
        OptionError: it has another form, or a password.
    """
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        raise _wrong("cannot be read") from None
    if parts.scheme != SCHEME:
        raise _wrong(f"does not begin with {SCHEME}://")
    if password is not None:
        raise OptionError(
            "--database: has a password, which would stay in the shell's history and show in the list of processes; "
            f"leave it out and type it when asked, or put it into {PASSWORD_VARIABLE}"
        )
    if parts.query or parts.fragment:
        raise _wrong("has something behind the schema")
    return Address(
        _text(parts.username, "user"),
        _host(parts.hostname),
        _port(url),
        _text(parts.path.removeprefix("/"), "schema"),
    )


def _host(given: str | None) -> str:
    if not given:
        raise _wrong("has no host")
    if len(given) > _MAX_HOST or not _HOST.fullmatch(given):
        raise _wrong("has a host that is neither a name nor an address")
    return given


def _port(url: str) -> int:
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise _wrong("has a port that is not a number from 1 to 65535")
    return port or DEFAULT_PORT


def _text(given: str | None, what: str) -> str:
    if not given:
        raise _wrong(f"has no {what}")
    try:
        text = unquote(given, errors="strict")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text or "/" in given:
        raise _wrong(f"has a {what} that cannot be read")
    return text


def _wrong(what: str) -> OptionError:
    return OptionError(f"--database: {what}; write {FORM}")
