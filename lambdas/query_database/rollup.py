"""Totals: what all series of a metric are together, since CloudWatch does not add up a metric with dimensions."""

from collections.abc import Iterator

from query_database.datum import Measurement
from query_database.errors import QueryFailed
from query_database.queries import Query
from query_database.values import is_publishable


class Totals:
    """The totals of the metrics that want one, of a result of which each row is one series."""

    def __init__(self, query: Query) -> None:
        """Begin with nothing."""
        self._totals: dict[str, Measurement | None] = {
            name: None for name, metric in query.metrics.items() if metric.rollup
        }

    def __len__(self) -> int:
        """Return how many metrics want a total."""
        return len(self._totals)

    def __iter__(self) -> Iterator[tuple[str, Measurement]]:
        """Yield the metrics of which at least one series has come, with their totals.

        Raises:
            QueryFailed: a total is beyond what CloudWatch takes.
        """
        for name, total in self._totals.items():
            if total is not None:
                _check(name, total)
                yield name, total

    def add(self, name: str, measurement: Measurement) -> None:
        """Count what one series of the metric `name` has, if the metric wants a total."""
        if name in self._totals:
            total = self._totals[name]
            self._totals[name] = measurement if total is None else _sum(total, measurement)


def _sum(one: Measurement, other: Measurement) -> Measurement:
    if "StatisticValues" not in one:
        return {"Value": one["Value"] + other["Value"]}
    left, right = one["StatisticValues"], other["StatisticValues"]
    return {
        "StatisticValues": {
            "SampleCount": left["SampleCount"] + right["SampleCount"],
            "Sum": left["Sum"] + right["Sum"],
            "Minimum": min(left["Minimum"], right["Minimum"]),
            "Maximum": max(left["Maximum"], right["Maximum"]),
        }
    }


def _check(name: str, total: Measurement) -> None:
    numbers = total["StatisticValues"].values() if "StatisticValues" in total else [total["Value"]]
    if not all(is_publishable(number) for number in numbers if isinstance(number, int | float)):
        raise QueryFailed(f'the total of "{name}" is not a number that CloudWatch takes; leave its rollup out')
