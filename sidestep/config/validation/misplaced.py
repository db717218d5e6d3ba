"""Keys in the wrong table, and the table where they belong."""

from typing import Final

from sidestep.config.databases import AnyDatabase, Existing, Sample
from sidestep.config.errors import Location
from sidestep.config.fields import Table
from sidestep.config.settings import General, Query

_PASSWORDS: Final = ("password", "passwd", "pwd")


def misplaced(location: Location, table: type[Table]) -> str | None:
    """Return a message about the right place of a key that is wrong in `table`; None if there is none."""
    key = str(location[-1])
    if issubclass(table, AnyDatabase) and key in _PASSWORDS:
        return "the function logs in with IAM tokens, not with a password; remove the key"
    if table is Sample and key in Existing.key_names():
        return "belongs to your own database, not to the sample, which is MySQL; remove the key"
    is_among_metrics = table is Query and len(location) > 1
    places = ["above [query.metrics]"] * (is_among_metrics and key in Query.key_names())
    places += ["above the first table"] * (key in General.key_names())
    return f"belongs {' or '.join(places)}; in TOML, a key belongs to the table above it" if places else None
