"""A result's columns: which metric or dimension they become, and which of their cells CloudWatch accepts.

The limits are those of MetricDatum and Dimension (CloudWatch API reference).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import ClassVar, Final

from ..engines.interface import Row, Single, TooLong, Unreadable
from .errors import QueryFailed
from .metric_data import Measurement
from .queries import SET_COLUMNS, Metric, Query

MAX_VALUE: Final = 2.0**360
"""Values lie between -2^360 and 2^360."""

MIN_VALUE: Final = 2.0**-360
"""CloudWatch refuses values that are too small as well as too large, with the same exponent."""

MAX_EXACT_INTEGER: Final = 2**53
"""The largest integer up to which a double, which CloudWatch stores, represents every integer."""

MAX_DIMENSION_VALUE: Final = 1024
"""Characters in a dimension's value."""

_NUMBERS: Final = (int, float, Decimal)

_INFINITIES: Final = (float("inf"), float("-inf"))

ROUNDING: Final = 1e-9
"""The minimum relative tolerance for a sum of rounded numbers against its minimum and maximum."""

_DOUBLE: Final = 2.0**-53
_SINGLE: Final = 2.0**-24
"""The relative error of one addition or rounding (IEEE 754)."""


class MetricColumns(ABC):
    """The columns of one metric.

    Attributes:
        name: of the metric.
    """

    zero: ClassVar[float | Measurement]
    zero_cells: ClassVar[Sequence[object]]
    """The zero of a metric with on_empty or on_null = "zero": the published value, and the cells that give it."""

    def __init__(self, query: Query, name: str, columns: Sequence[str]) -> None:
        """Find the columns of the metric `name` in the result."""
        self.name: Final = name
        self._on_null = query.on_null
        self._indexes = [columns.index(column) for column in column_names(name, query.metrics[name])]

    @abstractmethod
    def read(self, row: Row, row_number: int) -> float | Measurement | None:
        """Return the measurement in a row; None if there is none. Rows are counted from 1.

        Raises:
            QueryFailed: a cell is invalid for CloudWatch, or is NULL and on_null is "fail".
        """

    def exact(self, row: Row) -> Sequence[object]:
        """Return the exact numbers of a row, in the order of the columns."""
        cells = self._cells(row)
        return self.zero_cells if cells[-1] in (None, 0) else cells

    def _cells(self, row: Row) -> Sequence[object]:
        return [row[index] for index in self._indexes]

    def _is_zero(self, column: str, row_number: int) -> bool:
        """Return whether a NULL becomes zero; otherwise it is skipped."""
        if self._on_null == "fail":
            raise QueryFailed(f'row {row_number}, column "{column}": is NULL, and on_null is "fail"')
        return self._on_null == "zero"


class NumberColumn(MetricColumns):
    """A column of numbers."""

    zero: ClassVar[float | Measurement] = 0
    zero_cells: ClassVar[Sequence[object]] = (0,)

    def read(self, row: Row, row_number: int) -> float | Measurement | None:
        """Return a single value."""
        value = row[self._indexes[0]]
        if value is None:
            return self.zero if self._is_zero(self.name, row_number) else None
        return number(value, self.name, row_number)


class StatisticColumns(MetricColumns):
    """The four columns of a statistic set."""

    zero: ClassVar[float | Measurement] = {
        "StatisticValues": {"SampleCount": 1, "Sum": 0, "Minimum": 0, "Maximum": 0}
    }
    zero_cells: ClassVar[Sequence[object]] = (0, 0, 0, 1)

    def read(self, row: Row, row_number: int) -> float | Measurement | None:
        """Return a statistic set; None for a count of 0, which is a set without values."""
        cells = self._cells(row)
        if cells[-1] in (None, 0):
            return self.zero if self._is_zero("count", row_number) else None
        pairs = zip(cells, SET_COLUMNS, strict=True)
        minimum, maximum, total, count = (number(cell, column, row_number) for cell, column in pairs)
        problem = _inconsistency(minimum, maximum, total, count, rounding=_rounding(cells, count))
        if problem:
            raise QueryFailed(f"row {row_number}: {problem}; take all four from the same values")
        return {"StatisticValues": {"SampleCount": count, "Sum": total, "Minimum": minimum, "Maximum": maximum}}


def metric_columns(query: Query, columns: Sequence[str]) -> list[MetricColumns]:
    """Return the columns of each metric of a query.

    Raises:
        QueryFailed: a column is missing, undeclared or repeated.
    """
    _check(query, columns)
    return [
        (StatisticColumns if metric.statistic == "set" else NumberColumn)(query, name, columns)
        for name, metric in query.metrics.items()
    ]


