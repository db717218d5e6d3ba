"""The types of a result's columns. SQLite has none: one of its columns may hold values of several types."""

from collections.abc import Sequence

from mysql_mimic import ResultColumn
from mysql_mimic.types import ColumnType


def typed_columns(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[ResultColumn]:
    """Return columns with types that hold all of their values, as MySQL has a type for each expression."""
    return [ResultColumn(name, _type([row[index] for row in rows])) for index, name in enumerate(names)]


def _type(values: Sequence[object]) -> ColumnType:
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return ColumnType.NULL
    if kinds == {int}:
        return ColumnType.LONGLONG
    if kinds <= {int, float}:
        return ColumnType.DOUBLE
    return ColumnType.BLOB if kinds == {bytes} else ColumnType.STRING
