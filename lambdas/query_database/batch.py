"""Datums on their way to a page, with what has to be known of each: its size, and what it covers."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from .datum import Datum, json_bytes

_QUERY_NAME: Final = "&MetricData.member.1000.Values.member.150="

_REQUEST_TO_PAGE: Final = 4
"""A request may have 1 MB (PutMetricData), and a page less than a quarter of that (query_database.page)."""


class Batch(NamedTuple):
    """Some datums of one query, in their order.

    Attributes:
        datums: themselves.
        sizes: of each, what it takes of a page: at least its bytes as UTF-8 JSON in a list.
        marks: of each, what tells whether it is the same again when the result is read again: its series, and of a
            distribution, which rows are packed in it.
    """

    datums: list[Datum]
    sizes: list[int]
    marks: list[str]

    @classmethod
    def of(cls, datums: list[Datum]) -> "Batch":
        """Look at each datum by itself."""
        return cls(datums, [_size(datum) for datum in datums], [_mark(datum) for datum in datums])


def mark(metric: str, dimension_values: Sequence[str], packed: str = "") -> str:
    """Return what tells a datum from the others of its query.

    A single value may be another one by now. Of a distribution the values are all that tells which rows it has.
    """
    return "\n".join((metric, *dimension_values, packed, ""))


def _size(datum: Datum) -> int:
    """Return a datum's size, so that a page is within the request's limit as well, in whatever form it is sent."""
    size = json_bytes(datum)
    if "Values" not in datum:
        return size
    # In the longest form that AWS's clients know, the Query protocol, each value and each count has a long name.
    numbers = (*datum["Values"], *datum["Counts"])
    as_query = size + sum(len(_QUERY_NAME) + len(repr(number)) for number in numbers)
    return max(size, as_query // _REQUEST_TO_PAGE)


def _mark(datum: Datum) -> str:
    values = [dimension["Value"] for dimension in datum.get("Dimensions", ())]
    packed = str((datum["Values"], datum["Counts"])) if "Values" in datum else ""
    return mark(datum["MetricName"], values, packed)
