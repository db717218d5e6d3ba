"""Rows become CloudWatch datums. Pure: no clock, no network, no environment.

The limits are those of PutMetricData and MetricDatum (CloudWatch API reference).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, NotRequired, TypedDict

from query_database.errors import QueryFailed
from query_database.queries import Query

Row = Sequence[object]

MAX_VALUE: Final = 2.0**360
"""Values lie between -2^360 and 2^360."""

MIN_VALUE: Final = 2.0**-360
"""CloudWatch refuses values that are too small as well as too large, with the same exponent."""

MAX_EXACT_INTEGER: Final = 2**53
"""Beyond it a double, which is what CloudWatch keeps, has no room for every integer."""

MAX_DIMENSION_VALUE: Final = 1024
"""Characters in a dimension's value."""

_NUMBERS: Final = (int, float, Decimal)


class Dimension(TypedDict):
    """One dimension of a datum."""

    Name: str
    Value: str


class Datum(TypedDict):
    """One value of one series, as PutMetricData takes it; `Timestamp` is ISO 8601."""

    MetricName: str
    Timestamp: str
    Value: float
    Unit: str
    Dimensions: NotRequired[list[Dimension]]
    StorageResolution: NotRequired[int]


def datums(query: Query, columns: Sequence[str], rows: Iterable[Row], timestamp: str) -> Iterator[Datum]:
    """Yield the datums of a result, row by row.

    Args:
        query: what the columns are to become.
        columns: the names of the result's columns.
        rows: the rows, each as long as `columns`; read one at a time.
        timestamp: of every datum, ISO 8601.

    Raises:
        QueryFailed: a column is missing or undeclared, or a row holds something that CloudWatch would refuse.
    """
    _check_columns(query, columns)
    dimension_columns = [(name, columns.index(name)) for name in query.dimensions]
    metric_columns = [(name, columns.index(name)) for name in query.metrics]
    seen: dict[tuple[str, ...], int] = {}
    published = 0
    number = 0
    for number, row in enumerate(rows, start=1):
        values = tuple(_dimension_value(row[index], name, number) for name, index in dimension_columns)
        for name, index in metric_columns:
            value = _metric_value(row[index], query.on_null, name, number)
            if value is None:
                continue
            # Only now: a row that publishes nothing is not remembered, for there may be any number of them.
            _check_distinct(query, seen.setdefault(values, number), number)
            published += 1
            if published > query.max_series:
                raise QueryFailed(
                    f"row {number}: these are more than {query.max_series} series, each of them a billed metric; "
                    "return fewer rows or raise max_series"
                )
            yield _datum(query, name, value, values, timestamp)
    if not number:
        yield from _empty(query, timestamp)


def own_datum(name: str, query: str, timestamp: str) -> Datum:
    """Return Sidestep's own metric `name` (EmptyResults or FailedQueries) with the value 1 for one query."""
    return {
        "MetricName": name,
        "Timestamp": timestamp,
        "Value": 1,
        "Unit": "Count",
        "Dimensions": [{"Name": "Query", "Value": query}],
    }


def _empty(query: Query, timestamp: str) -> Iterator[Datum]:
    if query.on_empty == "fail":
        raise QueryFailed('the result has no rows, and on_empty is "fail"')
    if query.on_empty == "zero":
        for name in query.metrics:
            yield _datum(query, name, 0, (), timestamp)


def _datum(query: Query, name: str, value: float, dimension_values: tuple[str, ...], timestamp: str) -> Datum:
    metric = query.metrics[name]
    datum: Datum = {"MetricName": name, "Timestamp": timestamp, "Value": value, "Unit": metric.unit}
    if dimension_values:
        pairs = zip(query.dimensions, dimension_values, strict=True)
        datum["Dimensions"] = [{"Name": dimension, "Value": text} for dimension, text in pairs]
    if metric.resolution == 1:
        datum["StorageResolution"] = 1
    return datum


def _check_columns(query: Query, columns: Sequence[str]) -> None:
    declared = [*query.dimensions, *query.metrics]
    missing = [name for name in declared if name not in columns]
    if missing:
        raise QueryFailed(
            f"column {_quoted(missing)} is declared but not in the result, which has {_quoted(columns)}; "
            "name it in the SELECT with AS"
        )
    undeclared = [name for name in columns if name not in declared]
    if undeclared:
        raise QueryFailed(
            f"column {_quoted(undeclared)} is in the result but neither a metric nor a dimension; "
            "declare it or leave it out of the SELECT"
        )
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise QueryFailed(f"column {_quoted(repeated)} is in the result more than once; give each its own name")


def _check_distinct(query: Query, first: int, number: int) -> None:
    if first == number:
        return
    if not query.dimensions:
        raise QueryFailed(f"row {number}: without dimensions there can be one row only; add dimensions or aggregate")
    raise QueryFailed(
        f"row {number}: the same series as row {first}, with equal values of {_quoted(query.dimensions)}; "
        "GROUP BY the dimensions"
    )


def _metric_value(value: object, on_null: str, column: str, number: int) -> float | None:
    if value is None:
        if on_null == "fail":
            raise QueryFailed(f'row {number}, column "{column}": is NULL, and on_null is "fail"')
        return 0 if on_null == "zero" else None
    if not isinstance(value, _NUMBERS):
        raise QueryFailed(
            f'row {number}, column "{column}": is {_kind(value)}, not a number; convert it in the SELECT'
        )
    exact = int(value) if isinstance(value, int) else float(value)
    # Written so that NaN, which compares false with everything, is refused as well.
    if exact and not MIN_VALUE <= abs(exact) <= MAX_VALUE:
        raise QueryFailed(
            f'row {number}, column "{column}": is not a number that CloudWatch takes: 0, or a size of 2^-360 to 2^360'
        )
    return exact if -MAX_EXACT_INTEGER <= exact <= MAX_EXACT_INTEGER else float(exact)


def _dimension_value(value: object, column: str, number: int) -> str:
    if isinstance(value, int):
        return str(int(value))
    problem = _dimension_problem(value)
    if problem:
        raise QueryFailed(
            f'row {number}, column "{column}": {problem}; a dimension is 1 to {MAX_DIMENSION_VALUE} printable ASCII '
            "characters, not all of them blank"
        )
    return str(value)


def _dimension_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return f"is {_kind(value)}, not text"
    if not value.strip():
        return "is empty or blank"
    if len(value) > MAX_DIMENSION_VALUE:
        return f"has {len(value)} characters"
    if not (value.isascii() and value.isprintable()):
        return "has a character that is not printable ASCII"
    return None


def _kind(value: object) -> str:
    names = {
        "NoneType": "NULL",
        "str": "text",
        "bytes": "binary",
        "timedelta": "a time",
        "datetime": "a date and time",
    }
    kind = type(value).__name__
    return names.get(kind, f"a {kind}")


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
