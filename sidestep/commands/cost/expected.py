"""How many series each query publishes: what the file admits, or what somebody expects."""

import re
from collections.abc import Iterable
from typing import Final

from sidestep.commands.cost.usage import SeriesOf
from sidestep.config.errors import ConfigError, printable, suggestion
from sidestep.config.settings import Settings

_EXPECTATION: Final = re.compile(r"(?:(?P<query>[^=]*)=)?(?P<series>[0-9]{1,9})")


def expected_series(settings: Settings, expectations: Iterable[str] = ()) -> SeriesOf:
    """Return the series of each query, as far as nothing is expected what the file admits.

    Args:
        settings: the file.
        expectations: "12" for each query with dimensions, up to what it admits, or "orders=12" for one query. One
            without dimensions publishes what its metrics are, unless it is named.

    Raises:
        ConfigError: an expectation cannot be read, or the file does not admit it.
    """
    admitted = {query.name: query.series for query in settings.queries}
    of_all: dict[str, int] = {}
    of_one: dict[str, int] = {}
    for expectation in expectations:
        match = _EXPECTATION.fullmatch(expectation)
        if match is None:
            raise _mistake(expectation, "write a number, or the name of a query, = and a number: --series orders=12")
        query, series = match["query"], int(match["series"])
        if query is None:
            of_all = {one.name: min(series, one.series) for one in settings.queries if one.dimensions}
        elif query not in admitted:
            raise _mistake(expectation, f"there is no query of that name{suggestion(query, admitted)}")
        elif series > admitted[query]:
            raise _mistake(expectation, f"the file admits {admitted[query]:,} series of it; max_series bounds them")
        else:
            of_one[query] = series
    return admitted | of_all | of_one


def _mistake(expectation: str, why: str) -> ConfigError:
    return ConfigError([f"--series {printable(expectation)}: {why}"])
