"""CloudWatch's statistics over what was published in one period: values, distributions and statistic sets.

Source: CloudWatch user guide, "CloudWatch statistics definitions", and API reference, GetMetricStatistics, on when
there is no percentile. How CloudWatch chooses between two values is not published; here a percentile is the lowest
value that has so many per cent of all values at or below it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

PLAIN: Final = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")

_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class UnknownStatistic(Exception):  # noqa: N818 - the name says what happened
    """A statistic that is not computed here; the exception's text is its name."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one datum has published.

    Attributes:
        moment: its timestamp.
        unit: of its values.
        count: how many values it stands for.
        total: the sum of its values.
        minimum: the lowest.
        maximum: the highest.
        values: each value and how many times it occurred; None if a statistic set does not tell.
    """

    moment: datetime
    unit: str
    count: float
    total: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...] | None


def contribution(datum: Mapping[str, Any], moment: datetime) -> Contribution:
    """Read a MetricDatum that CloudWatch takes; `moment` is its timestamp."""
    unit = datum.get("Unit") or "None"
    if statistics := datum.get("StatisticValues"):
        count, total = float(statistics["SampleCount"]), float(statistics["Sum"])
        minimum, maximum = float(statistics["Minimum"]), float(statistics["Maximum"])
        values = ((minimum, count),) if count == 1 or minimum == maximum else None
        return Contribution(moment, unit, count, total, minimum, maximum, values)
    raw = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(raw)
    pairs = tuple((float(value), float(count)) for value, count in zip(raw, counts, strict=True))
    return Contribution(
        moment,
        unit,
        count=math.fsum(count for _, count in pairs),
        total=math.fsum(value * count for value, count in pairs),
        minimum=min(value for value, _ in pairs),
        maximum=max(value for value, _ in pairs),
        values=pairs,
    )


def statistic(name: str, published: Sequence[Contribution]) -> float | None:
    """Return a statistic of a period; None if CloudWatch has none, as it may happen with percentiles.

    Args:
        name: one of PLAIN, or a percentile such as p99 or p99.9.
        published: what was published in the period; not empty.

    Raises:
        UnknownStatistic: the name is another one.
    """
    count = math.fsum(one.count for one in published)
    total = math.fsum(one.total for one in published)
    match name:
        case "SampleCount":
            return count
        case "Sum":
            return total
        case "Average":
            return total / count
        case "Minimum":
            return min(one.minimum for one in published)
        case "Maximum":
            return max(one.maximum for one in published)
    if percentile := _PERCENTILE.fullmatch(name):
        return _percentile(float(percentile[1]), published)
    raise UnknownStatistic(name)


def _percentile(percent: float, published: Sequence[Contribution]) -> float | None:
    values: list[tuple[float, float]] = []
    for one in published:
        if one.values is None or one.minimum < 0:
            return None
        values.extend(one.values)
    values.sort()
    needed = percent * math.fsum(count for _, count in values) / 100
    below = 0.0
    for value, count in values:
        below += count
        if below >= needed:
            return value
    return values[-1][0]
