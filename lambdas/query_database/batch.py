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
        marks: of each, what tells whether it is the same again when the result is read again: its series, and of a
            distribution, which rows are packed in it.
    """

    datums: list[Datum]
    sizes: list[int]
    marks: list[str]

    @classmethod
    def of(cls, datums: list[Datum]) -> "Batch":
        """Look at each datum by itself."""
        return cls(datums, [json_bytes(datum) for datum in datums], [_mark(datum) for datum in datums])


def mark(metric: str, dimension_values: Sequence[str], packed: str = "") -> str:
    """Return what tells a datum from the others of its query.

    A single value may be another one by now. Of a distribution the values are all that tells which rows it has.
    """
    return "\n".join((metric, *dimension_values, packed, ""))


def _mark(datum: Datum) -> str:
    values = [dimension["Value"] for dimension in datum.get("Dimensions", ())]
    packed = str((datum["Values"], datum["Counts"])) if "Values" in datum else ""
    return mark(datum["MetricName"], values, packed)
