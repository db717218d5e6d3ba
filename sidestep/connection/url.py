"""The URL of a database. It must not have a password; messages never repeat the URL, which might have one."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from sidestep.config.engines import ENGINES, MYSQL, Engine
from sidestep.config.errors import OptionError

PASSWORD_VARIABLE: Final = "SIDESTEP_DATABASE_PASSWORD"  # noqa: S105 - its name, not its value
"""The environment variable for the password."""

_HOST: Final = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
"""A name, an IPv4 or an IPv6 address."""

_MAX_HOST: Final = 253


class _Wrong(Exception):  # noqa: N818
    """A part of the URL is wrong. It is not a ValueError: the standard library's may repeat the URL."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a database, and the user.

    Attributes:
        database: MySQL's schema, or PostgreSQL's database.
    """

    engine: Engine
    user: str
    host: str
    port: int
    database: str


def form_of(engine: Engine, *, port: str = "[:port]") -> str:
    """Return the form of a database's URL."""
    return f"{engine.schemes[0]}://user@host{port}/{engine.connects_to}"


def parsed(url: str) -> Address:
    """Parse a URL; special characters are percent-encoded.

    Raises:
        OptionError: it has the wrong form, or a password.
    """
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError:
        raise _wrong("cannot be read", *ENGINES.values()) from None
    engine = next((engine for engine in ENGINES.values() if parts.scheme in engine.schemes), None)
    if engine is None:
        schemes = [f"{scheme}://" for engine in ENGINES.values() for scheme in engine.schemes]
        raise _wrong(f"does not begin with {', '.join(schemes[:-1])} or {schemes[-1]}", *ENGINES.values())
    if password is not None:
        raise OptionError(
            "--database: has a password, which the shell's history and the list of processes would show; "
            f"remove it and type it at the prompt, or set {PASSWORD_VARIABLE}"
        )
    try:
        user, host = _text(parts.username, "user"), _host(parts.hostname)
        return Address(engine, user, host, _port(url) or engine.port, _database(parts, engine))
    except _Wrong as error:
        raise _wrong(str(error), engine) from None


def _database(parts: SplitResult, engine: Engine) -> str:
    """Return the path. PostgreSQL's databases have schemas, so the error names the file's key for them."""
    path = parts.path.removeprefix("/")
    what = engine.connects_to
    if parts.query or parts.fragment or "/" in path:
        remedy = "" if engine is MYSQL else "; its schema is the key schema of its table in the file"
        raise _Wrong(f"has more after the {what}{remedy}")
    return _text(path, what)


def _host(given: str | None) -> str:
    if not given:
        raise _Wrong("has no host")
    if len(given) > _MAX_HOST or not _HOST.fullmatch(given):
        raise _Wrong("has a host that is neither a host name nor an IP address")
    return given


def _port(url: str) -> int | None:
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise _Wrong("has a port that is not a number from 1 to 65535")
    return port


def _text(given: str | None, what: str) -> str:
    if not given:
        raise _Wrong(f"has no {what}")
    try:
        text = unquote(given, errors="strict")
    except UnicodeDecodeError:
        text = ""
    if not text.isprintable() or not text:
        raise _Wrong(f"has a {what} with characters that cannot be decoded or printed")
    return text


def _wrong(what: str, *engines: Engine) -> OptionError:
    return OptionError(f"--database: {what}; use {' or '.join(map(form_of, engines))}")