def as_declared(query: Query, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a result's columns, spelled as the query declares them."""
    return spelled_as(_declared(query), columns)


def spelled_as(declared: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a result's columns, spelled as they are declared.

    A lower-case name matches a declared name that differs only in case: PostgreSQL converts unquoted names to lower
    case (its manual, "Identifiers and Key Words"), so AS Orders is a column "orders".
    """
    spelled = {name.lower(): name for name in declared}
    return tuple(name if name in declared else spelled.get(name, name) for name in columns)


def column_names(name: str, metric: Metric) -> Sequence[str]:
    """Return the names of a metric's columns."""
    return SET_COLUMNS if metric.statistic == "set" else (name,)


def _check(query: Query, columns: Sequence[str]) -> None:
    declared = _declared(query)
    missing = [name for name in declared if name not in columns]
    if missing:
        raise QueryFailed(
            f"column {quoted(missing)} is declared but not in the result, which has {quoted(columns)}; "
            "name it in the SELECT with AS"
        )
    undeclared = [name for name in columns if name not in declared]
    if undeclared:
        raise QueryFailed(
            f"column {quoted(undeclared)} is in the result but neither a metric nor a dimension; "
            "declare it or leave it out of the SELECT"
        )
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise QueryFailed(f"column {quoted(repeated)} is in the result more than once; give each its own name")


def _declared(query: Query) -> list[str]:
    """Return the names of the columns that a result must have."""
    declared = list(query.dimensions)
    for name, metric in query.metrics.items():
        declared += column_names(name, metric)
    return declared


def _rounding(cells: Sequence[object], count: float) -> float:
    """Return the relative tolerance for a sum against its minimum and maximum.

    Databases add in single precision if the sum has single precision (PostgreSQL), else in double precision. Then
    minimum and maximum may still be rounded to single precision (MySQL).
    """
    *extremes, total, _ = cells
    if isinstance(total, Single):
        return max(ROUNDING, count * _SINGLE)
    single = 2 * _SINGLE if any(isinstance(cell, Single) for cell in extremes) else 0
    return max(ROUNDING, count * _DOUBLE, single)


def _inconsistency(minimum: float, maximum: float, total: float, count: float, *, rounding: float) -> str | None:
    """Return why four numbers cannot come from the same values; None if they can."""
    if count < 0:
        return 'column "count" is less than 0'
    if minimum > maximum:
        return 'column "minimum" is more than column "maximum"'
    slack = rounding * max(abs(minimum), abs(maximum)) * count
    if not minimum * count - slack <= total <= maximum * count + slack:
        return 'column "sum" is not within "count" times "minimum" and "count" times "maximum"'
    return None


def quoted(names: Iterable[str]) -> str:
    """Return names for a message."""
    return ", ".join(f'"{name}"' for name in names)


def number(value: object, column: str, row: int) -> float:
    """Return the number in a cell; rows are counted from 1.

    Raises:
        QueryFailed: it is not a number, or is invalid for CloudWatch.
    """
    if not isinstance(value, _NUMBERS):
        raise QueryFailed(f'row {row}, column "{column}": is {kind_of(value)}, not a number; {_remedy(value)}')
    if value in _INFINITIES or value != value:  # noqa: PLR0124 - NaN is the number that is not itself
        raise QueryFailed(
            f'row {row}, column "{column}": is {_special(value)}, and CloudWatch accepts finite numbers only; '
            "make it NULL in the SELECT, or leave its row out"
        )
    exact = int(value) if isinstance(value, int) else float(value)
    # A small decimal number other than 0 can become 0 here.
    if not is_publishable(exact) or bool(exact) != bool(value):
        raise QueryFailed(
            f'row {row}, column "{column}": is not a number that CloudWatch accepts: 0, or a size of 2^-360 to 2^360'
        )
    return exact if -MAX_EXACT_INTEGER <= exact <= MAX_EXACT_INTEGER else float(exact)


def is_publishable(value: float) -> bool:
    """Return whether CloudWatch accepts a number; it does not accept NaN, which compares false with everything."""
    return not value or MIN_VALUE <= abs(value) <= MAX_VALUE


def dimension_value(value: object, column: str, row: int) -> str:
    """Return a dimension's value from a cell; whole numbers become text.

    Raises:
        QueryFailed: it is invalid for CloudWatch.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    problem = _dimension_problem(value)
    if problem:
        raise QueryFailed(
            f'row {row}, column "{column}": {problem}; a dimension is 1 to {MAX_DIMENSION_VALUE} printable ASCII '
            "characters, not all of them blank; convert it in the SELECT (NULL with COALESCE), or set on_invalid"
        )
    return str(value)


def escaped(value: str) -> str:
    r"""Return a text with an escape for each character that CloudWatch refuses: \xd6 for Ö, \n for a new line.

    Different texts stay different, unless one of them already has such an escape.
    """
    return "".join(
        character if character.isascii() and character.isprintable() else character.encode("unicode_escape").decode()
        for character in value
    )


def _dimension_problem(value: object) -> str | None:
    if isinstance(value, TooLong):
        return f"has {value.size} bytes"
    if not isinstance(value, str):
        return f"is {kind_of(value)}, not text"
    if not value.strip():
        return "is empty or blank"
    if len(value) > MAX_DIMENSION_VALUE:
        return f"has {len(value)} characters"
    if not (value.isascii() and value.isprintable()):
        return "has a character that is not printable ASCII"
    return None


def _special(value: float | Decimal) -> str:
    if value not in _INFINITIES:
        return "NaN"
    return "infinity" if value > 0 else "-infinity"


def kind_of(value: object) -> str:
    """Return what a message calls the type of a value."""
    if isinstance(value, Unreadable):
        return value.kind
    if isinstance(value, TooLong):
        return f"{value.size} bytes long"
    names = {
        "NoneType": "NULL",
        "str": "text",
        "bytes": "binary",
        "Decimal": "a decimal number",
        "float": "a floating-point number",
        "Single": "a floating-point number",
    }
    kind = type(value).__name__
    return names.get(kind, f"a {kind}")


def _remedy(value: object) -> str:
    return value.remedy if isinstance(value, Unreadable) else "convert it in the SELECT"
