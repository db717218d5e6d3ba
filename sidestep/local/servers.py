"""Which real servers stand in for databases of metrics.toml, and what of the file the local cloud cannot play."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sidestep.check.log_in import Way, way_to
from sidestep.check.options import OptionError, Options, check_engine
from sidestep.check.url import parsed
from sidestep.databases import ByHand, Existing, LookedUp, Sample
from sidestep.local.cloud import ACCOUNT, REGION
from sidestep.mistakes import SettingsError, escaped, suggestion
from sidestep.settings import Settings

_NAMED: Final = re.compile(r"(?:(?P<name>[^:=/]*)=)?(?P<url>.*)", re.DOTALL)
"""A URL, maybe with the name of a database before it."""


def ways_to(given: Sequence[str], settings: Settings, *, file: Path, ca: Path | None) -> dict[str, Way]:
    """Return the ways to servers by the names of the databases that they stand in for; asks for passwords.

    Args:
        given: URLs, each with NAME= before it unless the file has one database only.
        settings: the file.
        file: its path.
        ca: a PEM file of the authorities to trust.

    Raises:
        OptionError: a URL or a name is wrong.
    """
    if ca is not None and not given:
        raise OptionError("--ca says whom to trust at a server; name the server with --database")
    ways: dict[str, Way] = {}
    for option in given:
        match = _NAMED.fullmatch(option)
        assert match is not None  # noqa: S101 - it matches any text
        name = _name(match["name"], settings, file)
        if name in ways:
            raise OptionError(f"--database: {name} has two; one server stands in for a database")
        address = parsed(match["url"])
        check_engine(address.engine, "--database", settings, name)
        table = settings.databases[name]
        assert isinstance(table, Existing)  # noqa: S101 - _name refuses the sample
        schema = address.database if table.own_name is None else table.default_schema
        ways[name] = way_to(address, schema, Options(file=file, database=match["url"], ca=ca))
    return ways


def _name(given: str | None, settings: Settings, file: Path) -> str:
    names = [name for name, table in settings.databases.items() if not isinstance(table, Sample)]
    if not names:
        raise OptionError(f"--database: {file.name} has no database of your own; the sample is embedded")
    if given is None and len(names) > 1:
        raise OptionError(f"--database: {file.name} has {', '.join(names)}; say whose server it is: {names[0]}=URL")
    name = names[0] if given is None else given
    if name not in names:
        raise OptionError(
            f"--database {escaped(name)}=: {file.name} has no such database of your own{suggestion(name, names)}; "
            f"it has {', '.join(names)}"
        )
    return name


def check_playable(settings: Settings, *, file: Path) -> None:
    """Refuse what the local cloud cannot play.

    Raises:
        SettingsError: a database is in another account or region, or is a second one at the same endpoint.
    """
    mistakes = []
    names: dict[str, str] = {}
    for name, table in settings.databases.items():
        if isinstance(table, Sample):
            continue
        for key, here in (("account", ACCOUNT), ("region", REGION)):
            if getattr(table, key) not in (None, here):
                mistakes.append(
                    f"{file.name}: database.{name}.{key}: the local cloud is {here}; leave it out in a copy of the "
                    "file, and name that with --file"
                )
        first = names.setdefault(_endpoint(table), name)
        if first != name:
            mistakes.append(
                f"{file.name}: database.{name}: is at the endpoint of database.{first}, and the local cloud plays "
                "one database for each; leave one out in a copy of the file, and name that with --file"
            )
    if mistakes:
        raise SettingsError(mistakes)


def _endpoint(table: Existing) -> str:
    match table:
        case LookedUp():
            return f"{table.kind} {table.identifier}".lower()
        case ByHand():
            return table.endpoint.lower()
        case _:
            raise TypeError(table)
