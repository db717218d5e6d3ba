"""The deployed queries, as metrics.toml declares them, and the values of their parameters; part of the bundle."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .errors import QueryFailed

if TYPE_CHECKING:
    from .previous_run import Recurrence

SET_COLUMNS: Final = ("minimum", "maximum", "sum", "count")
"""The columns of a metric with the statistic "set", which has no column of its own name."""


DATABASE: Final = "Database"
"""The dimension with the name of the database, of each series of a query that runs on several databases."""


@dataclass(frozen=True, slots=True)
class Metric:
    """What one or several columns become.

    Attributes:
        unit: CloudWatch's.
        resolution: 1 or 60 seconds per stored point.
        statistic: "value" is one number per series; "distribution" is many rows per series, packed as Values and
            Counts; "set" is SET_COLUMNS, as StatisticValues.
        rollup: whether to publish the total of all series as well, without the dimensions of the columns.
    """

    unit: str
    resolution: int
    statistic: str = "value"
    rollup: bool = False


class Check(NamedTuple):
    """What the rows of a check become: the number of violations, or the age of the one time.

    Attributes:
        rows: the maximum number of rows that are logged.
        show: the columns of these rows that are logged.
        is_age: whether the query returns one time, whose age is published.
    """

    rows: int = 0
    show: Sequence[str] = ()
    is_age: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """One SELECT and what its columns become.

    Attributes:
        dimensions: the columns that are dimensions.
        timeout: in seconds.
        max_series: the maximum number of series, totals included.
        on_null, on_empty: skip, zero or fail.
        on_invalid: fail, skip or escape: for rows with a dimension value that CloudWatch refuses.
        fixed_dimensions: values by name, the same for each series of the query.
        parameters: the names of the parameters in `sql`, which is then in the driver's paramstyle.
        recurrence: of the query's schedule; None unless a parameter needs it.
        zones: the folder with the file of the recurrence's time zone.
        database: the name of the database, if the query runs on several; None otherwise.
        query_metrics: whether to publish the query's duration and its number of rows.
        check: for a check, what its rows become instead; it has one metric and fixed dimensions only.
    """

    name: str
    sql: str
    dimensions: tuple[str, ...]
    timeout: int
    max_series: int
    on_null: str
    on_empty: str
    metrics: Mapping[str, Metric]
    fixed_dimensions: Mapping[str, str] = field(default_factory=dict)
    on_invalid: str = "fail"
    parameters: tuple[str, ...] = ()
    recurrence: "Recurrence | None" = None
    zones: Path = Path()
    database: str | None = None
    query_metrics: bool = False
    check: Check | None = None

    @property
    def own_dimensions(self) -> dict[str, str]:
        """The dimensions of Sidestep's own metrics of the query."""
        return own_dimensions(self.name, self.database)


def own_dimensions(query: str, database: str | None) -> dict[str, str]:
    """Return the dimensions of Sidestep's own metrics; `database` is None unless the query runs on several."""
    return {"Query": query} if database is None else {"Query": query, DATABASE: database}


def load_queries(path: Path) -> dict[str, Query]:
    """Read the bundle's queries.json, with its zones beside it; keyed by name, in the order of metrics.toml."""
    zones = path.with_name("zones")
    return {table["name"]: _query(table, zones) for table in json.loads(path.read_text(encoding="utf-8"))}


def values_of(query: Query, scheduled_time: str) -> dict[str, datetime]:
    """Return the values of a query's parameters, by name: in UTC and without a zone, as the driver writes them.

    The driver inserts them into the SQL: no text of an event gets there.

    Args:
        query: one of the deployed queries.
        scheduled_time: of the run, ISO 8601.

    Raises:
        QueryFailed: the query's schedule never fired before.
    """
    values = {"scheduled_time": datetime.fromisoformat(scheduled_time)}
    if query.recurrence is not None:
        values["previous_scheduled_time"] = _previous(query.recurrence, values["scheduled_time"], query.zones)
    return {name: values[name].astimezone(UTC).replace(tzinfo=None) for name in query.parameters}


def _query(table: dict[str, Any], zones: Path) -> Query:
    columns = {
        "dimensions": tuple(table["dimensions"]),
        "metrics": {name: Metric(**metric) for name, metric in table["metrics"].items()},
        "parameters": tuple(table.get("parameters", ())),
        "zones": zones,
        "check": Check(**table["check"]) if table.get("check") else None,
    }
    return Query(**table | columns)


def _previous(recurrence: "Recurrence", moment: datetime, zones: Path) -> datetime:
    from .previous_run import previous_run  # noqa: PLC0415 - other queries start without it

    previous = previous_run(recurrence, moment, zones)
    if previous is None:
        raise QueryFailed(
            f"its schedule never fired before {moment:%Y-%m-%d %H:%M:%S %Z}, so :previous_scheduled_time is unknown; "
            "begin the years of its cron expression earlier"
        )
    return previous
