"""Keys that are in the wrong table, and where they belong."""

from typing import Final

from sidestep.databases import AnyDatabase, Existing, Sample
from sidestep.mistakes import Location
from sidestep.settings import General, Query
from sidestep.tables import Table

_PASSWORDS: Final = ("password", "passwd", "pwd")


def misplaced(location: Location, table: type[Table]) -> str | None:
    """Say where a key belongs that `table` does not know, or knows as something else; None if that is not known."""
    key = str(location[-1])
    if issubclass(table, AnyDatabase) and key in _PASSWORDS:
        return "there is none: the function logs in with IAM tokens; remove the key"
    if table is Sample and key in Existing.key_names():
        return "belongs to a database of your own, not to the sample, which is a MySQL; remove the key"
    is_among_metrics = table is Query and len(location) > 1
    places = ["above [query.metrics]"] * (is_among_metrics and key in Query.key_names())
    places += ["above the first table"] * (key in General.key_names())
    return f"belongs {' or '.join(places)}; TOML takes a key for one of the table above it" if places else None
