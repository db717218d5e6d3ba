"""Datums on their way to a page, with what has to be known of each: its size, and what it covers."""

from collections.abc import Sequence
from dataclasses import dataclass

from query_database.datum import Datum, json_bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Some datums of one query, in their order.

    Attributes:
        datums: themselves.
        sizes: of each, the bytes of UTF-8 JSON that it takes in a list.
        marks: of each, its series, and how many rows if these can be several.
    """

    datums: list[Datum]
    sizes: list[int]
    marks: list[str]

    @classmethod
    def of(cls, datums: list[Datum]) -> "Batch":
        """Look at each datum by itself."""
        return cls(datums, [json_bytes(datum) for datum in datums], [_mark(datum) for datum in datums])


def mark(metric: str, dimension_values: Sequence[str], rows: int = 0) -> str:
    """Return what tells a datum from the others of its query, whatever it measured."""
    return "\n".join((metric, *dimension_values, str(rows), ""))


def _mark(datum: Datum) -> str:
    values = [dimension["Value"] for dimension in datum.get("Dimensions", ())]
    return mark(datum["MetricName"], values, sum(datum.get("Counts", ())))
