"""The options of `sidestep local`: the servers of --database, and a check of what the local cloud supports."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sidestep.config.databases import ByHand, Existing, LookedUp, Sample
from sidestep.config.errors import OptionError, SettingsError, escaped, suggestion
from sidestep.config.settings import Settings
from sidestep.connection.login import DatabaseConnection, check_engine, connection_to
from sidestep.connection.url import parsed
from sidestep.local.cloud import ACCOUNT, REGION

_NAMED: Final = re.compile(r"(?:(?P<name>[^:=/]*)=)?(?P<url>.*)", re.DOTALL)
"""A URL, optionally after the name of a database."""


def connections_to(
    given: Sequence[str], settings: Settings, *, file: Path, ca: Path | None
) -> dict[str, DatabaseConnection]:
    """Return the connections to servers by the names of their databases; prompts for passwords.

    Args:
        given: URLs, each after NAME= unless the file has only one database.
        settings: the file.
        file: its path.
        ca: a PEM file of the authorities to trust.

    Raises:
        OptionError: a URL or a name is wrong.
    """
    if ca is not None and not given:
        raise OptionError("--ca needs a server; name it with --database")
    connections: dict[str, DatabaseConnection] = {}
    for option in given:
        match = _NAMED.fullmatch(option)
        assert match is not None  # noqa: S101 - it matches any text
        name = _name(match["name"], settings, file)
        if name in connections:
            raise OptionError(f"--database: {name} has two servers; name one for each database")
        address = parsed(match["url"])
        check_engine(address.engine, "--database", settings, name)
        table = settings.databases[name]
        assert isinstance(table, Existing)  # noqa: S101 - _name refuses the sample
        schema = address.database if table.own_name is None else table.default_schema
        connections[name] = connection_to(address, schema, ca=ca)
    return connections


def _name(given: str | None, settings: Settings, file: Path) -> str:
    names = [name for name, table in settings.databases.items() if not isinstance(table, Sample)]
    if not names:
        raise OptionError(f"--database: {file.name} has the sample only, which is always embedded")
    if given is None and len(names) > 1:
        raise OptionError(f"--database: {file.name} has {', '.join(names)}; choose one, for example {names[0]}=URL")
    name = names[0] if given is None else given
    if name not in names:
        raise OptionError(
            f"--database {escaped(name)}=: {file.name} has no such database{suggestion(name, names)}; "
            f"it has {', '.join(names)}"
        )
    return name


def check_supported(settings: Settings, *, file: Path) -> None:
    """Refuse databases that the local cloud does not support.

    Raises:
        SettingsError: a database is in another account or region, or is a second one at the same endpoint.
    """
    errors = []
    names: dict[str, str] = {}
    for name, table in settings.databases.items():
        if isinstance(table, Sample):
            continue
        for key, here in (("account", ACCOUNT), ("region", REGION)):
            if getattr(table, key) not in (None, here):
                errors.append(
                    f"{file.name}: database.{name}.{key}: the local cloud has {here} only; remove the key in a copy "
                    "of the file, and name the copy with --file"
                )
        first = names.setdefault(_endpoint(table), name)
        if first != name:
            errors.append(
                f"{file.name}: database.{name}: has the endpoint of database.{first}, but the local cloud "
                "supports one table for each; remove one in a copy of the file, and name the copy with --file"
            )
    if errors:
        raise SettingsError(errors)


def _endpoint(table: Existing) -> str:
    match table:
        case LookedUp():
            return f"{table.kind} {table.identifier}".lower()
        case ByHand():
            return table.endpoint.lower()
        case _:
            raise TypeError(table)
